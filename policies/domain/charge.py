"""A charge: what is sold on one line, and on what terms it is priced and billed.

A quote's line and a billing configuration's charge speak the same terms, so both are a `Line` here.
Prices and rates are in the currency of the document that holds the line; percentages are in percent ("20" is 20 %).
`end_date` and `ends_on` are last days, as people write them; `Period` is what computes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


class _NoFields(Mapping[str, object]):
    """No fields at all, for good: a dataclass takes only what is hashable as a default."""

    __slots__ = ()

    def __getitem__(self, name: str) -> object:
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __hash__(self) -> int:
        return 0


NOTHING_EXTRA: Mapping[str, object] = _NoFields()
NO_NULLS: frozenset[str] = frozenset()


class ChargeType(StrEnum):
    """How often a charge comes about."""

    RECURRING = "recurring"
    ONE_TIME = "one_time"
    USAGE = "usage"


class ChargeModel(StrEnum):
    """How a quantity becomes an amount."""

    FLAT = "flat"
    PER_UNIT = "per_unit"
    GRADUATED = "graduated"
    VOLUME = "volume"
    STAIRSTEP = "stairstep"
    PACKAGE = "package"
    PERCENTAGE = "percentage"


class PricePeriod(StrEnum):
    """The time that one unit price pays for."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    TERM = "term"
    ONE_TIME = "one_time"


class BillingFrequency(StrEnum):
    """How often an invoice is made."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    SEMIANNUAL = "semiannual"
    ANNUAL = "annual"
    ONCE = "once"
    TERM = "term"


class BillingTiming(StrEnum):
    """Whether a period is invoiced at its start or after its end."""

    IN_ADVANCE = "in_advance"
    IN_ARREARS = "in_arrears"


class QuantityBasis(StrEnum):
    """How the readings of a period become the one quantity that is rated."""

    SUM = "sum"
    PEAK = "peak"
    LATEST = "latest"
    TIME_WEIGHTED = "time_weighted"


class PackageRounding(StrEnum):
    """Whether a started block is charged (up) or forgiven (down)."""

    UP = "up"
    DOWN = "down"


class UpliftMethod(StrEnum):
    """What each rise is a percentage of: the price before it (compound), or the price that was first agreed (simple)."""

    COMPOUND = "compound"
    SIMPLE = "simple"


class UpliftAt(StrEnum):
    """When a price rises: on each anniversary of the line's start, or only when the agreement renews."""

    ANNIVERSARY = "anniversary"
    RENEWAL = "renewal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One step of a tier table. `up_to` is included in the tier; None is the open last tier.

    A tier begins where the one before it ends. `starts_at` is set only where its sender says that it begins elsewhere.
    """

    up_to: Decimal | None
    unit_price: Decimal | None = None
    flat_fee: Decimal | None = None
    starts_at: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """Blocks of `size` units, each at the line's net unit price."""

    size: Decimal
    rounding: PackageRounding = PackageRounding.UP


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentage:
    """A share of an amount: `rate_percent` of what exceeds `free_amount`, plus `fixed_amount`, within minimum and maximum."""

    rate_percent: Decimal
    fixed_amount: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    free_amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """A reduction of the list price, already contained in the net unit price while it lasts.

    Exactly one of `percent` and `amount` (per unit and price period) is set. It starts with the line unless
    `starts_on` is given, and ends after `ends_on` (last day) or after `periods` billing periods; neither means no end.
    """

    kind: str | None = None
    percent: Decimal | None = None
    amount: Decimal | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    periods: int | None = None

    @property
    def is_open_ended(self) -> bool:
        return self.ends_on is None and self.periods is None


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumCommitment:
    """At least `amount` is owed in each commitment `period`; with `true_up` the shortfall is billed at its end."""

    amount: Decimal
    period: PricePeriod | None = None
    true_up: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawdown:
    """Prepaid credit, in currency, that usage burns until `expires_on` (last day)."""

    credit_amount: Decimal
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RampSegment:
    """A dated step of a ramp; what it does not state is taken from the line. Both dates are within the segment."""

    start_date: date
    end_date: date | None = None
    quantity: Decimal | None = None
    net_unit_price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The terms of one charge.

    None means that the sender did not state the term; where it was sent as an explicit null its name is in `nulls`.
    Zero is zero. An allowance sent as "unlimited" is `included_unlimited`, never a number. `extra` holds the fields
    that the canonical schema does not know, as they came.
    """

    line_id: str
    product_id: str
    charge_type: ChargeType
    product_name: str | None = None
    product_family: str | None = None
    charge_model: ChargeModel | None = None
    unit_of_measure: str | None = None
    quantity: Decimal | None = None
    price_period: PricePeriod | None = None
    list_unit_price: Decimal | None = None
    net_unit_price: Decimal | None = None
    discounts: tuple[Discount, ...] = ()
    unit_cost: Decimal | None = None
    tiers: tuple[Tier, ...] = ()
    package: Package | None = None
    percentage: Percentage | None = None
    included_quantity: Decimal | None = None
    included_unlimited: bool = False
    overage_unit_price: Decimal | None = None
    hard_cap: bool | None = None
    minimum_amount: Decimal | None = None
    maximum_amount: Decimal | None = None
    minimum_commitment: MinimumCommitment | None = None
    drawdown: Drawdown | None = None
    quantity_basis: QuantityBasis | None = None
    floor_price: Decimal | None = None
    billing_frequency: BillingFrequency | None = None
    billing_timing: BillingTiming | None = None
    start_date: date | None = None
    end_date: date | None = None
    billing_start_date: date | None = None
    free_months: Decimal | None = None
    ramp: tuple[RampSegment, ...] = ()
    uplift_percent: Decimal | None = None
    uplift_method: UpliftMethod | None = None
    uplift_at: UpliftAt | None = None
    parent_line_id: str | None = None
    is_custom: bool | None = None
    stated_total: Decimal | None = None
    extra: Mapping[str, object] = field(default=NOTHING_EXTRA, compare=False)
    nulls: frozenset[str] = NO_NULLS

    @property
    def model(self) -> ChargeModel | None:
        """The charge model, stated or evident from the price's own shape; None where tiers do not say how they apply."""
        if self.charge_model is not None:
            return self.charge_model
        if self.package is not None:
            return ChargeModel.PACKAGE
        if self.percentage is not None:
            return ChargeModel.PERCENTAGE
        return None if self.tiers else ChargeModel.PER_UNIT
