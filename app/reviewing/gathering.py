"""The decisions of some time out of the record, each with what a review asks of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from cpq_hooks.reading import read_json
from policies.domain.outcome import SubjectType
from scoring.features import NAMES, digest

if TYPE_CHECKING:
    from app.store import Store
    from app.store.decisions import LastDecision

_OF_FINDING: Final = ("policy_id", "pattern", "effect")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision on a quote. `features` are the stored numbers; None where there are none, or of another list of features."""

    decision_id: str
    quote_id: str
    created_at: datetime
    verdict: str
    findings: tuple[Mapping[str, Any], ...]
    score: float | None
    tier: str | None
    unusual: tuple[str, ...]
    features: tuple[float, ...] | None
    rep_id: str | None
    segment: str | None
    products: tuple[str, ...]
    complexity: tuple[int | str, ...]


def decided(store: Store, start: datetime, end: datetime) -> Iterator[Decided]:
    """The last decision of that time on each quote: a quote that is checked ten times counts once."""
    for last in store.decisions.last_of_each(SubjectType.QUOTE, start, end, requests=True):
        yield _read(last, read_json(last.request or b"{}", max_bytes=len(last.request or b"{}")))


def decided_before(store: Store, start: datetime, end: datetime) -> Iterator[Decided]:
    """The same without what only the quote itself says: products, segment and complexity stay empty."""
    for last in store.decisions.last_of_each(SubjectType.QUOTE, start, end, requests=False):
        yield _read(last, {})


def _read(last: LastDecision, asked: Any) -> Decided:
    # What we wrote ourselves needs no exact decimals: this is the bulk of the reading.
    document, context = _object(json.loads(last.document)), _object(json.loads(last.context or b"{}"))
    quote = _object(asked)
    risk = document.get("risk") or {}
    anomaly = risk.get("anomaly") or {}
    lines = [each for each in quote.get("lines") or () if isinstance(each, dict)]
    return Decided(
        decision_id=last.decision_id,
        quote_id=last.subject_id,
        created_at=last.created_at,
        verdict=last.verdict.value,
        findings=tuple({name: each.get(name) for name in _OF_FINDING} for each in document.get("findings") or ()),
        score=None if risk.get("score") is None else float(risk["score"]),
        tier=risk.get("tier"),
        unusual=tuple(sorted(_word(each) for each in anomaly.get("unusual") or ())),
        features=_features(context),
        rep_id=last.rep_id,
        segment=_object(quote.get("account")).get("segment"),
        products=tuple(sorted({str(each.get("product_id")) for each in lines})),
        complexity=_complexity(quote, lines),
    )


def _complexity(quote: Mapping[str, Any], lines: list[dict[str, Any]]) -> tuple[int | str, ...]:
    """Deals of one kind: about as many lines, about as many charge models, ramps or not, the same deal type."""
    models = len({each.get("charge_model") for each in lines})
    return (
        min(3, (len(lines) - 1) // 2),
        min(3, models),
        int(any(each.get("ramp") for each in lines)),
        str(quote.get("deal_type") or ""),
    )


def _features(context: Mapping[str, Any]) -> tuple[float, ...] | None:
    kept = (context.get("scoring") or {}).get("vector") or {}
    values = kept.get("values")
    if kept.get("features") != digest() or not isinstance(values, list) or len(values) != len(NAMES):
        return None
    return tuple(float("nan") if each is None else float(each) for each in values)


def _word(unusual: Any) -> str:
    return str(unusual.get("feature", unusual)) if isinstance(unusual, Mapping) else str(unusual)


def _object(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}
