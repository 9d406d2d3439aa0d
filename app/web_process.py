"""One web process: the application with metrics that all processes of a machine share, and rules that reload."""

from __future__ import annotations

import atexit
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.bootstrap import build
from app.factory import VERSION, create_app
from app.housekeeping import Housekeeper, chores
from app.observability.logs import make_logger
from app.observability.metrics import Metrics

if TYPE_CHECKING:
    from flask import Flask

    from app.config import Settings
    from app.rules import Rules, RulesRefused

MOST_TOLD: Final = 20
"""So many faults of the rules are logged; `quoteguard policies check` has all of them."""


def application(settings: Settings, shared: Path) -> Flask:
    """The application of one process; `shared` is the folder in which the processes count together.

    Raises `RulesRefused` where the rules cannot be taken up: a gate that judges by nothing must not open.
    """
    services = build(settings)
    metrics = Metrics.shared(shared, version=VERSION)
    log = make_logger(sys.stderr, level=settings.log_level, log_format=settings.log_format)

    def taken_up(rules: Rules) -> None:
        log.info("rules_taken_up", policy_version=rules.version, policies=len(rules.policies.policies))
        for warning in rules.warnings[:MOST_TOLD]:
            log.warning("rules_doubtful", about=warning)

    def refused(reasons: RulesRefused) -> None:
        metrics.policy_reload_failed()
        log.error("rules_refused", reasons=list(reasons.reasons[:MOST_TOLD]))

    services.rules.on_change = taken_up
    services.rules.on_failure = refused
    services.rules.current()
    housekeeper = Housekeeper(chores(services.store, settings), log)
    housekeeper.start()
    atexit.register(housekeeper.stop)
    return create_app(services, metrics=metrics, log=log, shared=shared)


def with_port(settings: Settings, host: str | None, port: int | None) -> Settings:
    """The settings with another address, where one is given."""
    return replace(settings, host=host or settings.host, port=settings.port if port is None else port)
