"""Scoring a portion of quotes: policies, features, model, and the verdict of both, as the gate makes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from app.bulk.reading import Given, Labelled, Reading
from app.importing.making import Making, Refused
from app.importing.reading import Form, Portion
from app.learning.judging import RuleTexts
from app.portions import uncollected
from policies.derivation import derive
from policies.domain.money import amount_string, plain
from policies.domain.quote import Stage
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


@dataclass(slots=True)
class Answered:
    """What came of a portion: a row for each good quote with its label, and what was refused.

    `accepted` says which were signed; `vectors` are kept where they are asked for, without what only sentences need.
    """

    rows: list[Scored] = field(default_factory=list)
    labels: list[Labelled] = field(default_factory=list)
    accepted: list[bool] = field(default_factory=list)
    vectors: list[FeatureVector] = field(default_factory=list)
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
    making: Making | None = None
    explained: bool = True
    keeps_vectors: bool = False

    def __call__(self, portion: Portion) -> Answered:
        """A row for each quote of the portion, in its order."""
        with uncollected():
            return self._answered(portion)

    def _answered(self, portion: Portion) -> Answered:
        rules, answered = self.texts.rules(), Answered(share=portion.share)
        answered.refused += [Refused(place, (reason,), None) for place, reason in portion.faults]
        reading = Reading(form=self.form, making=self.making)
        history = self.model.scorer().history if self.model is not None else History()
        deals: list[_Deal] = []
        for start in range(0, len(portion.rows), TOGETHER):
            given = reading.given(portion.rows[start : start + TOGETHER], portion.header, answered.refused)
            deals += self._deals(given, rules, history)
        for deal, risk in zip(deals, self._risks(deals, rules), strict=True):
            answered.rows.append(_scored(deal, risk, rules))
            answered.labels.append(deal.label)
            answered.made_at.append(deal.made_at)
            answered.values.append(deal.vector.value)
            answered.accepted.append(deal.accepted)
            if self.keeps_vectors:
                answered.vectors.append(replace(deal.vector, details={}))
        return answered

    def _deals(self, given: Sequence[Given], rules: Rules, history: History) -> list[_Deal]:
        """Each step for all of the quotes before the next step: the processor keeps its code and tables at hand."""
        quotes = [each.quote for each in given]
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
            _Deal(
                quote.quote_id,
                quote.currency,
                found,
                numbers,
                label,
                quote.created_at,
                accepted=quote.stage is Stage.ACCEPTED,
            )
            for (quote, label), found, numbers in zip(given, findings, vectors, strict=True)
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
    accepted: bool


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
