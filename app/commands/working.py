"""The worker: worker."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.home import connections, rules
from app.commands.server import open_or_refuse
from app.commands.surroundings import Refused, home_option, settings
from app.observability.answering import NotListening
from app.store import StoreError
from app.webhooks import WebhooksRefused
from app.worker_process import work
from cpq_hooks.clients.client import installed_clients

_UNFINISHED = 1


@click.command()
@home_option
def worker(home: Path | None) -> None:
    """Handle what vendors have sent and send what goes out, beside the server, until stopped by SIGTERM or Ctrl-C.

    It fetches the objects that deliveries tell of, has them judged and recorded, and asks each connected system once in a
    while for what no delivery told of. It carries out holds, releases and write-backs, and tells listeners of events. Any number of workers may run at once. One that is stopped finishes what it has
    begun; what a killed one had is taken up by another after five minutes.
    """
    told = settings(home)
    open_or_refuse(told.database_url)
    connected = connections(told.home)
    rules(home)
    try:
        finished = work(told, connected, installed_clients())
    except WebhooksRefused as refused:
        raise Refused("The webhooks cannot be used.", refused.reasons) from None
    except StoreError as error:
        raise Refused("The database cannot be used.", (str(error),)) from None
    except NotListening as refused:
        raise Refused("QUOTEGUARD_WORKER_METRICS cannot be listened on.", (str(refused),)) from None
    if not finished:
        raise SystemExit(_UNFINISHED)
