"""The web server: serve."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.home import connections, folder_of
from app.commands.listening import must_be_free
from app.commands.surroundings import Refused, home_option, settings
from app.rules import RulesRefused, read_home, take_up
from app.serving import serve as serve_forever
from app.store import StoreError
from app.store.upgrade import needs_upgrade
from app.web_process import application, with_port


@click.command()
@home_option
@click.option("--host", help="The address to listen on. Default: QUOTEGUARD_HOST.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on. Default: QUOTEGUARD_PORT.")
def serve(home: Path | None, host: str | None, port: int | None) -> None:
    """Serve the HTTP API until stopped by SIGTERM or Ctrl-C."""
    told = with_port(settings(home), host, port)
    must_be_free(told)
    open_or_refuse(told.database_url)
    try:
        take_up(read_home(folder_of(home)))
    except RulesRefused as refused:
        raise Refused("The rules cannot be taken up, so nothing is served.", refused.reasons) from None
    connections(told.home)
    serve_forever(told, application)


def open_or_refuse(url: str) -> None:
    """Raises `Refused` unless the database can be used by this version."""
    try:
        if needs_upgrade(url):
            raise Refused("The database has no tables of this version.", ("Run: quoteguard db upgrade",))
    except StoreError as error:
        raise Refused("The database cannot be used.", (str(error),)) from None
