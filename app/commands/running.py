"""The simulated company: demo."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import click

from app.commands.demonstration import generate_files, prepare_apart, what_to_try
from app.commands.listening import must_be_free
from app.commands.surroundings import settings
from app.serving import serve as serve_forever
from app.web_process import application, with_port

DEMO_HOME: Final = Path(".demo")


@click.group(invoke_without_command=True)
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), default=DEMO_HOME, show_default=True)
@click.option("--host", help="The address to listen on. Default: QUOTEGUARD_HOST.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on. Default: QUOTEGUARD_PORT.")
@click.option("--quotes", type=click.IntRange(1), default=1200, show_default=True, help="How many to load at first.")
@click.pass_context
def demo(context: click.Context, home: Path, host: str | None, port: int | None, quotes: int) -> None:
    """Serve a simulated company, to try everything on. All of its data is simulated and says so."""
    if context.invoked_subcommand is not None:
        return
    os.environ.setdefault("QUOTEGUARD_LOG_FORMAT", "console")
    told = with_port(settings(home), host, port)
    must_be_free(told)
    ways = prepare_apart(told, quotes)
    must_be_free(told)
    click.echo(what_to_try(told.host, told.port, ways))
    serve_forever(told, application)


@demo.command("generate")
@click.option("--quotes", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("simulated"), show_default=True)
def generate_demo(quotes: int, seed: int, out: Path) -> None:
    """Write two years of a simulated company as JSON Lines: quotes, agreements, billing, usage, invoices, outcomes."""
    generate_files(quotes, seed, out)
