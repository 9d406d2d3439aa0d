"""The shapes that the API answers with, beside those of `cpq_hooks.canonical` that it takes; the API's document is made of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import Schema, fields

from app.errors import KINDS
from cpq_hooks.canonical import SCHEMAS as CANONICAL
from cpq_hooks.canonical.decision import DecisionSchema, SubjectSchema
from policies.domain.decision import Verdict
from policies.domain.finding import Effect
from policies.holding import HoldEvent, HoldState


def _text(about: str, *, null: bool = False, **more: Any) -> fields.String:
    return fields.String(required=True, allow_none=null, metadata={"description": about, **more})


def _choice(about: str, words: Any) -> fields.String:
    return _text(about, enum=[str(word) for word in words])


def _moment(about: str) -> fields.String:
    return _text(about, format="date-time")


def _whole(about: str) -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": about, "minimum": 0})


def _flag(about: str) -> fields.Boolean:
    return fields.Boolean(required=True, metadata={"description": about})


def _part(schema: type[Schema], about: str, *, null: bool = False) -> fields.Nested:
    return fields.Nested(schema, required=True, allow_none=null, metadata={"description": about})


def _parts(schema: type[Schema], about: str) -> fields.List[Any]:
    return fields.List(fields.Nested(schema), required=True, metadata={"description": about})


class ErrorSchema(Schema):
    """One thing that is wrong."""

    path = _text(
        "Where it is: a JSON path into the body such as `$.lines[1].net_unit_price`, `query.NAME` or `header.NAME`."
    )
    message = _text("What is wrong, and what to do about it.")
    code = _text("A stable word for it, for programs.")
    line = fields.Integer(metadata={"description": "The line of a JSON Lines body, from 1."})


class ProblemSchema(Schema):
    """A problem document, as RFC 9457 has it."""

    type = _text("Which problem it is: an address on the API's page.", enum=[kind.address for kind in KINDS])
    title = _text("The problem in a few words; the same for every occurrence.")
    status = fields.Integer(required=True, metadata={"description": "The HTTP status.", "minimum": 400, "maximum": 599})
    detail = _text("What is the matter this time.")
    request_id = _text("The id of the request, as in the X-Request-ID header and in the log.")
    instance = fields.String(metadata={"description": "Where the refused request can be looked up, if it was kept."})
    refused_id = fields.String(metadata={"description": "The id under which the refused request is kept."})
    errors = fields.List(fields.Nested(ErrorSchema), metadata={"description": "Everything that is wrong, all at once."})
    length = fields.Integer(metadata={"description": "How many bytes a body beyond the limit had."})
    digest = fields.String(
        metadata={"description": "The SHA-256 digest of a body beyond the limit, if it was read to its end."}
    )


class AtRiskSchema(Schema):
    """The money at risk, each amount counted once."""

    currency = _text("ISO 4217.")
    under = _text("What could go unbilled; null where it could not be assessed.", null=True)
    over = _text(
        "What could be billed too much; never netted with the other. Null where it could not be assessed.", null=True
    )


class SelfLinkSchema(Schema):
    """Where to find it."""

    self = _text("The decision's own address.")


class DecisionSummarySchema(Schema):
    """A decision as lists show it."""

    decision_id = _text("The decision's id.")
    evaluated_at = _moment("When it was made.")
    subject = _part(SubjectSchema, "What it is on.")
    verdict = _choice("allow, flag or block.", Verdict)
    headline = _text("The decision in one sentence.")
    at_risk = _part(AtRiskSchema, "The money at risk.")
    source = _text("The system that sent the document.", null=True)
    account_id = _text("The customer.", null=True)
    rep_id = _text("Who sells.", null=True)
    key_id = _text("The API key that asked; null where the command line did.", null=True)
    policy_version = _text("The digest of the policies in force.")
    model_version = _text("The model that scored it, if one did.", null=True)
    simulated = _flag("Whether the document is simulated.")
    links = _part(SelfLinkSchema, "Where to find it.")


class NextLinkSchema(Schema):
    """Where to go on."""

    next = _text("The address of the next page; null on the last.", null=True)


class DecisionPageSchema(Schema):
    """Some decisions, newest first."""

    decisions = _parts(DecisionSummarySchema, "The decisions of this page.")
    next_page = _text("The token of the next page; null on the last.", null=True)
    links = _part(NextLinkSchema, "Where to go on.")


class ShortFindingSchema(Schema):
    """A finding in a few words."""

    policy_id = _text("The policy that does not hold.")
    pattern = _text("The leakage pattern.")
    effect = _text("block, flag or shadow.")
    line_ids = fields.List(fields.String(), required=True, metadata={"description": "The lines that it is on."})
    message = _text("What is wrong.")


class DifferenceSchema(Schema):
    """What changed from one decision to the next."""

    appeared = _parts(ShortFindingSchema, "Findings that were not there before.")
    cleared = _parts(ShortFindingSchema, "Findings that are gone.")


class QuoteScorecardSchema(Schema):
    """How a deal stands, and how it came there."""

    quote_id = _text("The quote.")
    decision = _part(DecisionSchema, "The newest decision.")
    history = _parts(DecisionSummarySchema, "Every decision on the quote, newest first.")
    since_previous = _part(DifferenceSchema, "What changed since the decision before; null for the first.", null=True)


class WatchPageSchema(Schema):
    """What is about to leak from some of the stored agreements."""

    as_of = _text("The day that was looked from.", format="date")
    agreements = _parts(CANONICAL["Watched"], "The agreements of which there is something to say.")
    next_page = _text("Where to go on; null on the last page.", null=True)
    links = _part(NextLinkSchema, "Where to go on.")


class HoldReasonSchema(Schema):
    """One finding that stands in the way."""

    finding_id = _text("The finding.")
    policy_id = _text("The policy that does not hold.")
    message = _text("What is wrong.")


class DecisionLinkSchema(Schema):
    """Where to find what it rests on."""

    decision = _text("The address of the decision.")


class HoldSchema(Schema):
    """How a billing configuration stands at the first-invoice gate."""

    billing_configuration_id = _text("The billing configuration.")
    revision = _text("Its revision, as its sender counts.", null=True)
    agreement_id = _text("The agreement that it bills.", null=True)
    account_id = _text("The customer.", null=True)
    state = _choice("none: never held; held; escalated: held with the first invoice near; released.", HoldState)
    since = _moment("When this state began.")
    held_since = _text("When it was first held without a release since.", null=True, format="date-time")
    first_invoice_date = _text("The day of the first invoice, where it is known.", null=True, format="date")
    overdue = _flag("Whether that day passed while it was held.")
    decision_id = _text("The newest decision on it.")
    reasons = _parts(HoldReasonSchema, "What stands in the way.")
    at_risk = _part(AtRiskSchema, "The money at risk by that decision.")
    released_by = _text("Who let it go: `recheck`, or whoever waived.", null=True)
    released_why = _text("Why it was let go.", null=True)
    simulated = _flag("Whether the document is simulated.")
    links = _part(DecisionLinkSchema, "Where to find the decision.")


class HoldEntrySchema(Schema):
    """One thing that happened to a hold."""

    number = _whole("Its number, from 1.")
    event = _choice("held, kept (held for other reasons), escalated, overdue or released.", HoldEvent)
    state = _choice("The state from then on.", HoldState)
    at = _moment("When it happened.")
    decision_id = _text("The newest decision at the time.")
    first_invoice_date = _text("The day of the first invoice, as known then.", null=True, format="date")
    reasons = _parts(HoldReasonSchema, "What stood in the way.")
    released_by = _text("Who let it go.", null=True)
    released_why = _text("Why.", null=True)
    sent_at = _text("When the billing system was told; null is not yet.", null=True, format="date-time")


class HoldWithHistorySchema(HoldSchema):
    """How a billing configuration stands at the first-invoice gate, and what happened to it."""

    history = _parts(HoldEntrySchema, "What happened, in order.")


class HoldPageSchema(Schema):
    """Some holds, the nearest first invoice first."""

    holds = _parts(HoldSchema, "The holds of this page.")
    next_page = _text("The token of the next page; null on the last.", null=True)
    links = _part(NextLinkSchema, "Where to go on.")


class RefusedRequestSchema(Schema):
    """A request that was refused, as it came."""

    refused_id = _text("Its id.")
    received_at = _moment("When it came.")
    route = _text("Method and path.")
    status = fields.Integer(required=True, metadata={"description": "The HTTP status it got."})
    problem = _part(ProblemSchema, "The problem document it got.")
    key_id = _text("The API key that sent it; null where there was no valid one.", null=True)
    content_type = _text("Its Content-Type.", null=True)
    length = _whole("How many bytes it had.")
    is_cut = _flag("Whether only the beginning is kept.")
    body_digest = _text("The SHA-256 digest of what is kept.")
    body = _text("The body, where it is UTF-8 text.", null=True)
    body_base64 = _text("The body, where it is not.", null=True)


class HealthSchema(Schema):
    """Whether the program runs."""

    status = _choice("Always ok: a process that is not does not answer.", ["ok"])
    version = _text("Which version runs.")


class ReadinessSchema(Schema):
    """Whether requests should be sent here."""

    status = _choice("Always ready; otherwise the answer is a problem.", ["ready"])
    policy_version = _text("The digest of the policies in force.")


class PolicySchema(Schema):
    """A policy in short."""

    policy_id = _text("Its id, as findings name it.")
    pattern = _text("The leakage pattern that it looks for.")
    title = _text("What it is about.")
    description = _text("More about it; may be empty.")
    applies_to = _text("The kind of document that it judges.")
    effect = _choice("What a violation does; shadow is recorded and never enforced.", Effect)
    when_undetermined = _text("What a missing fact means.")
    owner = _text("Who looks after the policy.", null=True)
    approver = _text("Who may consent to a violation.", null=True)
    effective_from = _text("Its first day.", null=True, format="date")
    effective_to = _text("Its last day.", null=True, format="date")
    in_force = _flag("Whether it is in force today.")


class PolicyListSchema(Schema):
    """The policies that judge now."""

    policy_version = _text("The digest of their content.")
    policies = _parts(PolicySchema, "The policies by id.")


class UncheckedLinksSchema(Schema):
    """Where to find it."""

    self = fields.String(metadata={"description": "Where the decision will be; absent for a preview."})


class UncheckedSchema(Schema):
    """The answer to a document that could not be judged in the caller's time."""

    decision_id = _text("The id that the decision will have.")
    checked = _flag("Always false.")
    verdict = _choice("What to do meanwhile.", Verdict)
    fail_mode = _text("open: work may go on; hold: it waits for the decision.")
    headline = _text("The same in a sentence.")
    links = _part(UncheckedLinksSchema, "Where to find it.")


class StoredSchema(Schema):
    """What became of the records that were sent."""

    created = _whole("How many were new.")
    changed = _whole("How many are a further version of what was there.")
    unchanged = _whole("How many were there already, with the same content.")
    refused = _whole("How many lines of JSON Lines could not be taken.")
    refused_id = _text("Where those lines are kept.", null=True)
    errors = _parts(ErrorSchema, "What is wrong with them.")


SCHEMAS: Final[Mapping[str, type[Schema]]] = {
    "Quote": CANONICAL["Quote"],
    "Decision": CANONICAL["Decision"],
    "DecisionPage": DecisionPageSchema,
    "QuoteScorecard": QuoteScorecardSchema,
    "Agreement": CANONICAL["Agreement"],
    "UsageRecord": CANONICAL["UsageRecord"],
    "Invoice": CANONICAL["Invoice"],
    "Outcome": CANONICAL["Outcome"],
    "Review": CANONICAL["Review"],
    "VerifyRequest": CANONICAL["VerifyRequest"],
    "SetUpDecision": CANONICAL["SetUpDecision"],
    "AuditRequest": CANONICAL["AuditRequest"],
    "AuditReport": CANONICAL["AuditReport"],
    "WatchPage": WatchPageSchema,
    "HoldPage": HoldPageSchema,
    "HoldWithHistory": HoldWithHistorySchema,
    "Unchecked": UncheckedSchema,
    "Stored": StoredSchema,
    "RefusedRequest": RefusedRequestSchema,
    "PolicyList": PolicyListSchema,
    "Health": HealthSchema,
    "Readiness": ReadinessSchema,
    "Problem": ProblemSchema,
}
"""The shapes that routes name, by the names that the document gives them."""
