"""`python -m benchmarks.features`: what the features of a quote cost, streamed over the simulated company in order of time.

Times are of the processor, not of the clock, as machines are shared.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.resources import files
from statistics import median
from typing import Any, Final

import yaml

from app.demo import documents, new_manifest
from app.demo.documents import Kind
from app.rules import library_files
from cpq_hooks.canonical import SCHEMAS
from policies.checks import ALL
from policies.derivation import derive
from policies.domain.material import content_hash
from policies.domain.outcome import Outcome
from policies.domain.quote import Quote
from policies.evaluation import evaluate
from policies.facts import QuoteFacts
from policies.loader import load
from policies.policyset import PolicySet
from scoring.features import FEATURES, FeatureVector, vector
from scoring.history import History, HistoryBuilder

LINES: Final = (1, 10, 50)
ROUNDS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A simulated history: quotes and outcomes as a sender writes them, and the truth by quote id."""

    quotes: list[Quote]
    outcomes: list[Outcome]
    truth: dict[str, dict[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.features", description=__doc__)
    parser.add_argument("--quotes", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    company = simulated(arguments.seed, arguments.quotes)
    began = time.process_time()
    builder = HistoryBuilder()
    made = sum(1 for _ in streamed(company, builder))
    spent = time.process_time() - began
    print(
        f"{made:,} quotes, {len(FEATURES)} features, in order of time: {spent:.1f} s, {spent / made * 1e6:.0f} us a quote"
    )
    print("  of which deriving the facts is the part that a decision needs anyway")
    _one(company, builder)
    _snapshot(builder.history)
    print(f"largest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB, documents included")


def simulated(seed: int, quotes: int, workers: int = 1) -> Company:
    """A simulated company's quotes in order of time, and what came to be known of them."""
    found: dict[Kind, list[Any]] = {Kind.QUOTE: [], Kind.OUTCOME: [], Kind.TRUTH: []}
    schemas = {Kind.QUOTE: SCHEMAS["Quote"](), Kind.OUTCOME: SCHEMAS["Outcome"]()}
    for document in documents(new_manifest(seed, quotes), workers=workers):
        if document.kind in found:
            read = json.loads(document.text)
            schema = schemas.get(document.kind)
            found[document.kind].append(schema.load(read) if schema is not None else read)
    made = sorted(found[Kind.QUOTE], key=lambda each: (each.created_at, each.quote_id))
    return Company(
        quotes=made, outcomes=found[Kind.OUTCOME], truth={each["quote_id"]: each for each in found[Kind.TRUTH]}
    )


def streamed(
    company: Company, builder: HistoryBuilder, policies: PolicySet | None = None
) -> Iterator[tuple[Quote, FeatureVector]]:
    """The features of each quote from what was known when it was made; its findings are among them where there are policies."""
    tables = _tables()
    for outcome in company.outcomes:
        builder.add_outcome(outcome)
    for quote in company.quotes:
        moment = quote.created_at or datetime.now(UTC)
        facts = derive(quote, as_of=moment, company=tables["company"], catalog=tables["catalog"])
        findings = evaluate(facts, policies).findings if policies is not None else None
        yield quote, vector(facts, findings, builder.as_of(moment), moment)
        builder.add_quote(facts, findings, at=moment)


def library() -> PolicySet:
    """The policies of the library, with the simulated company's numbers."""
    return load(library_files(), ALL, _tables()["company"].policy_overrides)


def _tables() -> dict[str, Any]:
    found = {}
    for name, schema in (("company", "Company"), ("catalog", "Catalog")):
        text = (files("app.demo") / f"{name}.yaml").read_text("utf-8")
        found[name] = SCHEMAS[schema]().load(yaml.safe_load(text))
    return found


def _one(company: Company, builder: HistoryBuilder) -> None:
    """One quote of so many lines against the whole history, its facts given."""
    tables, now = _tables(), datetime(2027, 1, 1, tzinfo=UTC)
    history = builder.as_of(now)
    lines = tuple({line.product_id: line for quote in company.quotes for line in quote.lines}.values())
    for count in LINES:
        many = tuple(replace(lines[at % len(lines)], line_id=str(at), parent_line_id=None) for at in range(count))
        facts = derive(replace(company.quotes[-1], lines=many), as_of=now, **tables)
        print(f"  one quote of {count:>2} lines: {_median_us(facts, history, now):>6.0f} us")


def _median_us(facts: QuoteFacts, history: History, now: datetime) -> float:
    times, content = [], content_hash(facts.quote)  # a decision has the hash already
    for _ in range(ROUNDS):
        began = time.process_time()
        vector(facts, (), history, now, content=content)
        times.append(time.process_time() - began)
    return median(times) * 1e6


def _snapshot(history: History) -> None:
    began = time.process_time()
    text = json.dumps(history.snapshot())
    written = time.process_time() - began
    History.restored(json.loads(text))
    read = time.process_time() - began - written
    print(f"snapshot of history: {len(text) / 1e6:.1f} MB, written in {written:.2f} s, read in {read:.2f} s")


if __name__ == "__main__":
    main()
