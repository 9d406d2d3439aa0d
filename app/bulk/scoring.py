"""Scoring a portion of quotes: policies, features, model, and the verdict of both, as the gate makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from app.importing.making import Refused
from app.importing.reading import Form, Portion, Row
from app.learning.judging import RuleTexts
from app.portions import uncollected
from cpq_hooks.canonical import load_quote
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed, read_json
from policies.derivation import derive
from policies.domain.money import amount_string, plain
from policies.evaluation import in_brief
from scoring.decide import verdict, weighed
from scoring.features import vector
from scoring.history import History
from scoring.model.prior import prior
from scoring.model.registry import Models
from scoring.model.scorer import Scorer

if TYPE_CHECKING:
    from app.rules import Rules
    from policies.domain.decision import Risk
    from policies.domain.finding import Finding
    from policies.domain.quote import Quote
    from scoring.features import FeatureVector

TOP_REASONS = 3
"""So many reasons are written with each score."""


TOGETHER: Final = 100
"""So many quotes go through a step before the next step: a fifth faster than one by one, and few enough to let go soon."""


class Scored(NamedTuple):
    """One row of the answer. `expected_leakage` is in `currency`; `reasons` are sentences, the most important first."""

    quote_id: str
    score: str | None
    tier: str | None
    expected_leakage: str | None
    currency: str
    verdict: str
    reasons: tuple[str, ...]


class Labelled(NamedTuple):
    """What a row of a labelled file says turned out, as it was sent; `leaked` is None where it says nothing."""

    leaked: Any
    amount: Any


@dataclass(slots=True)
class Answered:
    """What came of a portion: a row for each good quote with its label, and what was refused."""

    rows: list[Scored] = field(default_factory=list)
    labels: list[Labelled] = field(default_factory=list)
    made_at: list[datetime | None] = field(default_factory=list)
    values: list[float | None] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Which model scores: its folder and version. It is loaded once in a process."""

    folder: Path
    version: str

    def scorer(self) -> Scorer:
        """The model, ready to score. Raises NoSuchVersion or ModelRefused."""
        return _loaded(self.folder, self.version)


@lru_cache(maxsize=2)
def _loaded(folder: Path, version: str) -> Scorer:
    return Scorer(Models(folder).load(version))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """How quotes are scored: by these rules and this model, each as of a moment; `as_of` None is when it was made.

    Without a model the verdict rests on the policies, and what would be reasons are those of the index for cold starts.
    """

    texts: RuleTexts
    form: Form
    model: Model | None
    as_of: datetime | None
    now: datetime
    explained: bool = True

    def __call__(self, portion: Portion) -> Answered:
        """A row for each quote of the portion, in its order."""
        with uncollected():
            return self._answered(portion)

    def _answered(self, portion: Portion) -> Answered:
        rules, answered = self.texts.rules(), Answered(share=portion.share)
        history = self.model.scorer().history if self.model is not None else History()
        deals: list[_Deal] = []
        for start in range(0, len(portion.rows), TOGETHER):
            quotes = self._quotes(portion.rows[start : start + TOGETHER], answered)
            deals += self._deals(quotes, rules, history)
        for deal, risk in zip(deals, self._risks(deals, rules), strict=True):
            answered.rows.append(_scored(deal, risk, rules))
            answered.labels.append(deal.label)
            answered.made_at.append(deal.made_at)
            answered.values.append(deal.vector.value)
        return answered

    def _quotes(self, rows: Sequence[Row], answered: Answered) -> list[Quote]:
        """The quotes of rows; those that are none are noted as refused."""
        quotes: list[Quote] = []
        for row in rows:
            try:
                quote = load_quote(read_json(row.raw) if self.form is Form.LINES else row.raw)
            except Malformed as error:
                answered.refused.append(_refused(row, (f"column {error.column}: {error.message}",)))
            except Invalid as invalid:
                answered.refused.append(
                    _refused(row, tuple(f"{each.path}: {each.message}" for each in invalid.problems))
                )
            else:
                quotes.append(quote)
        return quotes

    def _deals(self, quotes: Sequence[Quote], rules: Rules, history: History) -> list[_Deal]:
        """Each step for all of the quotes before the next step: the processor keeps its code and tables at hand."""
        moments = [self.as_of or each.created_at or self.now for each in quotes]
        facts = [
            derive(quote, as_of=moment, company=rules.company, catalog=rules.catalog)
            for quote, moment in zip(quotes, moments, strict=True)
        ]
        findings = [in_brief(each, rules.policies, waivers=rules.waivers) for each in facts]
        vectors = [
            vector(each, found, history, moment) for each, found, moment in zip(facts, findings, moments, strict=True)
        ]
        return [
            _Deal(quote.quote_id, quote.currency, found, numbers, _label(quote.extra), quote.created_at)
            for quote, found, numbers in zip(quotes, findings, vectors, strict=True)
        ]

    def _risks(self, deals: Sequence[_Deal], rules: Rules) -> list[Risk]:
        if self.model is None:
            return [prior(each.vector, each.findings) for each in deals]
        company = rules.company
        return self.model.scorer().score_many(
            [each.vector for each in deals],
            explained=self.explained,
            kinds=False,
            unusual=company is not None and company.thresholds.flag_anomaly is not None,
            most=TOP_REASONS,
        )


class _Deal(NamedTuple):
    """What is kept of a quote until its portion is scored. Its facts are let go, so that the next quote's find their memory warm."""

    quote_id: str
    currency: str
    findings: tuple[Finding, ...]
    vector: FeatureVector
    label: Labelled
    made_at: datetime | None


def _scored(deal: _Deal, risk: Risk, rules: Rules) -> Scored:
    currency = deal.currency
    risk = weighed(risk, rules.company, currency)
    return Scored(
        quote_id=deal.quote_id,
        score=None if risk.score is None else plain(risk.score),
        tier=risk.tier,
        expected_leakage=amount_string(risk.expected_leakage, currency),
        currency=currency,
        verdict=verdict(deal.findings, risk).value,
        reasons=tuple([each.label for each in risk.reasons[:TOP_REASONS]]),
    )


def _label(extra: Mapping[str, Any]) -> Labelled:
    """What a labelled quote says of itself: `leaked` beside its fields, or an outcome embedded as `outcome`."""
    if "leaked" in extra:
        return Labelled(extra["leaked"], extra.get("leaked_amount"))
    outcome = extra.get("outcome")
    if isinstance(outcome, Mapping):
        return Labelled(outcome.get("leaked"), outcome.get("amount"))
    return Labelled(None, None)


def _refused(row: Row, reasons: tuple[str, ...]) -> Refused:
    raw = row.raw.decode("utf-8", "backslashreplace") if isinstance(row.raw, bytes) else row.raw
    return Refused(row.place, reasons, raw)
