"""Metrics for Prometheus, right under one process or several. Labels are routes, policies and words of ours, never a customer's.

Several processes share a folder: each writes files of its own there, and whichever is asked adds them all up.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_STEP_SECONDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
_WORK_SECONDS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)

M = TypeVar("M", Counter, Gauge, Histogram)


class _ByLabels(dict[tuple[str, ...], M]):
    """A metric's children by their labels, each looked up in the library once: that costs more than counting does."""

    def __init__(self, metric: M) -> None:
        super().__init__()
        self._metric: M = metric

    def __missing__(self, labels: tuple[str, ...]) -> M:
        child: M = self._metric.labels(*labels)
        self[labels] = child
        return child


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """The metrics themselves. What is documented of each is what `/metrics` says beside it."""

    requests: _ByLabels[Counter]
    duration: _ByLabels[Histogram]
    under_way: Gauge
    decisions: _ByLabels[Counter]
    findings: _ByLabels[Counter]
    not_assessed: _ByLabels[Counter]
    refused: _ByLabels[Counter]
    steps: _ByLabels[Histogram]
    reload_failures: Counter
    model_failures: Counter
    scoring_failures: Counter
    deliveries: _ByLabels[Counter]
    erased: _ByLabels[Counter]
    waiting: _ByLabels[Gauge]
    parked: _ByLabels[Gauge]
    oldest: _ByLabels[Gauge]
    work: _ByLabels[Counter]
    work_seconds: _ByLabels[Histogram]
    build: _ByLabels[Gauge]


class Metrics:
    """Counts what happens. Make one for each process with `in_memory` or, where processes share a folder, with `shared`."""

    def __init__(self, *, version: str, registry: CollectorRegistry | None, folder: Path | None) -> None:
        self._registry = registry
        self._folder = folder
        self._names = _names(registry)
        self._names.build[version, platform.python_version()].set(1)

    @classmethod
    def in_memory(cls, *, version: str) -> Metrics:
        """Metrics of this process alone."""
        return cls(version=version, registry=CollectorRegistry(), folder=None)

    @classmethod
    def shared(cls, folder: Path, *, version: str) -> Metrics:
        """Metrics of all processes that share `folder`. From then on every metric of this process is kept there."""
        os.environ[_FOLDER_VARIABLE] = str(folder)
        # The library decides when it is imported, which may have been long before anybody knew the folder.
        values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]
        return cls(version=version, registry=None, folder=folder)

    def request_began(self) -> None:
        """A request is under way."""
        self._names.under_way.inc()

    def request_ended(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered. `route` is the rule that it matched, with no id in it."""
        self._names.under_way.dec()
        self._names.requests[method if method in _METHODS else "other", route, str(status)].inc()
        self._names.duration[route,].observe(seconds)

    def request_refused(self, *, reason: str) -> None:
        """A request was refused; `reason` is the word of its problem."""
        self._names.refused[reason,].inc()

    def decided(self, *, subject: str, verdict: str, preview: bool) -> None:
        """A decision was given. Previews are counted apart: nothing hangs on them."""
        self._names.decisions[subject, verdict, "true" if preview else "false"].inc()

    def found(self, findings: Iterable[tuple[str, str]], not_assessed: Iterable[str]) -> None:
        """What a decision found: policy and effect of each finding, and the policies that could not be judged."""
        for policy, effect in findings:
            self._names.findings[policy, effect].inc()
        for policy in not_assessed:
            self._names.not_assessed[policy,].inc()

    def step_took(self, step: str, seconds: float) -> None:
        """How long one step of a check took: parse, schema, policies, record, answer."""
        self._names.steps[step,].observe(seconds)

    def delivered(self, *, connection: str, became: str) -> None:
        """A vendor's delivery was answered: stored, known, empty, answered, unchecked or refused."""
        self._names.deliveries[connection, became].inc()

    def documents_erased(self, kind: str, number: int) -> None:
        """Documents whose time was over were erased, counted by version."""
        self._names.erased[kind,].inc(number)

    def queue_is(self, queue: str, *, waiting: int, parked: int, oldest_seconds: float) -> None:
        """How long a line is, and since when its oldest item waits, as the database has it now."""
        self._names.waiting[queue,].set(waiting)
        self._names.parked[queue,].set(parked)
        self._names.oldest[queue,].set(oldest_seconds)

    def worked(self, line: str, became: str, seconds: float) -> None:
        """A worker dealt with an item of a line; `became` is the word of what it came to, "fault" where that failed."""
        self._names.work[line, became].inc()
        self._names.work_seconds[line,].observe(seconds)

    def policy_reload_failed(self) -> None:
        """The files in the home folder changed and could not be taken up; the last good set stays in force."""
        self._names.reload_failures.inc()

    def model_reload_failed(self) -> None:
        """The model in force changed and could not be taken up; the last good one stays in force."""
        self._names.model_failures.inc()

    def scoring_failed(self) -> None:
        """A quote could not be scored; it was judged by the policies alone."""
        self._names.scoring_failures.inc()

    def exposition(self) -> bytes:
        """Everything counted so far, by all processes, in Prometheus' text format."""
        registry = self._registry
        if registry is None:
            registry = CollectorRegistry()
            MultiProcessCollector(registry, str(self._folder))  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def process_died(folder: Path, pid: int) -> None:
    """Take a dead process's share out of the gauges; its counts stay, they have happened."""
    mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]


def _names(registry: CollectorRegistry | None) -> _Names:
    def plain(name: str, about: str, *labels: str) -> Counter:
        return Counter(f"quoteguard_{name}", about, labels, registry=registry)

    def counter(name: str, about: str, *labels: str) -> _ByLabels[Counter]:
        return _ByLabels(plain(name, about, *labels))

    def histogram(name: str, about: str, buckets: tuple[float, ...], *labels: str) -> _ByLabels[Histogram]:
        return _ByLabels(Histogram(f"quoteguard_{name}", about, labels, registry=registry, buckets=buckets))

    def gauge(name: str, about: str, mode: Literal["livesum", "livemax", "mostrecent"], *labels: str) -> Gauge:
        return Gauge(f"quoteguard_{name}", about, labels, registry=registry, multiprocess_mode=mode)

    return _Names(
        requests=counter("requests", "Requests answered.", "method", "route", "status"),
        duration=histogram("request_seconds", "Time to answer a request.", _SECONDS, "route"),
        under_way=gauge("requests_in_progress", "Requests being answered now.", "livesum"),
        decisions=counter("decisions", "Decisions given.", "subject", "verdict", "preview"),
        findings=counter("findings", "Findings in recorded decisions.", "policy", "effect"),
        not_assessed=counter("not_assessed", "Policies that could not be judged, in recorded decisions.", "policy"),
        refused=counter("refused_requests", "Requests refused.", "reason"),
        steps=histogram(
            "check_step_seconds", "Time of each step of a check; record is the database.", _STEP_SECONDS, "step"
        ),
        reload_failures=plain("policy_reload_failures", "Changes of the home folder that could not be taken up."),
        model_failures=plain("model_reload_failures", "Changes of the model in force that could not be taken up."),
        scoring_failures=plain("scoring_failures", "Quotes that could not be scored."),
        deliveries=counter(
            "deliveries", "Deliveries of vendors answered, by what became of them.", "connection", "became"
        ),
        erased=counter("erased_documents", "Versions of documents that were erased after their time.", "kind"),
        waiting=_ByLabels(gauge("queue_waiting", "Items that wait in a line.", "mostrecent", "queue")),
        parked=_ByLabels(gauge("queue_parked", "Items that wait for a person.", "mostrecent", "queue")),
        oldest=_ByLabels(gauge("queue_oldest_seconds", "How long the oldest item waits.", "mostrecent", "queue")),
        work=counter("worker_items", "Items that workers dealt with, by what became of them.", "queue", "became"),
        work_seconds=histogram("worker_item_seconds", "Time that a worker was at an item.", _WORK_SECONDS, "queue"),
        build=_ByLabels(gauge("build_info", "Always 1; the labels say what runs.", "livemax", "version", "python")),
    )
