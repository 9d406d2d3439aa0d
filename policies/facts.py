"""What follows from a quote: reference values, periods and totals, derived once and read by every policy.

A value that cannot be known is None. Sums are None as soon as one part of them is: an unknown is never counted as zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from policies.domain.authority import Limit, Sale, limit_of, not_known_of
from policies.domain.catalog import Catalog, CatalogPrice, PriceBook, Product
from policies.domain.charge import ChargeModel, Line, PackageRounding, PricePeriod
from policies.domain.company import Company
from policies.domain.material import content_hash
from policies.domain.period import MONTHS, Period, add_months, periods_in
from policies.domain.quote import Quote
from policies.domain.wording import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policies.domain.material import Material

Found = TypeVar("Found")

ONE: Final = Decimal(1)
ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)
TWELVE: Final = Decimal(12)
_ONE_DAY: Final = timedelta(days=1)
_HEADER: Final = tuple(each.name for each in fields(Quote) if each.name not in ("lines", "nulls", "extra"))
_UNIT_MODELS: Final = frozenset({ChargeModel.PER_UNIT, ChargeModel.FLAT})


@dataclass(slots=True, kw_only=True)
class LineFacts:
    """One line with what follows from it.

    Prices are per unit and the line's price period, in the quote's currency: list, floor, cost and range come from the
    catalog, converted to that period, else from the line itself. Not frozen only because thousands are made for one answer.
    """

    line: Line
    index: int
    product: Product | None
    price: CatalogPrice | None
    product_family: str | None
    price_period: PricePeriod | None
    quantity: Decimal | None
    term: Period | None
    months: Decimal | None
    periods: Decimal | None
    list_unit_price: Decimal | None
    list_from_catalog: bool
    floor_price: Decimal | None
    unit_cost: Decimal | None
    ssp_low: Decimal | None
    ssp_high: Decimal | None
    catalog_overage_unit_price: Decimal | None
    discount_percent: Decimal | None
    net_total: Decimal | None
    list_total: Decimal | None
    annual_net: Decimal | None

    @property
    def product_name(self) -> str:
        """What a person calls the product: the line's name for it, the catalog's, or its id."""
        return self.line.product_name or (self.product and self.product.name) or self.line.product_id

    @property
    def units(self) -> Decimal | None:
        """How many times the unit price is due in one price period: the quantity, one where it is flat, or the blocks."""
        line = self.line
        if line.charge_model is ChargeModel.FLAT:
            return ONE
        if line.package is None or self.quantity is None:
            return self.quantity
        up = line.package.rounding is PackageRounding.UP
        return (self.quantity / line.package.size).to_integral_value(ROUND_CEILING if up else ROUND_FLOOR)


class PricedSegment(NamedTuple):
    """A stretch of a line at one price: a segment of its ramp (by `position`), or the whole line (None).

    `periods` are price periods; free time at the start is not taken off.
    """

    position: int | None
    net_unit_price: Decimal | None
    units: Decimal | None
    periods: Decimal | None


def priced_segments(facts: LineFacts) -> tuple[PricedSegment, ...]:
    """The prices of a line one after the other: those of its ramp, or its own where it has none."""
    line = facts.line
    if not line.ramp:
        return (PricedSegment(None, line.net_unit_price, facts.units, facts.periods),)
    return tuple(
        PricedSegment(
            position=position,
            net_unit_price=line.net_unit_price if segment.net_unit_price is None else segment.net_unit_price,
            units=facts.units if segment.quantity is None else segment.quantity,
            periods=_segment_periods(facts, position),
        )
        for position, segment in enumerate(line.ramp)
    )


def _segment_periods(facts: LineFacts, position: int) -> Decimal | None:
    ramp, term = facts.line.ramp, facts.term
    segment = ramp[position]
    end = segment.end_date + _ONE_DAY if segment.end_date is not None else None
    if end is None:
        following = ramp[position + 1].start_date if position + 1 < len(ramp) else None
        end = following or (term.end if term is not None else None)
    if end is None or end <= segment.start_date or facts.price_period is None:
        return None
    days = Period(segment.start_date, end)
    if facts.price_period in MONTHS:
        return periods_in(days, MONTHS[facts.price_period])
    return Decimal(days.days) / term.days if term is not None else None


@dataclass(slots=True, kw_only=True)
class QuoteFacts:
    """A quote with what follows from it, the tables it is held against, and the moment of the judgement.

    `tcv`, `list_tcv`, `acv` and `one_time_total` are in the quote's currency. ACV is the recurring price of the lines as
    they stand at the start, for twelve months, whatever the term. `approved` holds what earlier approvals were given to.
    """

    quote: Quote
    lines: tuple[LineFacts, ...]
    as_of: datetime
    company: Company | None
    catalog: Catalog | None
    price_book: PriceBook | None
    segment: str | None
    term: Period | None
    term_months: Decimal | None
    tcv: Decimal | None
    list_tcv: Decimal | None
    acv: Decimal | None
    one_time_total: Decimal | None
    discount_percent: Decimal | None
    deal_size: Decimal | None
    approved: Mapping[str, Material] = field(default_factory=dict)
    authorities: dict[str | None, Limit | str] = field(default_factory=dict, repr=False)
    _content: str | None = field(default=None, init=False, repr=False, compare=False)
    _worked_out: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def currency(self) -> str:
        return self.quote.currency

    @property
    def today(self) -> date:
        return self.as_of.date()

    @property
    def renewal_period(self) -> Period | None:
        """The first renewal: as long as the quote says, else a year from the end of the term."""
        if self.term is None:
            return None
        renewal = self.quote.renewal
        months = renewal.term_months if renewal is not None and renewal.term_months else 12
        return Period(self.term.end, add_months(self.term.end, months))

    def content(self) -> str:
        """The hash of the quote's material content: several ask for it, and it takes as long as some policies."""
        if self._content is None:
            self._content = content_hash(self.quote)
        return self._content

    def once(self, work: Callable[[LineFacts, QuoteFacts], Found], line: LineFacts) -> Found:
        """What `work` makes of a line of this quote: worked out once, however many policies ask."""
        key = (work, line.index)
        if key not in self._worked_out:
            self._worked_out[key] = work(line, self)
        found: Found = self._worked_out[key]
        return found

    def line(self, line_id: str) -> LineFacts | None:
        """The facts of one line by its id."""
        return next((facts for facts in self.lines if facts.line.line_id == line_id), None)

    def sale(self, product_family: str | None) -> Sale:
        """What the authority table is asked about when a product family is discounted on this quote."""
        return Sale(product_family, self.quote.deal_type, self.deal_size)

    def authority(self, product_family: str | None) -> Limit | str:
        """How far the rep may discount a product family without asking, or why that cannot be told."""
        known = self.authorities.get(product_family)
        if known is None:
            known = self.authorities[product_family] = _authority(self, product_family)
        return known


def authority_unsure(facts: QuoteFacts, product_family: str | None) -> str:
    """Why the rep's limit is only known within bounds."""
    table = facts.company.discount_authority if facts.company is not None else None
    role = facts.quote.rep.role if facts.quote.rep is not None else None
    missing = not_known_of(table, role, facts.sale(product_family)) if table is not None and role is not None else ()
    return f"the limit of the role {role} depends on {listed(missing)}, not known here"


def _authority(facts: QuoteFacts, product_family: str | None) -> Limit | str:
    table = facts.company.discount_authority if facts.company is not None else None
    role = facts.quote.rep.role if facts.quote.rep is not None else None
    if table is None:
        return "company.yaml has no discount authority table"
    if role is None:
        return "the quote does not say the rep's role"
    limit = limit_of(table, role, facts.sale(product_family))
    if limit is None:
        return f"the discount authority table has no rule for the role {role} that is sure to fit"
    return limit


def in_force(book: PriceBook, day: date) -> bool:
    """Whether a price book is in force on a day; both its bounds are within it."""
    return (book.effective_from is None or book.effective_from <= day) and (
        book.effective_to is None or day <= book.effective_to
    )


def at_list(line: Line, list_price: Decimal) -> Line:
    """The same line without any concession: at list price from its first day, with the quantities of its ramp."""
    return replace(
        line,
        net_unit_price=list_price,
        discounts=(),
        free_months=None,
        billing_start_date=None,
        ramp=tuple(replace(segment, net_unit_price=None) for segment in line.ramp),
    )
