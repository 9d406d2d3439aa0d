"""The record of a command, opened and closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.commands.surroundings import Refused, settings
from app.outgoing import Outgoing
from app.store import Store, StoreError, UnknownKey
from app.webhooks import WebhooksRefused, listeners_of


@contextmanager
def opened(home: Path | None) -> Iterator[Store]:
    """The store that the settings name. Raises `Refused` where it cannot be used."""
    told = settings(home)
    try:
        listeners = listeners_of(told.home)
    except WebhooksRefused as refused:
        raise Refused("The webhooks cannot be used.", refused.reasons) from None
    sending = Outgoing(lambda: listeners)
    try:
        with Store.open(told.database_url, timeout=told.database_timeout, sending=sending) as store:
            yield store
    except UnknownKey as error:
        raise Refused("There is no such key.", (str(error),)) from None
    except StoreError as error:
        raise Refused("The record cannot be used.", (str(error),)) from None
