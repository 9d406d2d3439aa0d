"""The time of each step inside one check, in this process: parse, schema, facts, policies, answer, record."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

from app.assess import Call, Caller, assess
from app.bootstrap import Services
from app.rendering import render
from cpq_hooks.canonical import load_quote
from cpq_hooks.reading import read_json
from policies.derivation import derive
from policies.domain.material import content_hash


def steps(services: Services, body: bytes, rounds: int) -> dict[str, float]:
    """Median milliseconds by step. `policies` is the whole library over the derived facts, and nothing else."""
    rules = services.rules.current()
    document = read_json(body, max_bytes=1 << 30)
    quote = load_quote(document, max_lines=None)
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    facts = derive(quote, as_of=now, company=rules.company, catalog=rules.catalog)
    scoring = services.models.scoring()
    decision = assess(quote, rules, as_of=now, decision_id="dec_bench", scoring=scoring).decision
    call = Call(raw=body, caller=Caller(key_id=None))
    return {
        "parse": _milliseconds(lambda: read_json(body, max_bytes=1 << 30), rounds),
        "schema": _milliseconds(lambda: load_quote(document, max_lines=None), rounds),
        "facts": _milliseconds(lambda: derive(quote, as_of=now, company=rules.company, catalog=rules.catalog), rounds),
        "policies": _milliseconds(lambda: list(rules.policies.hits(facts)), rounds),
        "content hash": _milliseconds(lambda: content_hash(quote), rounds),
        "assess, all": _milliseconds(
            lambda: assess(quote, rules, as_of=now, decision_id="dec_bench", scoring=scoring), rounds
        ),
        "answer": _milliseconds(lambda: render(decision, document, duration_ms=1), rounds),
        "whole, recorded": _milliseconds(lambda: services.gate.check_quote(call), rounds),
    }


def _milliseconds(work: Callable[[], object], rounds: int) -> float:
    work()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return median(times) * 1000
