"""The schema of a line: what is sold, and on what terms it is priced and billed.

Refused here is what cannot be read as terms at all: tiers that do not ascend, an open tier in the middle, a line without
any price. What can be read but is likely wrong stays for the policies to report with its money: a last tier that is not
open, a negative tier price, a price that rises with volume, gaps in a ramp.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar, Final

from cpq_hooks.canonical.fields import Choice, Flag, Key, Text
from cpq_hooks.canonical.nesting import Items, Part
from cpq_hooks.canonical.numbers import Amount, Number, Percent, Whole
from cpq_hooks.canonical.record import Placed, Record, Rule
from cpq_hooks.canonical.times import Day
from cpq_hooks.problem import Flaw
from policies.domain.charge import (
    BillingFrequency,
    BillingTiming,
    ChargeModel,
    ChargeType,
    Discount,
    Drawdown,
    Line,
    MinimumCommitment,
    Package,
    PackageRounding,
    Percentage,
    PricePeriod,
    QuantityBasis,
    RampSegment,
    Tier,
    UpliftAt,
    UpliftMethod,
)
from policies.domain.tiers import as_bounds

MOST_TIERS: Final = 1_000
MOST_SEGMENTS: Final = 600
MOST_DISCOUNTS: Final = 100
LONGEST_TERM_YEARS: Final = 100
UNLIMITED: Final = "unlimited"


def ends_after_start(first: str, last: str) -> Rule:
    """The rule that the day `last` does not come before the day `first`, nor a hundred years after it."""

    def check(record: Any) -> Sequence[Placed]:
        start, end = getattr(record, first), getattr(record, last)
        if end < start:
            message = f"{last} {end} is before {first} {start}; an end date is the last day"
            return (((last,), Flaw("ends_before_start", message)),)
        if end.year - start.year > LONGEST_TERM_YEARS:
            message = f"{last} {end} is more than {LONGEST_TERM_YEARS} years after {first} {start}"
            return (((last,), Flaw("term_too_long", message)),)
        return ()

    in_order = f"x_{first} <= x_{last} and x_{last}.year - x_{first}.year <= {LONGEST_TERM_YEARS}"
    return Rule((first, last), check, holds=in_order)


class Bound(Number):
    """The last quantity of a tier under its other name."""

    def placing(self) -> Sequence[str]:
        return ("{r}.up_to = x",)

    def place(self, values: dict[str, Any]) -> None:
        bound = values.pop("to")
        if bound is not None:
            values["up_to"] = bound


class TierSchema(Record):
    """One step of a tier table. It begins where the one before it ends; `from` may say so as well."""

    record = Tier

    starts_at = Number(
        "Where the tier begins: the bound before it, or one whole unit above; anything else is reported as a defect.",
        data_key="from",
    )
    up_to = Number("The last quantity that belongs to the tier; null for the open last tier.", above=0)
    to = Bound("In place of up_to: the same.", above=0, load_only=True)
    unit_price = Number("The price of each unit in the tier; a negative one is reported as a defect.", least=None)
    flat_fee = Amount("The fee for the tier as such, due once it is entered.", least=None)

    @staticmethod
    def _priced(tier: Any) -> Sequence[Placed]:
        if tier.unit_price is None and tier.flat_fee is None:
            return (((), Flaw("no_price", "the tier has neither unit_price nor flat_fee: send at least one")),)
        return ()

    @staticmethod
    def _one_bound(_: Any) -> Sequence[Placed]:
        return ((("to",), Flaw("conflict", "up_to and to are the same bound: send one of them")),)

    conditions = (Rule((), _priced), Rule(("up_to", "to"), _one_bound))


class TierTable(Items):
    """The tiers of a line, from which starts that the bounds imply are left out, so that equal tables are equal."""

    def placing(self) -> Sequence[str]:
        return ("{r}.tiers = as_bounds(x)",)

    def source_names(self) -> Mapping[str, object]:
        return {**super().source_names(), "as_bounds": as_bounds}

    def place(self, values: dict[str, Any]) -> None:
        if values["tiers"]:
            values["tiers"] = as_bounds(values["tiers"])


class PackageSchema(Record):
    """Blocks of units that are sold whole."""

    record = Package

    size = Number("How many units one block holds.", above=0, required=True)
    rounding = Choice(PackageRounding, "Whether a started block is charged (up, the default) or forgiven (down).")


class PercentageSchema(Record):
    """A charge that is a share of an amount of money."""

    record = Percentage

    rate_percent = Percent("The share that is charged, in percent.", required=True)
    fixed_amount = Amount("An amount that is added to each charge.")
    minimum = Amount("The least that one charge comes to.")
    maximum = Amount("The most that one charge comes to.")
    free_amount = Amount("The amount up to which nothing is charged.")


class DiscountSchema(Record):
    """A reduction of the list price that the net unit price already contains."""

    record = Discount

    kind = Key(
        "What the discount is called, such as volume, promo or partner; a promotion of the catalog has this name."
    )
    percent = Percent("The reduction in percent of the list price.")
    amount = Number("The reduction per unit and price period, in the document's currency.")
    starts_on = Day("The first day of the discount; the line's start where it is not given.")
    ends_on = Day("The last day of the discount.")
    periods = Whole("After how many billing periods the discount ends.", least=1, most=1_200)

    @staticmethod
    def _one_size(discount: Any) -> Sequence[Placed]:
        if (discount.percent is None) == (discount.amount is None):
            return (
                ((), Flaw("percent_or_amount", "a discount has either percent or amount: send exactly one of them")),
            )
        return ()

    @staticmethod
    def _one_end(_: Any) -> Sequence[Placed]:
        message = "the discount ends either on a day or after periods: send ends_on or periods, not both"
        return ((("periods",), Flaw("conflict", message)),)

    conditions = (Rule((), _one_size), Rule(("ends_on", "periods"), _one_end), ends_after_start("starts_on", "ends_on"))


class MinimumCommitmentSchema(Record):
    """An amount that is owed at least, period by period."""

    record = MinimumCommitment

    amount = Amount("What is owed at least in each commitment period.", required=True)
    period = Choice(PricePeriod, "How long one commitment period lasts.")
    true_up = Flag("Whether a shortfall is billed at the end of the commitment period.")


class DrawdownSchema(Record):
    """Prepaid credit that usage burns."""

    record = Drawdown

    credit_amount = Amount("The credit that was bought.", above=0, required=True)
    expires_on = Day("The last day on which the credit can be used.")


class RampSegmentSchema(Record):
    """A dated step of a ramp; what it does not state is taken from the line."""

    record = RampSegment

    start_date = Day("The first day of the step.", required=True)
    end_date = Day("The last day of the step.")
    quantity = Number("The quantity during the step.")
    net_unit_price = Number("The net unit price during the step.")

    conditions = (ends_after_start("start_date", "end_date"),)


class Allowance(Number):
    """A quantity, or the word "unlimited", which is a quantity of its own kind and never a number."""

    def json_schema(self) -> dict[str, Any]:
        number = super().json_schema()
        return {**number, "pattern": f"{number['pattern']}|^{UNLIMITED}$", "examples": ["10000", UNLIMITED]}

    def placing(self) -> Sequence[str]:
        return (
            "if x == 'unlimited': {r}.included_unlimited, {r}.included_quantity = True, None",
            "else: {r}.included_quantity = x",
        )

    def place(self, values: dict[str, Any]) -> None:
        if values["included_quantity"] == UNLIMITED:
            values.update(included_quantity=None, included_unlimited=True)

    def value_of(self, record: Any) -> Any:
        return UNLIMITED if record.included_unlimited else record.included_quantity

    def wire(self, value: Any) -> object:
        return value if value == UNLIMITED else super().wire(value)

    def read(self, value: Any) -> Any:
        return value if value == UNLIMITED else super().read(value)


class PlainDiscount(Percent):
    """One discount without dates, by its percentage alone."""

    def placing(self) -> Sequence[str]:
        return ("if {r}.discounts: raise NotPlain", "{r}.discounts = plain_discount(x)")

    def source_names(self) -> Mapping[str, object]:
        return {**super().source_names(), "plain_discount": plain_discount}

    def place(self, values: dict[str, Any]) -> None:
        percent: Decimal | None = values.pop("discount_percent")
        if percent is not None:
            values["discounts"] = plain_discount(percent)


@lru_cache(maxsize=1024)
def plain_discount(percent: Decimal) -> tuple[Discount, ...]:
    """One discount without dates. Deals share few percentages, and a discount never changes, so they share these."""
    return (Discount(percent=percent),)


def _priced(line: Any) -> Sequence[Placed]:
    if line.net_unit_price is None and not line.tiers and line.package is None and line.percentage is None:
        message = "the line has no price: send net_unit_price, tiers, package or percentage"
        return (((), Flaw("no_price", message)),)
    return ()


def _quantity_sold(line: Any) -> Sequence[Placed]:
    if line.quantity or line.charge_type in {ChargeType.USAGE, None}:
        return ()
    message = f"the quantity of a {line.charge_type} line is zero: send what is sold, or leave the line out"
    return ((("quantity",), Flaw("zero_quantity", message)),)


def _discount_said_once(_: Any) -> Sequence[Placed]:
    return ((("discount_percent",), Flaw("conflict", "send discounts or discount_percent, not both")),)


def _tiers_ascend(line: Any) -> Iterator[Placed]:
    before: Decimal | None = None
    for position, tier in enumerate(line.tiers):
        path = ("tiers", position, "up_to")
        bound = tier.up_to
        if bound is None and position < len(line.tiers) - 1:
            yield path, Flaw("open_tier", "only the last tier can be open: send up_to, or remove the tiers after it")
        elif bound is not None and before is not None and bound <= before:
            width = "is the same as" if bound == before else "is below"
            message = f"up_to {bound:f} {width} the tier before it ({before:f}): tiers ascend, and none is empty"
            yield path, Flaw("tier_order", message)
        before = before if bound is None else bound


def _limits_meet(line: Any) -> Sequence[Placed]:
    if line.maximum_amount >= line.minimum_amount:
        return ()
    message = f"maximum_amount {line.maximum_amount:f} is below minimum_amount {line.minimum_amount:f}"
    return ((("maximum_amount",), Flaw("conflict", message)),)


TERMS_RULES: Final = (
    Rule((), _priced, holds="x_net_unit_price is not None"),
    Rule(("tiers",), _tiers_ascend),
    Rule(("discounts", "discount_percent"), _discount_said_once),
    ends_after_start("start_date", "end_date"),
)
"""What holds of the terms of any charge, quoted or set up in billing."""


class LineSchema(Record):
    """One line: a charge with its price, quantity, period and terms."""

    record: ClassVar[type] = Line

    line_id = Key("The line's id, unique in its document.", required=True)
    product_id = Key("The product, as the catalog names it.", required=True)
    product_name = Text("The product's name as people read it.")
    product_family = Key("The family that discount authority and usage are looked up by.")
    charge_type = Choice(ChargeType, "How often the charge comes about.", required=True)
    charge_model = Choice(ChargeModel, "How a quantity becomes an amount.")
    unit_of_measure = Key("What is counted, such as seat, call or GB.")
    quantity = Number("How many units are sold, in each period where the charge recurs.")
    price_period = Choice(PricePeriod, "The time that one unit price pays for.")
    list_unit_price = Number("The price of the price list per unit and price period.")
    net_unit_price = Number("The price agreed per unit and price period, all discounts at the start contained.")
    discounts = Items(
        Part(DiscountSchema, "A reduction that the net unit price contains."),
        "All reductions that the net unit price contains while they last.",
        most=MOST_DISCOUNTS,
        noun="discounts",
    )
    discount_percent = PlainDiscount("In place of discounts: one plain discount in percent.", load_only=True)
    unit_cost = Number("What one unit costs the seller per price period.")
    tiers = TierTable(
        Part(TierSchema, "One step of the tier table."),
        "The tier table, bounds ascending.",
        most=MOST_TIERS,
        noun="tiers",
    )
    package = Part(PackageSchema, "Where units are sold in blocks: each block costs the net unit price.")
    percentage = Part(PercentageSchema, "Where the charge is a share of an amount.")
    included_quantity = Allowance('How many units of usage the price includes in each period, or "unlimited".')
    overage_unit_price = Number("The price of each unit of usage beyond what is included.")
    hard_cap = Flag("Whether usage stops at the included quantity, so that there is no overage.")
    minimum_amount = Amount("The least that the charge comes to in one price period.")
    maximum_amount = Amount("The most that the charge comes to in one price period.")
    minimum_commitment = Part(MinimumCommitmentSchema, "What is owed at least, whatever the usage.")
    drawdown = Part(DrawdownSchema, "Prepaid credit that usage burns.")
    quantity_basis = Choice(QuantityBasis, "How the readings of a period become the one quantity that is rated.")
    floor_price = Number("The least net unit price that the company lets go.")
    billing_frequency = Choice(
        BillingFrequency, "How often the line is invoiced; the document's where it is not given."
    )
    billing_timing = Choice(BillingTiming, "Whether a period is invoiced at its start or after its end.")
    start_date = Day("The first day of service; the document's where it is not given.")
    end_date = Day("The last day of service; the document's where it is not given.")
    billing_start_date = Day("The first day that is billed, where that is not the start of service.")
    free_months = Number("How many months at the start are free.", most=1_200)
    ramp = Items(
        Part(RampSegmentSchema, "A dated step of the ramp."),
        "The dated steps in which quantity or price change.",
        most=MOST_SEGMENTS,
        noun="steps",
    )
    uplift_percent = Percent("The rise of the price on each anniversary, in percent.", least=-100, most=1_000)
    uplift_method = Choice(
        UpliftMethod,
        "Whether each rise counts on the price before it (compound, the default) or on the first (simple).",
    )
    uplift_at = Choice(UpliftAt, "When the price rises: on each anniversary (the default) or at renewal only.")
    parent_line_id = Key("The line that this one belongs to, such as the bundle of a component.")
    is_custom = Flag("Whether the product was made for this deal and is in no catalog.")
    stated_total = Amount("The line's total over its term as the sender printed it; checked, never trusted.")

    conditions: ClassVar[tuple[Rule, ...]] = (
        *TERMS_RULES,
        Rule(("quantity", "charge_type"), _quantity_sold, holds="x_quantity"),
        Rule(("minimum_amount", "maximum_amount"), _limits_meet),
    )
