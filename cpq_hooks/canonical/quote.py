"""The schemas of a quote and of an agreement, which is a quote that both sides signed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

from marshmallow import ValidationError

from cpq_hooks.canonical.fields import Choice, Country, Currency, Flag, Key, Statement, Text, TimeZone
from cpq_hooks.canonical.line import TERMS_RULES, LineSchema, ends_after_start
from cpq_hooks.canonical.nesting import Items, Part
from cpq_hooks.canonical.numbers import Amount, Percent, Whole
from cpq_hooks.canonical.record import Placed, Record, Rule, legible
from cpq_hooks.canonical.times import Day, Moment
from cpq_hooks.problem import Flaw, json_path, shown
from policies.domain.agreement import Agreement, Amendment
from policies.domain.charge import BillingFrequency, BillingTiming
from policies.domain.money import RoundingPolicy
from policies.domain.quote import Account, Approval, DealType, Quote, Renewal, Rep, SpecialTerm, Stage, StatedTotals

MOST_AMENDED: Final = 10_000
MOST_SPECIAL_TERMS: Final = 200
MOST_APPROVALS: Final = 200
MOST_AMENDMENTS: Final = 1_000
LONGEST_TERM_MONTHS: Final = 1_200


class AccountSchema(Record):
    """The customer."""

    record = Account

    account_id = Key("The customer's id in the sender's system.", required=True)
    name = Text("The customer's name.")
    segment = Key("The segment that prices and companions are looked up by, such as enterprise.")
    country = Country("The customer's country, ISO 3166-1 alpha-2.")
    time_zone = TimeZone("The time zone in which the customer's days begin and end, by its IANA name.")


class RepSchema(Record):
    """The person who sells."""

    record = Rep

    rep_id = Key("The seller's id in the sender's system.", required=True)
    name = Text("The seller's name.")
    role = Key("The seller's role, a key of the company's discount authority, such as ae.")
    team = Key("The seller's team.")


class RenewalSchema(Record):
    """What happens when the term ends."""

    record = Renewal

    auto_renew = Flag("Whether the contract renews unless somebody gives notice.")
    term_months = Whole("How long the renewed term is, in months.", least=1, most=LONGEST_TERM_MONTHS)
    uplift_percent = Percent("The rise of the price at renewal, in percent.", least=-100, most=1_000)
    cap_percent = Percent("The most that the price may rise at renewal, in percent.", most=1_000)
    notice_days = Whole("How many days before the end notice has to be given.", most=3_650)


class StatedTotalsSchema(Record):
    """The totals that the sender printed; they are checked, never trusted."""

    record = StatedTotals

    tcv = Amount("The total contract value as printed.")
    acv = Amount("The annual contract value as printed.")
    mrr = Amount("The monthly recurring revenue as printed.")
    one_time = Amount("The total of all one-time charges as printed.")


class ApprovalSchema(Record):
    """A person's consent to exactly the content whose hash it names."""

    record = Approval

    approver_id = Key("Who consented.", required=True)
    role = Key("In which role of the discount authority.")
    approved_at = Moment("When.", whole_days="start")
    content_hash = Key(
        "The content_hash of the decision that was consented to; without it the consent binds to nothing."
    )


class SpecialTermSchema(Record):
    """A clause in free text."""

    record = SpecialTerm

    text = Statement("What the clause says.", required=True)
    billing_effect = Flag("False where the deal desk has judged that the clause changes no invoice.")


class Clause(Part):
    """A special term, as an object or as its text alone."""

    compiles = False

    def __init__(self) -> None:
        super().__init__(SpecialTermSchema, "A clause: an object, or its text alone.")

    def read(self, value: Any) -> Any:
        if not isinstance(value, str):
            return super().read(value)
        try:
            return super().read({"text": value})
        except ValidationError as error:
            raise ValidationError(error.messages["text"]) from None  # type: ignore[call-overload]


class Clauses(Items):
    """The clauses of a document, some of them as plain text."""

    def json_schema(self) -> dict[str, Any]:
        return {**super().json_schema(), "examples": [["Price locked for three years."]]}


def _ids_are_unique(quote: Any) -> Iterator[Placed]:
    yield from twice(quote.lines, "lines", "line_id")


def twice(records: Sequence[Any], name: str, key: str) -> Iterator[Placed]:
    """Records of a list whose id another one before them has."""
    first: dict[str, int] = {}
    for position, each in enumerate(records):
        found = legible(each, key)
        if found is None:
            continue
        if found in first:
            where = json_path((name, first[found]))[2:]
            message = f"{shown(found)} is the {key} of {where} as well: give each its own"
            yield (name, position, key), Flaw("duplicate", message)
        else:
            first[found] = position


def _parents_exist(quote: Any) -> Iterator[Placed]:
    """Every parent is a line of the document, and no line is, by way of its parents, its own."""
    parents = {legible(line, "line_id"): legible(line, "parent_line_id") for line in quote.lines}
    if not any(parents.values()):
        return
    settled: set[str] = set()
    for position, line in enumerate(quote.lines):
        parent = legible(line, "parent_line_id")
        if parent is None:
            continue
        path = ("lines", position, "parent_line_id")
        if parent not in parents:
            yield path, Flaw("orphan", f"there is no line {shown(parent)} that this line could belong to")
            continue
        line_id = legible(line, "line_id")
        if line_id is not None and _leads_back(line_id, parents, settled):
            yield path, Flaw("cycle", f"the parents of line {shown(line_id)} lead back to itself")


def _leads_back(line_id: str, parents: dict[Any, Any], settled: set[str]) -> bool:
    """Whether the line is its own ancestor. Lines known to end at a root are remembered, so that all take linear time."""
    way: dict[str, None] = {}
    at: Any = line_id
    while at is not None and at in parents and at not in settled:
        if at in way:
            return bool(at == line_id)
        way[at] = None
        at = parents[at]
    settled.update(way)
    return False


class QuoteSchema(Record):
    """An offer: who offers what to whom, for how long and on which terms."""

    record: ClassVar[type] = Quote
    states_currency = True

    quote_id = Key("The quote's id in the sender's system.", required=True)
    revision = Key("Which version of the quote this is.")
    source = Key("The system that sent it, such as salesforce.")
    stage = Choice(Stage, "Where the quote stands on its way to the customer.")
    opportunity_id = Key("The opportunity that the quote belongs to.")
    deal_type = Choice(DealType, "What the quote does to the customer's contract.")
    account = Part(AccountSchema, "The customer.")
    rep = Part(RepSchema, "The person who sells.")
    currency = Currency("The currency of every price and amount in the document, ISO 4217.", required=True)
    price_book = Key("The price book of the catalog that list prices are taken from.")
    created_at = Moment("When the document was made; a date is the start of that day.", whole_days="start")
    valid_until = Moment("How long the offer stands; a date is the end of that day.", whole_days="end")
    start_date = Day("The first day of the term.")
    end_date = Day("The last day of the term.")
    billing_start_date = Day("The first day that is billed, where that is not the start of the term.")
    term_months = Whole("How long the term is, in months.", least=1, most=LONGEST_TERM_MONTHS)
    billing_frequency = Choice(BillingFrequency, "How often an invoice is made.")
    billing_timing = Choice(BillingTiming, "Whether a period is invoiced at its start or after its end.")
    payment_terms_days = Whole("Within how many days an invoice is to be paid.", most=3_650)
    rounding = Choice(
        RoundingPolicy,
        "Whether each invoice is rounded by itself (round_then_sum, the default) or what rounding leaves is carried on "
        "(sum_then_round).",
    )
    renewal = Part(RenewalSchema, "What happens when the term ends.")
    termination_for_convenience = Flag("Whether the customer may end the contract early without a reason.")
    special_terms = Clauses(
        Clause(), "Clauses in free text, each an object or its text.", most=MOST_SPECIAL_TERMS, noun="clauses"
    )
    stated_totals = Part(StatedTotalsSchema, "The totals that the sender printed.")
    approvals = Items(
        Part(ApprovalSchema, "A consent that was given."),
        "Consents that were given, each to one content.",
        most=MOST_APPROVALS,
        noun="approvals",
    )
    lines = Items(
        Part(LineSchema, "One line of the document."),
        "What is sold, line by line.",
        required=True,
        least=1,
        noun="lines",
    )

    conditions: ClassVar[tuple[Rule, ...]] = (
        Rule(("lines",), _ids_are_unique),
        Rule(("lines",), _parents_exist),
        ends_after_start("start_date", "end_date"),
    )


class AmendedLineSchema(LineSchema):
    """A line as an amendment sets it; a quantity of zero ends what is sold."""

    conditions: ClassVar[tuple[Rule, ...]] = TERMS_RULES


class AmendmentSchema(Record):
    """A dated change of an agreement."""

    record = Amendment

    amendment_id = Key("The amendment's id.", required=True)
    effective_date = Day("The first day on which the change counts.", required=True)
    signed_on = Day("When it was signed.")
    lines = Items(
        Part(AmendedLineSchema, "A line as it stands from then on."),
        "Lines that replace those with the same id or are added.",
        most=MOST_AMENDED,
        noun="lines",
    )
    removed_line_ids = Items(Key("The id of a line that ends."), "Lines that end.", most=MOST_AMENDED, noun="ids")
    end_date = Day("The new last day of the term.")

    conditions = (Rule(("lines",), _ids_are_unique), ends_after_start("effective_date", "end_date"))


def _amendments_are_unique(agreement: Any) -> Iterator[Placed]:
    yield from twice(agreement.amendments, "amendments", "amendment_id")


def _removed_lines_exist(agreement: Any) -> Iterator[Placed]:
    known = {legible(line, "line_id") for line in agreement.lines}
    known |= {legible(line, "line_id") for each in agreement.amendments for line in legible(each, "lines") or ()}
    for position, amendment in enumerate(agreement.amendments):
        for at, line_id in enumerate(legible(amendment, "removed_line_ids") or ()):
            if isinstance(line_id, str) and line_id not in known:
                path = ("amendments", position, "removed_line_ids", at)
                yield path, Flaw("orphan", f"there is no line {shown(line_id)} that could end")


class AgreementSchema(QuoteSchema):
    """A signed contract or accepted quote: the quote's fields as signed, and the amendments that changed it."""

    record = Agreement
    inner = ("terms", QuoteSchema)
    stand_ins = {"quote_id": "agreement_id"}  # noqa: RUF012 - marshmallow's metaclass reads it, nobody writes it

    agreement_id = Key("The agreement's id in the sender's system.", required=True)
    quote_id = Key("The quote that the agreement came from.")
    signed_on = Day("When it was signed.")
    amendments = Items(
        Part(AmendmentSchema, "A dated change."),
        "What was changed since, in any order.",
        most=MOST_AMENDMENTS,
        noun="amendments",
    )

    conditions: ClassVar[tuple[Rule, ...]] = (
        *QuoteSchema.conditions,
        Rule(("amendments",), _amendments_are_unique),
        Rule(("amendments", "lines"), _removed_lines_exist),
    )
