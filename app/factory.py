"""The web application: one Flask app over the services, with every route that there is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Protocol

from flask import Flask
from structlog.typing import FilteringBoundLogger

from app.api.audits import AuditRoom, audit_routes
from app.api.authentication import KeyRing
from app.api.decisions import decision_routes
from app.api.desk import Desk
from app.api.desk_schemas import DESK_SCHEMAS
from app.api.door import Door
from app.api.examples import read_examples
from app.api.feedback import FEEDBACK_SCHEMAS, feedback_routes
from app.api.holds import hold_routes
from app.api.hooks import hook_routes
from app.api.insight_schemas import INSIGHT_SCHEMAS
from app.api.insights import InsightRoom, insight_routes
from app.api.model_schemas import MODEL_SCHEMAS
from app.api.models import model_routes
from app.api.once import Memory
from app.api.openapi import describe
from app.api.operations import description_routes, health_routes
from app.api.policies import policy_routes
from app.api.quotes import quote_routes
from app.api.rate_limit import Counts, CountsInFolder, CountsInMemory, RateLimiter
from app.api.records import Archive, record_routes
from app.api.recovery import RecoveryRoom, recovery_routes
from app.api.recovery_schemas import RECOVERY_SCHEMAS
from app.api.refused import refused_routes
from app.api.refused_bodies import RefusedBodies
from app.api.reviews import DeskRoom, desk_routes
from app.api.route import Asked, Route
from app.api.schemas import SCHEMAS
from app.api.scorecards import scorecard_routes
from app.api.set_ups import set_up_routes
from app.api.watch import WatchRoom, watch_routes
from app.assess import Gate, Verifier
from app.config import Settings
from app.connections import Connections
from app.desk.service import DealDeskService
from app.errors import Problem
from app.hooks import Hooks
from app.lines import measure_lines
from app.observability.logs import make_logger, places_of
from app.observability.metrics import Metrics
from app.pages.all_pages import PageRoom, all_pages
from app.pages.frame import PageFrame
from app.pages.showing import Showing
from app.pages.static_files import StaticFiles
from app.people.passwords import Passwords
from app.people.signing_in import SigningIn, Span
from app.reverify import Reverifier
from app.rules import Rules
from app.store import Store
from cpq_hooks.adapter import Shape

VERSION: Final = version("quoteguard")


class RulesInForce(Protocol):
    """What knows the policies that judge now."""

    def current(self) -> Rules: ...


class Services(Protocol):
    """What the application stands on; `app.bootstrap` puts it together."""

    @property
    def settings(self) -> Settings: ...
    @property
    def store(self) -> Store: ...
    @property
    def gate(self) -> Gate: ...
    @property
    def set_ups(self) -> Verifier: ...
    @property
    def rules(self) -> RulesInForce: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...


def create_app(
    services: Services,
    *,
    metrics: Metrics | None = None,
    log: FilteringBoundLogger | None = None,
    shared: Path | None = None,
    connections: Connections | None = None,
    passwords: Passwords | None = None,
) -> Flask:
    """The application. `connections` are the vendors' systems that may send; `shared` is the folder in which the web processes of a machine count together; None counts in this one.

    `passwords` hashes and checks people's passwords, at today's cost where none is given.
    """
    settings = services.settings
    room = _page_room(services, passwords or Passwords())
    frame = _page_frame(services, room)
    counts: Counts = CountsInMemory() if shared is None else CountsInFolder(shared)
    log = log or make_logger(sys.stderr, level=settings.log_level, log_format=settings.log_format)
    desk = Desk(
        door=Door(
            KeyRing(services.store.keys),
            None if settings.rate_limit is None else RateLimiter(settings.rate_limit, counts),
            max_body_bytes=settings.max_body_bytes,
        ),
        refused=RefusedBodies(
            services.store.refused, counts, services.clock, log, max_body_bytes=settings.max_body_bytes
        ),
        metrics=metrics or Metrics.in_memory(version=VERSION),
        log=log,
        people=frame,
    )
    app = Flask("app", static_folder=None)
    app.url_map.merge_slashes = False
    routes = all_routes(
        services,
        desk.metrics,
        desk.refused.keep_part,
        _telling(log, "not_verified_again"),
        connections=connections or Connections(),
        on_fault=_telling(log, "delivery_not_understood"),
    )
    desk.open(app, routes)
    frame.open(app, all_pages(room))
    return app


def _page_room(services: Services, passwords: Passwords) -> PageRoom:
    """What pages stand on."""
    settings, store = services.settings, services.store
    span = Span(idle=settings.session_idle, at_most=settings.session)
    return PageRoom(
        store=store,
        rules=services.rules.current,
        clock=services.clock,
        signing_in=SigningIn(store, services.clock, passwords, span),
        static=StaticFiles.read(),
        passwords=passwords,
        settings=settings,
        gate=services.gate,
        desk=desk_service(services, services.set_ups),
        set_ups=services.set_ups,
    )


def _page_frame(services: Services, room: PageRoom) -> PageFrame:
    """What answers for pages."""
    return PageFrame(
        showing=Showing(room.static, simulated=services.settings.simulated),
        signing_in=room.signing_in,
        access=services.store.access,
        clock=services.clock,
        public_url=services.settings.public_url,
        trusted_proxies=services.settings.trusted_proxies,
    )


def _telling(log: FilteringBoundLogger, event: str) -> Callable[[str, Exception], None]:
    """What logs that something beside a request failed, by places in the code and nothing of what was sent."""

    def told(_: str, error: Exception) -> None:
        log.error(event, fault=places_of(error))

    return told


def all_routes(
    services: Services,
    metrics: Metrics,
    keep_refused: Callable[[Asked, Problem, bytes], str | None],
    not_verified_again: Callable[[str, Exception], None] = lambda *_: None,
    *,
    connections: Connections | None = None,
    on_fault: Callable[[str, Exception], None] = lambda *_: None,
) -> tuple[Route, ...]:
    """Every route, in the order in which the document lists them. `keep_refused` keeps a part of a body, and gives its id."""
    store, settings = services.store, services.settings
    archive = Archive(
        documents=store.documents,
        idempotency=store.idempotency,
        follower=Reverifier(services.set_ups, store, not_verified_again, clock=services.clock),
        keep_refused=keep_refused,
        clock=services.clock,
        remembered=settings.idempotency,
        simulated=settings.simulated,
    )

    hooks = Hooks(
        store,
        connections or Connections(),
        {Shape.QUOTE: services.gate.check_quote, Shape.BILLING_CONFIGURATION: services.set_ups.verify},
        services.rules.current,
        services.clock,
        default_wait=settings.default_wait,
        on_fault=on_fault,
    )

    def measure(metrics: Metrics) -> None:
        measure_lines(store, metrics, services.clock())

    def ready() -> str:
        store.ping()
        return services.rules.current().version

    routes = (
        *quote_routes(services.gate, default_wait=settings.default_wait),
        *set_up_routes(services.set_ups, default_wait=settings.default_wait),
        *decision_routes(store.decisions),
        *scorecard_routes(store.decisions),
        *desk_routes(_desk_room(services)),
        *refused_routes(store.refused),
        *record_routes(archive),
        *audit_routes(_audit_room(services)),
        *recovery_routes(_recovery_room(services)),
        *insight_routes(_insight_room(services)),
        *feedback_routes(store, services.clock),
        *watch_routes(_watch_room(services)),
        *hold_routes(store.holds),
        *policy_routes(services.rules.current, services.clock),
        *model_routes(settings.models),
        *hook_routes(hooks, keep_refused),
        *health_routes(version=VERSION, ready=ready, metrics=metrics, measure=measure),
    )
    return (*routes, *description_routes(openapi_document, routes))


def _desk_room(services: Services) -> DeskRoom:
    """What the deal desk needs of the services."""
    return DeskRoom(
        store=services.store,
        service=desk_service(services, services.set_ups),
        company=lambda: services.rules.current().company,
        clock=services.clock,
        remembered=services.settings.idempotency,
    )


def desk_service(
    services: Services, verifier: Verifier, on_failure: Callable[[str, Exception], None] = lambda *_: None
) -> DealDeskService:
    """The deal desk. A billing configuration that a review lets go is verified again, so that its first invoice is."""
    again = Reverifier(verifier, services.store, on_failure, clock=services.clock)
    return DealDeskService(
        services.store,
        lambda: services.rules.current().company,
        services.clock,
        beside=(again.reviewed_in,),
        after_review=lambda _: again.soon(),
    )


def _memory(services: Services) -> Memory:
    return Memory(store=services.store, clock=services.clock, remembered=services.settings.idempotency)


def _insight_room(services: Services) -> InsightRoom:
    """What insights need of the services."""
    return InsightRoom(store=services.store, company=lambda: services.rules.current().company, memory=_memory(services))


def _recovery_room(services: Services) -> RecoveryRoom:
    """What recovery cases need of the services."""

    def name() -> str | None:
        company = services.rules.current().company
        return None if company is None else company.name

    return RecoveryRoom(
        store=services.store,
        memory=_memory(services),
        home=services.settings.home,
        company_name=name,
        simulated=services.settings.simulated,
    )


def _audit_room(services: Services) -> AuditRoom:
    """What audits need of the services."""
    return AuditRoom(
        documents=services.store.documents,
        answers=services.store.idempotency,
        clock=services.clock,
        remembered=services.settings.idempotency,
        max_lines=services.settings.max_lines,
        simulated=services.settings.simulated,
        keep=lambda report: services.store.ledgers.audited(report, simulated=services.settings.simulated),
    )


def _watch_room(services: Services) -> WatchRoom:
    """What the watch needs of the services."""
    return WatchRoom(
        documents=services.store.documents,
        company=lambda: services.rules.current().company,
        clock=services.clock,
    )


def openapi_document(routes: tuple[Route, ...]) -> dict[str, Any]:
    """The OpenAPI document of these routes."""
    return describe(
        routes,
        schemas={**SCHEMAS, **DESK_SCHEMAS, **RECOVERY_SCHEMAS, **MODEL_SCHEMAS, **FEEDBACK_SCHEMAS, **INSIGHT_SCHEMAS},
        examples=read_examples(),
        version=VERSION,
    )
