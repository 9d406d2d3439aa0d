"""The schemas of the answer: a decision with its findings, their money and what clears them.

Every field is always there, null where nothing is known. Amounts have exactly their currency's decimals, rates as many as
they need.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote

from cpq_hooks.canonical.answer import Answer, ChangeSchema, many, say, word
from cpq_hooks.canonical.fields import Choice, Currency, Described, Flag, refuse
from cpq_hooks.canonical.nesting import Items, Part
from cpq_hooks.canonical.numbers import Money, Number
from cpq_hooks.canonical.risk import RiskSchema
from cpq_hooks.canonical.times import Day, Moment
from cpq_hooks.problem import shown
from policies.domain.decision import ApprovalNeeds, Decision, NotAssessed, RequiredApproval, Subject, Verdict
from policies.domain.finding import (
    AmountAtRisk,
    Direction,
    Effect,
    Evidence,
    Exposure,
    Finding,
    Remedy,
)
from policies.domain.money import amount_string
from policies.domain.outcome import SubjectType
from policies.domain.period import Period


class SubjectSchema(Answer):
    """What a decision is on."""

    record = Subject

    type = Choice(SubjectType, "The kind of document.", required=True)
    id = word("The document's own id.")
    revision = word("The document's revision, as its sender counts.", null=True)
    content_hash = word("The digest of what matters in the document; approvals name it.")


class EvidenceSchema(Answer):
    """One field as it is and as it should be."""

    record = Evidence

    field = say("The field, by line id: `lines[2].overage_unit_price` is of the line whose line_id is 2.")
    actual = say("What was sent; null where nothing was.", null=True)
    expected = say("What it should be.", null=True)
    expected_from = say("Where that comes from.", null=True)


class AmountAtRiskSchema(Answer):
    """The money of a finding in four numbers; null is not assessed, never zero."""

    record = AmountAtRisk

    currency = Currency("The currency of the amounts, ISO 4217.", required=True)
    per_period = Money("What is lost in one period.", least=None, required=True, nullable=True)
    remaining_term = Money("What is lost over what is left of the term.", least=None, required=True, nullable=True)
    already_lost = Money("What is lost already.", least=None, required=True, nullable=True)
    assumptions = many(say("An assumption."), "What the numbers rest on.")


class FirstDay(Day):
    """The first day of a record's period."""

    def value_of(self, record: Any) -> Any:
        return None if record.period is None else record.period.start


class LastDay(Day):
    """The last day of a record's period; with the first one it makes the period."""

    def value_of(self, record: Any) -> Any:
        return None if record.period is None else record.period.last_day

    def place(self, values: dict[str, Any]) -> None:
        first, last = values.pop("period_start", None), values.pop("period_end")
        values["period"] = Period.through(first, last) if first is not None and last is not None else None


class ExposureSchema(Answer):
    """Where a finding's money lies."""

    record = Exposure

    line_id = word("The line; null is the whole document.", null=True)
    amount = Money("How much.", least=None, required=True)
    period_start = FirstDay("The first day of the period; null is the term.", required=True, nullable=True)
    period_end = LastDay("The last day of the period; null is the term.", required=True, nullable=True)


class RemedySchema(Answer):
    """The smallest change that clears a finding."""

    record = Remedy

    text = say("The change in words.")
    patch = Items(
        Part(ChangeSchema, "One operation."),
        "The change as a JSON Patch of what was sent.",
        required=True,
        attribute="changes",
    )
    clears = Flag(
        "Whether it was tried and clears the finding without a new one; null was not tried.",
        required=True,
        nullable=True,
    )


class Counted(Flag):
    """Whether the finding's own money is in the totals: it enforces or could, and no other finding owns it."""

    def value_of(self, record: Any) -> Any:
        return record.root is None and record.effect is not Effect.SHADOW and record.amount_at_risk is not None


class FindingSchema(Answer):
    """One policy that does not hold."""

    record = Finding

    finding_id = word("The finding's id.")
    policy_id = word("The policy that does not hold.")
    pattern = word("The leakage pattern that the policy looks for.")
    effect = Choice(Effect, "What the policy does; shadow is recorded and never enforced.", required=True)
    direction = Choice(
        Direction, "Whose loss it is; under is a leak, over is billed too much. Never netted.", required=True
    )
    line_ids = many(word("A line's id."), "The lines that it is on; none is the whole document.")
    message = say("What is wrong, in a sentence.")
    evidence = many(Part(EvidenceSchema, "One field."), "The fields that it rests on.")
    amount_at_risk = Part(
        AmountAtRiskSchema, "The money; null where the finding is not about money.", required=True, nullable=True
    )
    exposures = many(Part(ExposureSchema, "One amount."), "Where the money lies, by line and period.")
    remedy = Part(RemedySchema, "What clears it; null where no single change does.", required=True, nullable=True)
    owner = say("Who looks after the policy.", null=True)
    approver = say("The role that may consent to it.", null=True)
    clears_without_approval = say("The edit that makes consent unnecessary.", null=True)
    confidence = Number("How sure the finding is, from 0 to 1.", most=1, required=True, nullable=True)
    root = word("The finding that owns the money of this one; null where it is its own.", null=True)
    counted = Counted("Whether its money is in the totals.", required=True, dump_only=True)
    approved_by = say("Who consented to it, on this very content.", null=True)
    waived_by = say("Who waived it.", null=True)


class RequiredApprovalSchema(Answer):
    """Who has to consent, to what, by when."""

    record = RequiredApproval

    role = say("The role.")
    because = many(say("A policy's id."), "The policies that ask for it.")
    due_at = Moment("By when; null where no hours are stated for the role.", required=True, nullable=True)


class ApprovalNeedsSchema(Answer):
    """All consents that are missing."""

    record = ApprovalNeeds

    required = many(Part(RequiredApprovalSchema, "One consent."), "Each consent that is missing.")
    clears_without_approval = say("The edit that makes all of them unnecessary.", null=True)


class NotAssessedSchema(Answer):
    """A policy that could not be judged; it never counts as a pass."""

    record = NotAssessed

    policy_id = word("The policy.")
    because = say("Why it could not be judged.")
    line_ids = many(word("A line's id."), "The lines on which; none is the whole document.")


class Totals(Described):
    """The amounts of a decision by direction, each amount counted once; null where none is known."""

    def json_schema(self) -> dict[str, Any]:
        amounts = {direction.value: {"type": ["string", "null"]} for direction in Direction}
        names = ["currency", *amounts]
        return {"type": "object", "properties": {"currency": {"type": "string"}, **amounts}, "required": names}

    def value_of(self, record: Any) -> Any:
        return record.currency, record.totals

    def wire(self, value: Any) -> object:
        currency, totals = value
        return {"currency": currency, **{each.value: amount_string(totals.get(each), currency) for each in Direction}}

    def place(self, values: dict[str, Any]) -> None:
        values["currency"], values["totals"] = values["totals"]

    def read(self, value: Any) -> tuple[str, dict[Direction, Decimal]]:
        if not isinstance(value, dict):
            refuse("not_an_object", f"{shown(value)} is not an object: send currency and an amount for each direction")
        currency = Currency("The currency.").read(value.get("currency"))
        amount = Money("The amount.", least=None)
        sent = {each: amount.deserialize(value.get(each.value)) for each in Direction}
        return currency, {each: number for each, number in sent.items() if number is not None}


class Links(Described):
    """Where to find the decision and the page of its deal."""

    def json_schema(self) -> dict[str, Any]:
        links = {"self": {"type": "string"}, "scorecard": {"type": "string"}}
        return {"type": "object", "properties": links, "required": ["self"]}

    def value_of(self, record: Any) -> Any:
        links = {"self": f"/v1/decisions/{quote(record.decision_id, safe='')}"}
        if record.subject.type is SubjectType.QUOTE:
            links["scorecard"] = f"/scorecards/quotes/{quote(record.subject.id, safe='')}"
        return links


class Milliseconds(Described):
    """A time that was measured; no money, so a JSON number."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": 0}

    def read(self, value: Any) -> float:
        if not isinstance(value, int | float | Decimal) or isinstance(value, bool):
            refuse("not_a_number", f"{shown(value)} is not a number")
        return float(value)


class DecisionSchema(Answer):
    """The answer to a document: whether it may go on, why not, and what clears it."""

    record: ClassVar[type] = Decision

    decision_id = word("The decision's id.")
    subject = Part(SubjectSchema, "What it is on.", required=True)
    verdict = Choice(
        Verdict, "allow: nothing stands in the way; flag: a person must look; block: change it.", required=True
    )
    headline = say("The decision in one sentence.")
    findings = many(Part(FindingSchema, "One finding."), "Every policy that does not hold.")
    totals = Totals("The money at risk by direction, each amount counted once.", required=True)
    risk = Part(RiskSchema, "The learned score, as far as there is one.", required=True)
    approval = Part(ApprovalNeedsSchema, "Who has to consent.", required=True)
    not_assessed = many(Part(NotAssessedSchema, "One policy."), "What could not be judged, and why.")
    policy_version = word("The digest of the policies in force.")
    evaluated_at = Moment("When it was made.", required=True)
    valid_until = Moment("Until when it holds; null is until something changes.", required=True, nullable=True)
    duration_ms = Milliseconds("How long it took.", required=True, nullable=True)
    simulated = Flag("Whether it rests on a company that is made up.", required=True)
    links = Links("Where to find it.", required=True, dump_only=True)
