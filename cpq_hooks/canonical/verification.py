"""The schemas of a verification: a billing configuration with what it is held against, and the decision on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cpq_hooks.canonical.answer import Answer
from cpq_hooks.canonical.billing import BillingConfigurationSchema
from cpq_hooks.canonical.decision import DecisionSchema, FirstDay, LastDay
from cpq_hooks.canonical.fields import Choice, Key, Text
from cpq_hooks.canonical.nesting import Items, Part
from cpq_hooks.canonical.numbers import Money, Number, Whole
from cpq_hooks.canonical.quote import AgreementSchema
from cpq_hooks.canonical.records import InvoiceSchema
from cpq_hooks.canonical.times import Day
from policies.domain.agreement import Agreement
from policies.domain.billing import BillingConfiguration
from policies.domain.invoice import Invoice
from policies.twin.decision import (
    AgreementSource,
    AssumedTerm,
    ComparedWith,
    FirstMonth,
    MatchedCharges,
    PartOfMonth,
    SetUpDecision,
    Span,
)
from policies.twin.model import MatchBasis

MOST_PREVIEWS = 1_000
_MOST_VERSIONS = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRequest:
    """A billing configuration to verify, with its agreement and billing's own previews where they were sent along."""

    configuration: BillingConfiguration
    agreement: Agreement | None = None
    previews: tuple[Invoice, ...] = ()


class VerifyRequestSchema(BillingConfigurationSchema):
    """A billing configuration to verify: its own fields, and beside them what it is held against."""

    record: ClassVar[type] = VerifyRequest
    inner = ("configuration", BillingConfigurationSchema)

    agreement = Part(
        AgreementSchema,
        "The agreement that it is to bill. Without it, the one that is stored under agreement_id or for quote_id.",
    )
    previews = Items(
        Part(InvoiceSchema, "One invoice as billing will make it."),
        "The invoices that the billing system says it will make.",
        most=MOST_PREVIEWS,
        noun="invoices",
    )


def _ids(what: str) -> Items:
    return Items(Key(f"A {what}'s id."), f"The {what}s, by id.", required=True)


def _names() -> Items:
    return Items(Text("A product's name.", longest=10_000_000), "What is billed, for a person.", required=True)


def _amount(description: str) -> Money:
    return Money(description, least=None, required=True, nullable=True)


class ComparedWithSchema(Answer):
    """Which agreement the configuration was held against."""

    record = ComparedWith

    agreement_id = Key("The agreement's id.", required=True)
    source = Choice(
        AgreementSource,
        "request: it was sent along; stored: it is stored; earlier_verification: the configuration was verified against it before; "
        "quote_decision: no signed agreement is known, and the quote as last decided stands in.",
        required=True,
    )
    quote_id = Key("The quote that it came from.", required=True, nullable=True)
    signed_on = Day("When it was signed.", required=True, nullable=True)
    version = Whole("The version of a stored agreement.", most=_MOST_VERSIONS, required=True, nullable=True)
    decision_id = Key("The decision whose request it was, where it came from one.", required=True, nullable=True)


class MatchedChargesSchema(Answer):
    """Lines of the agreement and the charges that bill them."""

    record = MatchedCharges

    line_ids = _ids("line")
    charge_ids = _ids("charge")
    product_names = _names()
    by = Choice(
        MatchBasis,
        "By what they were found to belong together; null where there is nothing on one side.",
        required=True,
        nullable=True,
    )
    confidence = Number("How sure that is, from 0 to 1.", most=1, required=True, nullable=True)


class PartOfMonthSchema(Answer):
    """What one match bills in one month."""

    record = PartOfMonth

    line_ids = _ids("line")
    charge_ids = _ids("charge")
    product_names = _names()
    agreement = _amount("What is invoiced by the agreement; null cannot be told.")
    billing = _amount("What is invoiced as it is set up; null cannot be told.")
    preview = _amount("What billing itself previews; null where no preview was sent.")
    at_use = Number("The use that was assumed; null where the amount does not depend on use.", required=True, nullable=True)  # fmt: skip


class FirstMonthSchema(Answer):
    """A calendar month, and what is invoiced in it on each side."""

    record = FirstMonth

    period_start = FirstDay("The first day of the month.", required=True)
    period_end = LastDay("The last day of the month.", required=True)
    agreement = _amount("What is invoiced by the agreement; null cannot be told.")
    billing = _amount("What is invoiced as it is set up; null cannot be told.")
    preview = _amount("What billing itself previews; null where no preview was sent.")
    difference = Money(
        "Agreement less billing, positive where too little will be billed.",
        least=None,
        required=True,
        nullable=True,
        dump_only=True,
    )
    parts = Items(Part(PartOfMonthSchema, "One match."), "The same, match by match.", required=True)


class AssumedTermSchema(Answer):
    """A term that is not stated and without which no bill can be made."""

    record = AssumedTerm

    charge_id = Key("The charge.", required=True)
    field = Key("The term.", required=True)
    value = Text("What was taken for it.", longest=10_000_000, required=True)
    taken_from = Text("From where.", longest=10_000_000, required=True)


class SpanSchema(Answer):
    """A stretch of days."""

    record = Span

    period_start = Day("Its first day.", required=True)
    period_end = Day("Its last day.", required=True)


class SetUpDecisionSchema(DecisionSchema):
    """The answer to a billing configuration: a decision, with the first months of both sides beside each other."""

    record: ClassVar[type] = SetUpDecision
    inner: ClassVar[Any] = ("decision", DecisionSchema)

    compared_with = Part(ComparedWithSchema, "Which agreement it was held against.", required=True)
    term = Part(SpanSchema, "The agreement's term; null where it is not stated.", required=True, nullable=True)
    renewal = Part(
        SpanSchema, "One renewed term, where the agreement renews by itself; else null.", required=True, nullable=True
    )
    first_months = Items(
        Part(FirstMonthSchema, "One month."),
        "What is invoiced in the first thirteen months, from the first in which either side bills.",
        required=True,
    )
    matches = Items(
        Part(MatchedChargesSchema, "One match."),
        "Every line and every charge once, with what it was matched to.",
        required=True,
    )
    assumed = Items(
        Part(AssumedTermSchema, "One term."), "What was taken for terms that are not stated.", required=True
    )
