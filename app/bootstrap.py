"""The composition root: the one place that knows which parts the program is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from app.alerts.config import live_alerts
from app.alerts.noticing import Noticing
from app.answering import Limits
from app.config import Settings
from app.desk.queueing import Queueing
from app.gate import QuoteGate
from app.models import LiveModels
from app.outgoing import Outgoing
from app.rules import LiveRules
from app.set_up_gate import SetUpGate
from app.store import Store
from app.webhooks import live_listeners


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that the API and the commands stand on."""

    settings: Settings
    store: Store
    rules: LiveRules
    models: LiveModels
    gate: QuoteGate
    set_ups: SetUpGate
    clock: Callable[[], datetime]


def build(settings: Settings, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Services:
    """The parts, put together. Nothing is connected or read yet."""
    rules = LiveRules(home=settings.home, every=settings.policy_reload)
    models = LiveModels(folder=settings.models, every=settings.policy_reload)
    store = Store.open(
        settings.database_url,
        timeout=settings.database_timeout,
        clock=clock,
        refused_bytes=settings.max_body_bytes,
        sending=Outgoing(live_listeners(settings.home, settings.policy_reload)),
        queueing=Queueing(lambda: rules.current().company),
        noticing=Noticing(live_alerts(settings.home, settings.policy_reload)),
    )
    limits, simulated = limits_of(settings), settings.simulated
    return Services(
        settings=settings,
        store=store,
        rules=rules,
        models=models,
        gate=QuoteGate(store, rules.current, clock, limits, scoring=models.scoring, simulated=simulated),
        set_ups=SetUpGate(store, rules.current, clock, limits, simulated=simulated),
        clock=clock,
    )


def limits_of(settings: Settings) -> Limits:
    """What a document may be at most."""
    return Limits(max_bytes=settings.max_body_bytes, max_lines=settings.max_lines, idempotency=settings.idempotency)
