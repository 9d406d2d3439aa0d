"""One worker process: what handles the inbox, asks vendors once in a while and delivers the outbox, put together."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from threading import Event
from typing import TYPE_CHECKING, Any

from app.alerts.by_apprise import ByApprise
from app.alerts.config import channels_of, live_alerts
from app.alerts.dispatch import Dispatcher
from app.alerts.senders import Senders
from app.bootstrap import Services, build
from app.courier import Courier, consequences
from app.inbox import Inbound, Judges
from app.lines import measure_lines
from app.observability.answering import answering, health, metrics_of
from app.observability.logs import make_logger, send_standard_logging_to
from app.observability.metrics import Metrics
from app.reconciling import Reconciler
from app.reloads import tell_of_models, tell_of_rules
from app.retraining import LEASE, Retrainer, train_apart
from app.reverify import Reverifier
from app.vendor_objects import Fetching, VendorObjects
from app.webhooks import live_endpoints
from app.worker import Duty, Worker
from cpq_hooks.adapter import Shape

if TYPE_CHECKING:
    from app.config import Settings
    from app.connections import Connections
    from app.store import Claimed


def work(settings: Settings, connections: Connections, clients: Fetching) -> bool:
    """Work until told to stop by SIGTERM or SIGINT; False where something was left unfinished.

    Raises `RulesRefused` where the rules cannot be taken up, and `NotListening` where its metrics cannot be asked for.
    """
    send_standard_logging_to(sys.stderr, level=settings.log_level, log_format=settings.log_format)
    log = make_logger(sys.stderr, level=settings.log_level, log_format=settings.log_format)
    services = build(settings)
    metrics = _metrics(settings)
    rules = tell_of_rules(services.rules, metrics, log)
    tell_of_models(services.models, metrics, log)
    told = Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: told.set())
    reconciler = reconciler_of(services, connections, clients)
    in_vain = reconciler.plan()
    todo = duties(services, connections, clients, reconciler)
    threads, lease = settings.worker_threads, settings.worker_lease
    # Threads of their own, so that whoever is slow to take what is sent does not keep deliveries from being handled.
    sending = (Duty(line=services.store.outbox.line, handle=courier_of(services, connections, clients).handle),)
    telling = alert_duties(services)
    count = metrics.worked
    workers = [Worker(each, log, threads=threads, lease=lease, count=count) for each in (todo, sending, telling)]
    retrainer = retrainer_of(services, told.is_set)
    if retrainer.plan():
        # A thread of its own as well: a training takes minutes.
        training = (Duty(line=retrainer.line, handle=retrainer.handle),)
        workers.append(Worker(training, log, threads=1, lease=LEASE, count=count))
    log.info(
        "worker_started", threads=settings.worker_threads, policy_version=rules.version, cannot_be_asked=list(in_vain)
    )
    with _answering(settings, services, metrics):
        for worker in workers:
            worker.start()
        told.wait()
        log.info("worker_stopping")
        finished = [worker.stop() for worker in workers]
    services.store.close()
    return all(finished)


def duties(services: Services, connections: Connections, clients: Fetching, reconciler: Reconciler) -> tuple[Duty, ...]:
    """What the worker does, the most urgent first."""
    inbound = inbound_of(services, connections, clients)

    def handle(item: Claimed) -> dict[str, Any]:
        return {name: value for name, value in asdict(inbound.handle(item)).items() if value is not None}

    store = services.store
    again = Reverifier(services.set_ups, store, clock=services.clock)
    return (
        Duty(line=store.inbox.line, handle=handle),
        Duty(line=store.rechecks, handle=again.handle),
        Duty(line=store.inbox.asking, handle=reconciler.handle),
    )


def inbound_of(services: Services, connections: Connections, clients: Fetching) -> Inbound:
    """What handles events of the inbox."""
    store, settings = services.store, services.settings
    judges = Judges(
        by_shape={Shape.QUOTE: services.gate.check_quote, Shape.BILLING_CONFIGURATION: services.set_ups.verify},
        agreements_stored=Reverifier(services.set_ups, store).catch_up,
    )
    objects = VendorObjects(store.inbox, connections, clients)
    follows = partial(consequences, store.outbox)
    return Inbound(store, objects, judges, services.clock, consequences=follows, simulated=settings.simulated)


def alert_duties(services: Services) -> tuple[Duty, ...]:
    """What plans and sends alerts."""
    settings = services.settings
    file = live_alerts(settings.home, settings.policy_reload)
    dispatcher = Dispatcher(
        store=services.store,
        file=file,
        channels=lambda: channels_of(file(), settings.home, os.environ),
        company=lambda: services.rules.current().company,
        clock=services.clock,
        send=Senders(by_apprise=ByApprise()),
        home=settings.home,
        address=settings.public_url or f"http://{settings.host}:{settings.port}",
    )
    dispatcher.begin()
    notices = services.store.notices
    return (
        Duty(line=notices.sending, handle=dispatcher.handle_telling),
        Duty(line=notices.planning, handle=dispatcher.handle_notice),
    )


def retrainer_of(services: Services, is_stopping: Callable[[], bool]) -> Retrainer:
    """What trains when it is time."""
    settings = services.settings
    run = partial(train_apart, settings, is_stopping, dict(os.environ))
    return Retrainer(services.store.trainings, run, services.clock, every=settings.retrain)


def courier_of(services: Services, connections: Connections, clients: Fetching) -> Courier:
    """What delivers the outbox. Raises `WebhooksRefused` where the listeners cannot be used."""
    settings = services.settings
    endpoints = live_endpoints(settings.home, os.environ, settings.policy_reload)
    endpoints()
    return Courier(services.store, connections, clients, endpoints, services.clock, lease=settings.worker_lease)


def _metrics(settings: Settings) -> Metrics:
    """Where this process counts: with the web processes of the machine where they have a folder for that."""
    if settings.metrics_dir is None or not settings.metrics_dir.is_dir():
        return Metrics.in_memory(version=version("quoteguard"))
    return Metrics.shared(settings.metrics_dir, version=version("quoteguard"))


def _answering(settings: Settings, services: Services, metrics: Metrics) -> AbstractContextManager[object]:
    """What answers for the worker where the settings say so."""
    if settings.worker_metrics is None:
        return nullcontext()

    def exposition() -> bytes:
        measure_lines(services.store, metrics, services.clock())
        return metrics.exposition()

    where = settings.worker_metrics
    return answering(where.host, where.port, {"/metrics": metrics_of(exposition), "/healthz": health})


def reconciler_of(services: Services, connections: Connections, clients: Fetching) -> Reconciler:
    """What asks vendors for what no delivery told of."""
    inbox = services.store.inbox
    return Reconciler(inbox, inbox.asking, connections, clients, services.clock, every=services.settings.reconcile)
