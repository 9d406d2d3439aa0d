"""The schema of the learned half of an answer: a score or an index, what it rests on, and what would lower it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cpq_hooks.canonical.answer import Answer, ChangeSchema, many, say, word
from cpq_hooks.canonical.fields import Choice, Currency, Described, Flag, refuse
from cpq_hooks.canonical.nesting import Items, Part
from cpq_hooks.canonical.numbers import Money, Number, Whole
from cpq_hooks.problem import shown
from policies.domain.decision import (
    Anomaly,
    Counterfactual,
    IndexPart,
    LeakageType,
    Risk,
    RiskIndex,
    RiskReason,
    RiskStatus,
    Unusual,
)
from policies.domain.finding import Effect
from policies.domain.money import amount_string

_MOST_DEALS = 1_000_000_000


class AmountInCurrency(Described):
    """An amount of the document's currency, which is written beside it."""

    def json_schema(self) -> dict[str, Any]:
        amounts = {"currency": {"type": "string"}, "amount": {"type": "string"}}
        return {"type": "object", "properties": amounts, "required": list(amounts)}

    def wire_in(self, value: Any, currency: str | None) -> object:
        return {
            "currency": currency,
            "amount": self.wire(value) if currency is None else amount_string(value, currency),
        }

    def read(self, value: Any) -> Decimal:
        if not isinstance(value, dict):
            refuse("not_an_object", f"{shown(value)} is not an object: send currency and amount")
        Currency("The currency.").read(value.get("currency"))
        return Money("The amount.").read(value.get("amount"))


class LeakageTypeSchema(Answer):
    """A way in which the deal may leak."""

    record = LeakageType

    pattern = word("The leakage pattern.")
    probability = Number("The probability that the deal leaks in this way.", most=1, required=True)


class RiskReasonSchema(Answer):
    """One sentence on what moves the score."""

    record = RiskReason

    feature = word("The feature.")
    label = say("What it says of this deal, in a sentence.")
    value = Number("The deal's own number; null where it is not known.", least=None, required=True, nullable=True)
    contribution = Number(
        "How far it moves the log-odds away from those of the average deal; above 0 raises the risk.",
        least=None,
        required=True,
    )


class IndexPartSchema(Answer):
    """One summand of the index."""

    record = IndexPart

    label = say("What it is for.")
    points = Whole("How many points.", least=-100, most=100, required=True)


class RiskIndexSchema(Answer):
    """What stands in for a score where nothing was learned."""

    record = RiskIndex

    value = Whole("Points from 0 to 100; no probability.", most=100, required=True)
    parts = many(Part(IndexPartSchema, "One summand."), "What they add up from.")


class UnusualSchema(Answer):
    """A feature in which the deal is unlike its peers."""

    record = Unusual

    feature = word("The feature.")
    label = say("In what the deal is unusual, in a sentence.")


class AnomalySchema(Answer):
    """How unusual the deal is among its peers; that alone is no leak."""

    record = Anomaly

    score = Number("How unusual, from 0 to 1.", most=1, required=True)
    unusual = many(Part(UnusualSchema, "One feature."), "In what.")


class CounterfactualSchema(Answer):
    """The smallest realistic change that brings the deal under the threshold, proven by scoring it."""

    record = Counterfactual

    text = say("The change in words.")
    patch = Items(
        Part(ChangeSchema, "One operation."),
        "The change as a JSON Patch of what was sent.",
        required=True,
        attribute="changes",
    )
    score = Number("The score after it.", most=1, required=True)
    expected_leakage = AmountInCurrency("The expected leakage after it.", required=True, nullable=True)


class RiskSchema(Answer):
    """The learned half of the answer."""

    record = Risk

    status = Choice(RiskStatus, "scored; prior: too little history to learn from; unavailable.", required=True)
    because = say("Why there is no score, where there is none.", null=True)
    score = Number("The calibrated probability that the deal leaks.", most=1, required=True, nullable=True)
    tier = word("alert, digest or refine.", null=True)
    tier_note = say(
        "What was measured of the tier, or why it is not the one that the score alone would give; and where the company's limits "
        "are not those that the model was trained for.",
        null=True,
    )
    expected_leakage = AmountInCurrency(
        "The probability times the loss; null where the deal's value is not known.", required=True, nullable=True
    )
    leakage_types = many(Part(LeakageTypeSchema, "One pattern."), "In which ways it may leak, the most likely first.")
    reasons = many(Part(RiskReasonSchema, "One reason."), "What moves the score most, at most five sentences.")
    base = Number("The log-odds of the average deal.", least=None, required=True, nullable=True)
    index = Part(
        RiskIndexSchema, "The points that stand in for a score; null where there is one.", required=True, nullable=True
    )
    anomaly = Part(AnomalySchema, "How unusual the deal is; null is not known.", required=True, nullable=True)
    counterfactual = Part(
        CounterfactualSchema,
        "What would bring the deal under the threshold; null where nothing small does, or where risk stops nothing.",
        required=True,
        nullable=True,
    )
    effect = Choice(Effect, "What the company's thresholds make of it; null is nothing.", required=True, nullable=True)
    effect_because = say("Which threshold, in a sentence.", null=True)
    released = Flag("Whether the deal was let go at random although its risk asked for a look.", required=True)
    approved_by = say("Who consented to the risk, on this very content.", null=True)
    waived_by = say("Who waived it.", null=True)
    model_version = word("The model that scored it.", null=True)
    trained_on = Whole(
        "From how many deals of known outcome it learned.", most=_MOST_DEALS, required=True, nullable=True
    )
