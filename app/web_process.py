"""One web process: the application with metrics that all processes of a machine share, and rules that reload."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.assess import Call, Caller
from app.bootstrap import Services, build
from app.connections import connections_of
from app.factory import VERSION, create_app
from app.housekeeping import Housekeeper, chores
from app.observability.logs import make_logger
from app.observability.metrics import Metrics
from app.reloads import tell_of_models, tell_of_rules
from app.reverify import Reverifier
from cpq_hooks.registry import installed

if TYPE_CHECKING:
    from flask import Flask

    from app.config import Settings

_YOUNG_OBJECTS: Final = 50_000
_SMALL_QUOTE: Final = (
    b'{"quote_id": "warm-up", "currency": "USD", "lines": [{"line_id": "1", "product_id": "P", '
    b'"charge_type": "recurring", "quantity": "1", "net_unit_price": "1"}]}'
)


def application(settings: Settings, shared: Path) -> Flask:
    """The application of one process; `shared` is the folder in which the processes count together.

    Raises `RulesRefused` where the rules cannot be taken up: a gate that judges by nothing must not open; and
    `ConnectionsRefused` where the connections cannot.
    """
    services = build(settings)
    metrics = Metrics.shared(shared, version=VERSION)
    log = make_logger(sys.stderr, level=settings.log_level, log_format=settings.log_format)

    tell_of_rules(services.rules, metrics, log)
    tell_of_models(services.models, metrics, log)
    todo = chores(
        services.store, settings, lambda: services.rules.current().company, services.clock, metrics.documents_erased
    )
    again = Reverifier(services.set_ups, services.store, clock=services.clock)
    housekeeper = Housekeeper({**todo, "verified_again": again.work_off}, log)
    housekeeper.start()
    atexit.register(housekeeper.stop)
    _warm_up(services)
    connections = connections_of(settings.home, os.environ, installed())
    return create_app(services, metrics=metrics, log=log, shared=shared, connections=connections)


def _warm_up(services: Services) -> None:
    """Judge a small quote as a preview, so that what is compiled once is compiled now."""
    services.gate.check_quote(Call(raw=_SMALL_QUOTE, caller=Caller(key_id=None), dry_run=True))
    spare_the_collector()


def spare_the_collector() -> None:
    """Have Python's collector of cycles leave alone what stays, and look seldom.

    A quote of 5,000 lines makes a million short-lived records that hold no cycles: looking for some again and again cost
    a quarter of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, 20, 50)


def with_port(settings: Settings, host: str | None, port: int | None) -> Settings:
    """The settings with another address, where one is given."""
    return replace(settings, host=host or settings.host, port=settings.port if port is None else port)
