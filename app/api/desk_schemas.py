"""The shapes of the deal desk's answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import Schema, fields

from app.api.schemas import AtRiskSchema, NextLinkSchema
from policies.domain.decision import Verdict
from policies.domain.desk import CaseState, StepState
from policies.domain.outcome import SubjectType
from policies.domain.review import ReviewAction


def _text(about: str, *, null: bool = False, **more: Any) -> fields.String:
    return fields.String(required=True, allow_none=null, metadata={"description": about, **more})


def _choice(about: str, words: Any) -> fields.String:
    return _text(about, enum=[str(word) for word in words])


def _moment(about: str, *, null: bool = False) -> fields.String:
    return _text(about, null=null, format="date-time")


def _whole(about: str) -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": about, "minimum": 0})


def _texts(about: str) -> fields.List[Any]:
    return fields.List(fields.String(), required=True, metadata={"description": about})


def _parts(schema: type[Schema], about: str) -> fields.List[Any]:
    return fields.List(fields.Nested(schema), required=True, metadata={"description": about})


def _part(schema: type[Schema], about: str, *, null: bool = False) -> fields.Nested:
    return fields.Nested(schema, required=True, allow_none=null, metadata={"description": about})


class CaseSubjectSchema(Schema):
    """A document."""

    type = _choice("The kind of document.", SubjectType)
    id = _text("Its own id.")


class CaseLinksSchema(Schema):
    """Where to find what it rests on."""

    decision = _text("The address of the decision.")
    scorecard = _text("The page; null where there is none.", null=True)


class CompanyMoneySchema(Schema):
    """Money in the company's own currency."""

    currency = _text("ISO 4217.")
    amount = _text("How much.")


class CaseSchema(Schema):
    """A deal that waits for somebody, or did."""

    subject = _part(CaseSubjectSchema, "The document.")
    state = _choice("How it stands.", CaseState)
    version = _whole("Counts its changes; a review may name the one that was looked at.")
    decision_id = _text("The newest decision.")
    content_hash = _text("The digest of the content that it is on.")
    revision = _text("The document's revision.", null=True)
    verdict = _choice("allow, flag or block, as the policies have it.", Verdict)
    headline = _text("The decision in one sentence.")
    at_risk = _part(AtRiskSchema, "The money at risk.")
    at_risk_in_company_currency = _part(
        CompanyMoneySchema,
        "The larger of the two, to compare deals by; null where it or the rate is not known.",
        null=True,
    )
    expected_leakage = _text("What is expected to leak, by the model; in the deal's currency.", null=True)
    score = _text("The model's score.", null=True)
    tier = _text("Its tier.", null=True)
    root_cause = _text("The policy that is the first in the way.", null=True)
    rep_id = _text("Who sells.", null=True)
    rep_name = _text("Their name.", null=True)
    account_id = _text("The customer.", null=True)
    account_name = _text("Their name.", null=True)
    source = _text("The system that sent it.", null=True)
    stage = _text("Where the quote stands.", null=True)
    assignee = _text("Who looks after it.", null=True)
    waits_for = _texts("The roles whose consent is asked for now.")
    simulated = fields.Boolean(required=True, metadata={"description": "Whether the document is simulated."})
    opened_at = _moment("Since when it waits.")
    changed_at = _moment("When it changed last.")
    due_at = _moment("When the desk has to have answered.", null=True)
    deadline = _moment("When the quote runs out, or the first invoice goes out.", null=True)
    links = _part(CaseLinksSchema, "Where to find it.")


class QueueSchema(Schema):
    """Some cases, the most urgent first."""

    cases = _parts(CaseSchema, "The cases of this page.")
    counts = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "How many there are in each state, by the same filters."},
    )
    next_page = _text("The token of the next page; null on the last.", null=True)
    links = _part(NextLinkSchema, "Where to go on.")


class StepSchema(Schema):
    """One consent that is needed."""

    role = _text("Whose.")
    chain = _text("The chain that asks for it; null is none.", null=True)
    stage = _whole("Its place in the chain, from 1.")
    state = _choice("waiting: others come first; ready: asked; approved: given.", StepState)
    due_at = _moment("By when.", null=True)
    given_by = _text("Who gave it.", null=True)
    given_at = _moment("When.", null=True)


class ReviewerSchema(Schema):
    """Who reviewed."""

    id = _text("The person, or `key:` and the API key.")
    name = _text("Their name, as it was then.")
    on_behalf_of = _text("For whom, where it was delegated.", null=True)


class KeptReviewSchema(Schema):
    """A review as it is on record."""

    review_id = _text("Its id.")
    decision_id = _text("The decision.")
    content_hash = _text("The content that it is bound to.")
    action = _choice("What was done.", ReviewAction)
    reason_code = _text("The reason in a word.", null=True)
    reason = _text("The reason.")
    finding_ids = _texts("The findings that were named; none is all.")
    policies = _texts("The policies that it is about.")
    expires_on = _text("For a waiver, its last day.", null=True, format="date")
    reviewer = _part(ReviewerSchema, "Who.")
    roles = _texts("The roles in which they consented.")
    reviewed_at = _moment("When.")
    state = _choice("How the case stood afterwards.", CaseState)


class ReviewedSchema(Schema):
    """What came of a review."""

    review = _part(KeptReviewSchema, "The review as it is on record.")
    is_new = fields.Boolean(
        required=True, metadata={"description": "False where the same was said before, which is then this one."}
    )
    case = _part(CaseSchema, "The case from now on.")
    steps = _parts(StepSchema, "Whose consent it takes.")


class ReviewListSchema(Schema):
    """The reviews of a decision, and whose consent it takes."""

    decision_id = _text("The decision.")
    reviews = _parts(KeptReviewSchema, "The reviews of the document's content, the oldest first.")
    steps = _parts(StepSchema, "Whose consent it takes, as it stands; for what nobody waits for, as it would be.")


class AssignSchema(Schema):
    """Who is to look after which cases."""

    subjects = _parts(CaseSubjectSchema, "The documents, at most 200.")
    assignee = _text("Who; null is nobody.", null=True)


class AssignedSchema(Schema):
    """The cases that changed hands."""

    changed = _parts(CaseSchema, "Those that did.")


DESK_SCHEMAS: Final[Mapping[str, type[Schema]]] = {
    "Queue": QueueSchema,
    "Reviewed": ReviewedSchema,
    "ReviewList": ReviewListSchema,
    "Assign": AssignSchema,
    "Assigned": AssignedSchema,
}
