"""A simulated company as a learner sees it: each quote's features from what was known then, what came to be known, the truth.

Simulating takes a minute, so that it is kept in the folder for temporary files, by seed, size, effects and features.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any, Final

import yaml
from marshmallow import ValidationError

from app.demo import Effects, documents, new_manifest
from app.demo.documents import Kind
from benchmarks.features import library
from cpq_hooks.canonical import SCHEMAS
from policies.derivation import derive
from policies.domain.quote import Quote, Stage
from policies.evaluation import evaluate
from scoring.features import FeatureVector, digest, vector
from scoring.history import HistoryBuilder
from scoring.model import stored
from scoring.model.prior import prior
from scoring.training import Example, Known

_KEPT: Final = 2
"""Raised when more is kept of a quote."""

STANDARD: Final = Effects()
OTHER: Final = Effects(
    base=-3.2,
    carelessness=0.6,
    year_of_tenure=0.05,
    percent_of_discount=0.03,
    line_beyond_three=0.05,
    further_charge_model=-0.1,
    odd_rhythm=0.2,
    ramp=0.3,
    uplift_within_term=-0.3,
    promotion_that_ends=0.2,
    overage=1.2,
    commitment_or_prepaid=0.0,
    several_years=0.9,
    late_approval=0.0,
    revision_beyond_two=0.6,
    quarter_end=0.9,
    ramp_at_quarter_end=1.5,
    metered_with_payments=-0.7,
    data_with_services=0.0,
    analytics_with_support=1.8,
    yen=-0.5,
    enterprise=-0.6,
    amendment=0.2,
    expansion=-0.3,
    costly_defect=1.2,
    other_defect=0.9,
)
"""A company where other things go wrong: some effects are nothing, some have the other sign."""

_USUAL: Final = {
    "year_of_tenure": 2.98, "percent_of_discount": 6.96, "line_beyond_three": 0.90, "further_charge_model": 1.01,
    "odd_rhythm": 0.05, "ramp": 0.03, "uplift_within_term": 0.08, "promotion_that_ends": 0.06, "overage": 0.49,
    "commitment_or_prepaid": 0.08, "several_years": 0.25, "late_approval": 0.13, "revision_beyond_two": 0.31,
    "quarter_end": 0.17, "ramp_at_quarter_end": 0.01, "metered_with_payments": 0.06, "data_with_services": 0.04,
    "analytics_with_support": 0.09, "yen": 0.06, "enterprise": 0.18, "amendment": 0.01, "expansion": 0.26,
    "costly_defect": 0.04, "other_defect": 0.04,
}  # fmt: skip
"""What the usual deal has of each: so that a company of other effects leaks about as often."""


def drawn(number: int) -> Effects:
    """The effects of a company drawn by lot: of five, one is nothing, one has the other sign, and three are up to half as large again or as small."""
    lot = Random(number)
    found = {"carelessness": lot.uniform(0.4, 1.3)}
    for name in _USUAL:
        sign = lot.choice((0.0, -1.0, 1.0, 1.0, 1.0))
        found[name] = round(sign * lot.uniform(0.5, 1.5) * getattr(STANDARD, name), 3)
    gained = sum((found[name] - getattr(STANDARD, name)) * usual for name, usual in _USUAL.items())
    return Effects(base=round(STANDARD.base - gained, 3), **found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """One quote: the example to learn from, the simulator's truth of it, and what the policies by themselves say.

    `lost` is what leaked in dollars, `rate` the dollars of one unit of the quote's currency; `terms` are the true effects without the rep's carelessness, in log-odds by name.
    """

    example: Example
    probability: float
    lost: float
    rate: float
    leaked: bool
    forced: bool
    terms: dict[str, float]
    findings: int
    at_risk: float
    prior: float


def deals(seed: int, quotes: int, effects: Effects, *, fresh: bool = False) -> list[Deal]:
    """The deals of a company in order of time."""
    path = _kept(seed, quotes, effects)
    if fresh or not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partly = path.with_suffix(".partly")
        with gzip.open(partly, "wt", encoding="utf-8", compresslevel=1) as file:
            for record in _records(seed, quotes, effects):
                file.write(json.dumps(record) + "\n")
        partly.rename(path)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [_deal(json.loads(line)) for line in file]


def _kept(seed: int, quotes: int, effects: Effects) -> Path:
    key = hashlib.sha256(f"{_KEPT} {seed} {quotes} {effects!r} {digest()}".encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / "quoteguard-bench-model" / f"{key}.jsonl.gz"


def _records(seed: int, quotes: int, effects: Effects) -> Iterator[dict[str, Any]]:
    """What is kept of each quote, streamed over the company in order of time."""
    found = _simulated(seed, quotes, effects)
    tables = {name: _table(name) for name in ("company", "catalog")}
    policies, builder = library(), HistoryBuilder()
    for outcome in found[Kind.OUTCOME]:
        builder.add_outcome(outcome)
    known = _by_quote(found[Kind.OUTCOME])
    truth = {each["quote_id"]: each for each in found[Kind.TRUTH]}
    rates = tables["company"].exchange_rates
    for quote in sorted(found[Kind.QUOTE], key=lambda each: (each.created_at, each.quote_id)):
        moment = quote.created_at
        facts = derive(quote, as_of=moment, company=tables["company"], catalog=tables["catalog"])
        findings = evaluate(facts, policies).findings
        features = vector(facts, findings, builder.as_of(moment), moment)
        rate = float(rates.get(quote.currency, 1))
        standing = [each for each in findings if each.enforces and each.amount_at_risk is not None]
        yield {
            **_seen(quote, features),
            "outcomes": known.get(quote.quote_id, []),
            **_true(truth[quote.quote_id], rate),
            "findings": sum(each.enforces for each in findings),
            "at_risk": sum(float(each.amount_at_risk.remaining_term or 0) * rate for each in standing),
            "prior": float(prior(features, findings).index.value),
        }
        builder.add_quote(facts, findings, at=moment)


def _simulated(seed: int, quotes: int, effects: Effects) -> dict[Kind, list[Any]]:
    found: dict[Kind, list[Any]] = {Kind.QUOTE: [], Kind.OUTCOME: [], Kind.TRUTH: []}
    schemas = {Kind.QUOTE: SCHEMAS["Quote"](), Kind.OUTCOME: SCHEMAS["Outcome"]()}
    for document in documents(new_manifest(seed, quotes), effects=effects):
        if document.kind in found:
            read = json.loads(document.text)
            try:
                found[document.kind].append(schemas[document.kind].load(read) if document.kind in schemas else read)
            except ValidationError as refused:
                print(f"left out: {read.get('quote_id')}: {refused}")
    return found


def _seen(quote: Quote, features: FeatureVector) -> dict[str, Any]:
    return {
        "quote_id": quote.quote_id,
        "made_at": quote.created_at.isoformat() if quote.created_at else None,
        "accepted": quote.stage is Stage.ACCEPTED,
        "vector": stored.as_json(features),
    }


def _true(truth: dict[str, Any], rate: float) -> dict[str, Any]:
    return {
        "probability": truth["true_probability"],
        "leaked": bool(truth["leaked"]),
        "lost": float(truth["true_loss"]) * rate,
        "rate": rate,
        "forced": truth["forced"],
        "terms": truth["log_odds"],
    }


def _by_quote(outcomes: Sequence[Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for each in outcomes:
        found.setdefault(each.subject.id, []).append(
            {
                "leaked": each.leaked,
                "source": each.source.value,
                "discovered_at": each.discovered_at.isoformat(),
                "amount": float(each.amount) if each.amount is not None else None,
                "currency": each.currency,
                "pattern": each.pattern,
            }
        )
    return found


def _table(name: str) -> Any:
    text = (files("app.demo") / f"{name}.yaml").read_text("utf-8")
    return SCHEMAS[name.capitalize()]().load(yaml.safe_load(text))


def _deal(record: dict[str, Any]) -> Deal:
    outcomes = tuple(
        Known(**(each | {"discovered_at": datetime.fromisoformat(each["discovered_at"]).astimezone(UTC)}))
        for each in record["outcomes"]
    )
    example = Example(
        quote_id=record["quote_id"],
        made_at=datetime.fromisoformat(record["made_at"]),
        vector=stored.of_json(record["vector"]),
        accepted=record["accepted"],
        simulated=True,
        outcomes=outcomes,
    )
    plain = {
        name: record[name]
        for name in ("probability", "lost", "rate", "leaked", "forced", "findings", "at_risk", "prior")
    }
    terms = {name: each for name, each in record["terms"].items() if name not in {"base", "carelessness"}}
    return Deal(example=example, terms=terms, **plain)
