"""Starting things: a home folder, the server, the simulated company."""

from __future__ import annotations

import os
from importlib.resources import as_file, files
from pathlib import Path
from shutil import copytree
from typing import Final

import click

from app.commands.demonstration import generate_files, prepare, what_to_try
from app.commands.surroundings import Refused, settings
from app.rules import RulesRefused, read_home, take_up
from app.serving import serve as serve_forever
from app.store import StoreError
from app.store.upgrade import needs_upgrade
from app.web_process import application, with_port

STARTER: Final = "starter"
DEMO_HOME: Final = Path(".demo")


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
def init(folder: Path) -> None:
    """Write a commented catalog.yaml, company.yaml and policies/ to start from into DIR."""
    taken = [name for name in ("catalog.yaml", "company.yaml") if (folder / name).exists()]
    if taken:
        raise Refused(f"{folder} has {' and '.join(taken)} already; nothing was written.")
    with as_file(files("app") / STARTER) as starter:
        copytree(starter, folder, dirs_exist_ok=True)
    click.echo(f"Written into {folder}: catalog.yaml, company.yaml and policies/. Edit them, then run:")
    click.echo(f"  quoteguard policies check --home {folder}")
    click.echo(f"  QUOTEGUARD_HOME={folder} quoteguard db upgrade")
    click.echo(f"  QUOTEGUARD_HOME={folder} quoteguard serve")


@click.command()
@click.option("--host", help="The address to listen on. Default: QUOTEGUARD_HOST.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on. Default: QUOTEGUARD_PORT.")
def serve(host: str | None, port: int | None) -> None:
    """Serve the HTTP API."""
    told = with_port(settings(), host, port)
    _open_or_refuse(told.database_url)
    folder = told.home if told.home.is_dir() else None
    if folder is None:
        click.secho(
            f"There is no folder {told.home}: judging by the library alone, without catalog.", fg="yellow", err=True
        )
    try:
        take_up(read_home(folder))
    except RulesRefused as refused:
        raise Refused("The rules cannot be taken up, so nothing is served.", refused.reasons) from None
    serve_forever(told, application)


@click.group(invoke_without_command=True)
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), default=DEMO_HOME, show_default=True)
@click.option("--host", help="The address to listen on. Default: QUOTEGUARD_HOST.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on. Default: QUOTEGUARD_PORT.")
@click.option("--quotes", type=click.IntRange(1), default=400, show_default=True, help="How many to load at first.")
@click.pass_context
def demo(context: click.Context, home: Path, host: str | None, port: int | None, quotes: int) -> None:
    """Serve a simulated company, to try everything on. All of its data is simulated and says so."""
    if context.invoked_subcommand is not None:
        return
    os.environ.setdefault("QUOTEGUARD_LOG_FORMAT", "console")
    told = with_port(settings(home), host, port)
    secret = prepare(told, quotes)
    click.echo(what_to_try(told.host, told.port, secret))
    serve_forever(told, application)


@demo.command("generate")
@click.option("--quotes", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("simulated"), show_default=True)
def generate_demo(quotes: int, seed: int, out: Path) -> None:
    """Write two years of a simulated company as JSON Lines: quotes, agreements, billing, usage, invoices, outcomes."""
    generate_files(quotes, seed, out)


def _open_or_refuse(url: str) -> None:
    try:
        if needs_upgrade(url):
            raise Refused("The database has no tables of this version.", ("Run: quoteguard db upgrade",))
    except StoreError as error:
        raise Refused("The database cannot be used.", (str(error),)) from None
