"""The decisions of some time out of the record, each with what a review asks of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from app.store import DecisionFilter
from cpq_hooks.reading import read_json
from policies.domain.outcome import SubjectType
from scoring.features import NAMES, digest

if TYPE_CHECKING:
    from app.store import Store, StoredDecision

_A_PAGE: Final = 200


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
    newest: dict[str, str] = {}
    token: str | None = None
    wanted = DecisionFilter(subject_type=SubjectType.QUOTE, created_from=start, created_before=end)
    while True:
        page = store.decisions.page(wanted, limit=_A_PAGE, page=token)
        for summary in page.decisions:
            newest.setdefault(summary.subject.id, summary.decision_id)
        token = page.next_page
        if token is None:
            break
    for decision_id in newest.values():
        stored = store.decisions.get(decision_id)
        if stored is not None:
            yield _read(stored)


def _read(stored: StoredDecision) -> Decided:
    decision = stored.decision
    document, quote = _json(decision.document), _json(decision.request)
    risk = document.get("risk") or {}
    anomaly = risk.get("anomaly") or {}
    lines = [each for each in quote.get("lines") or () if isinstance(each, dict)]
    return Decided(
        decision_id=decision.summary.decision_id,
        quote_id=decision.summary.subject.id,
        created_at=decision.summary.created_at,
        verdict=decision.summary.verdict.value,
        findings=tuple(document.get("findings") or ()),
        score=None if risk.get("score") is None else float(risk["score"]),
        tier=risk.get("tier"),
        unusual=tuple(sorted(_word(each) for each in anomaly.get("unusual") or ())),
        features=_features(_json(decision.basis.context or b"{}")),
        rep_id=decision.summary.rep_id,
        segment=(quote.get("account") or {}).get("segment"),
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


def _json(raw: bytes) -> dict[str, Any]:
    found = read_json(raw, max_bytes=len(raw) + 1)
    return found if isinstance(found, dict) else {}
