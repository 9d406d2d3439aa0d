"""What scores a quote: the model in force, the index where nothing was learned yet, or nothing at all, which is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from policies.domain.decision import Risk, RiskStatus
from policies.domain.money import plain
from scoring.decide import UNAVAILABLE
from scoring.features import FeatureVector, vector
from scoring.history import History
from scoring.model.prior import prior
from scoring.model.stored import as_json, of_json

if TYPE_CHECKING:
    from datetime import datetime

    from policies.domain.finding import Finding
    from policies.facts import QuoteFacts
    from scoring.model.scorer import Scorer

Fault = Callable[[Exception], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The risk of a deal, the features that it was scored from, and what the challenger would have said in shadow.

    `limits` are the probabilities that the model's tiers begin with.
    """

    risk: Risk
    vector: FeatureVector | None = None
    challenger: Risk | None = None
    limits: Mapping[str, float] = field(default_factory=dict)


class Scoring(Protocol):
    """What scores quotes."""

    def score(self, facts: QuoteFacts, findings: Sequence[Finding], *, as_of: datetime, content: str) -> Scored:
        """The risk of a deal as of a moment; `content` is the quote's content hash. It does not raise."""

    def alone(self) -> Scoring:
        """The same without what is scored in shadow."""


@dataclass(frozen=True, slots=True)
class Away:
    """Nothing scores: the verdict rests on the policies alone, and the risk says why."""

    risk: Risk = UNAVAILABLE

    def score(self, facts: QuoteFacts, findings: Sequence[Finding], *, as_of: datetime, content: str) -> Scored:  # noqa: ARG002 - it looks at nothing
        return Scored(risk=self.risk)

    def alone(self) -> Scoring:
        return self


POLICIES_ALONE: Final = Away()


@dataclass(frozen=True, slots=True, kw_only=True)
class ByIndex:
    """Nothing was learned yet: a documented index stands in, which needs no history. `on_fault` is told what failed."""

    on_fault: Fault = lambda _: None

    def score(self, facts: QuoteFacts, findings: Sequence[Finding], *, as_of: datetime, content: str) -> Scored:
        try:
            features = vector(facts, findings, History(), as_of, content=content)
            return Scored(risk=prior(features, findings), vector=features)
        except Exception as error:  # noqa: BLE001 - no fault of the scoring may keep a quote from being judged
            self.on_fault(error)
            return Scored(risk=away("The risk index could not be computed"))

    def alone(self) -> Scoring:
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class ByModel:
    """The champion scores; the challenger does so in shadow, for the record alone. `on_fault` is told what failed."""

    champion: Scorer
    challenger: Scorer | None = None
    on_fault: Fault = lambda _: None

    def score(self, facts: QuoteFacts, findings: Sequence[Finding], *, as_of: datetime, content: str) -> Scored:
        found = self._by(self.champion, facts, findings, as_of, content)
        if found is None:
            return Scored(risk=away(f"The model {self.champion.version} failed on this quote"))
        shadow = None if self.challenger is None else self._by(self.challenger, facts, findings, as_of, content)
        return found if shadow is None else replace(found, challenger=shadow.risk)

    def alone(self) -> Scoring:
        return replace(self, challenger=None)

    def _by(
        self, scorer: Scorer, facts: QuoteFacts, findings: Sequence[Finding], as_of: datetime, content: str
    ) -> Scored | None:
        try:
            features = vector(facts, findings, scorer.history, as_of, content=content)
            return Scored(risk=scorer.score(features, facts.quote.currency), vector=features, limits=scorer.limits)
        except Exception as error:  # noqa: BLE001 - no fault of the scoring may keep a quote from being judged
            self.on_fault(error)
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class AsRecorded:
    """A decision's score made again from its record: the recorded features of that very content, by the recorded model.

    A changed content, of which a counterfactual was proven, has features of its own.
    """

    content: str
    vector: FeatureVector | None
    scorer: Scorer | None
    unscored: Risk | None
    limits: Mapping[str, float] = field(default_factory=dict)

    def score(self, facts: QuoteFacts, findings: Sequence[Finding], *, as_of: datetime, content: str) -> Scored:
        if self.unscored is not None:
            return Scored(risk=self.unscored)
        if self.scorer is None:
            features = self.vector or vector(facts, findings, History(), as_of, content=content)
            return Scored(risk=prior(features, findings), vector=features)
        if content != self.content or self.vector is None:
            return ByModel(champion=self.scorer).score(facts, findings, as_of=as_of, content=content)
        risk = self.scorer.score(self.vector, facts.quote.currency)
        return Scored(risk=risk, vector=self.vector, limits=self.limits)

    def alone(self) -> Scoring:
        return self


def away(because: str) -> Risk:
    """The risk of a deal that could not be scored."""
    return Risk(status=RiskStatus.UNAVAILABLE, because=f"{because}: the verdict rests on the policies alone.")


def scoring_context(scored: Scored, *, released: bool = False) -> dict[str, Any]:
    """What a decision's record keeps of its score, to learn from and to make it again; and whether it was let go at random,
    which nobody can draw again without the secret.
    """
    risk = scored.risk
    kept: dict[str, Any] = {"status": risk.status.value, "model": risk.model_version}
    if risk.status is RiskStatus.UNAVAILABLE:
        kept["because"] = risk.because
    if scored.vector is not None:
        kept["vector"] = as_json(scored.vector)
    if scored.limits:
        kept["limits"] = dict(scored.limits)
    if released:
        kept["released"] = True
    if scored.challenger is not None:
        kept["challenger"] = _in_short(scored.challenger)
    return {"scoring": kept}


def as_recorded(context: Mapping[str, Any], content: str, scorer_of: Callable[[str], Scorer]) -> Scoring:
    """What scores a decision again as its context has it. What `scorer_of` raises for a version that is gone passes through.

    Raises ValueError where the features are not those that this program computes.
    """
    kept = context.get("scoring")
    if kept is None:
        return POLICIES_ALONE
    status, model = RiskStatus(kept["status"]), kept["model"]
    unscored = Risk(status=status, because=kept["because"]) if status is RiskStatus.UNAVAILABLE else None
    return AsRecorded(
        content=content,
        vector=of_json(kept["vector"]) if "vector" in kept else None,
        scorer=scorer_of(model) if model is not None else None,
        unscored=unscored,
        limits=kept.get("limits", {}),
    )


def _in_short(risk: Risk) -> dict[str, Any]:
    return {
        "model": risk.model_version,
        "score": None if risk.score is None else plain(risk.score),
        "tier": risk.tier,
        "expected_leakage": None if risk.expected_leakage is None else plain(risk.expected_leakage),
    }
