"""Deriving the facts of a quote: terms, periods, reference prices in the line's own price period, totals.

A value that cannot be known is None. Sums are None as soon as one part of them is: an unknown is never counted as zero.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.domain.catalog import Catalog, CatalogPrice, PriceBook, Product
from policies.domain.charge import ChargeModel, ChargeType, Line, PricePeriod
from policies.domain.company import Company
from policies.domain.period import MONTHS, Period, add_months, periods_in
from policies.domain.proration import priced_periods
from policies.domain.quote import Quote
from policies.domain.schedule import Unscheduled, committed_total
from policies.facts import LineFacts, QuoteFacts, at_list, in_force

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policies.domain.material import Material

ONE: Final = Decimal(1)
ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)
TWELVE: Final = Decimal(12)
_ONE_DAY: Final = timedelta(days=1)
_HEADER: Final = tuple(each.name for each in fields(Quote) if each.name not in ("lines", "nulls", "extra"))
_UNIT_MODELS: Final = frozenset({ChargeModel.PER_UNIT, ChargeModel.FLAT})


def derive(
    quote: Quote,
    *,
    as_of: datetime,
    company: Company | None = None,
    catalog: Catalog | None = None,
    approved: Mapping[str, Material] | None = None,
) -> QuoteFacts:
    """All facts of a quote, as of a moment."""
    deriver = _Deriver(quote, catalog, price_book_of(quote, catalog, as_of.date()))
    lines = tuple([deriver.line(index, line) for index, line in enumerate(quote.lines)])
    return _facts(deriver, lines, as_of, company, approved or {})


def rederive(facts: QuoteFacts, quote: Quote) -> QuoteFacts:
    """The facts of a changed quote against the same tables; lines that are the very same keep theirs."""
    deriver = _Deriver(quote, facts.catalog, price_book_of(quote, facts.catalog, facts.as_of.date()))
    known = {id(each.line): each for each in facts.lines} if _same_header(facts.quote, quote) else {}
    lines = []
    for index, line in enumerate(quote.lines):
        before = known.get(id(line))
        lines.append(before if before is not None and before.index == index else deriver.line(index, line))
    return _facts(deriver, tuple(lines), facts.as_of, facts.company, facts.approved)


def _facts(
    deriver: _Deriver,
    lines: tuple[LineFacts, ...],
    as_of: datetime,
    company: Company | None,
    approved: Mapping[str, Material],
) -> QuoteFacts:
    quote = deriver.quote
    tcv, list_tcv, acv, one_time = _totals(lines)
    discount = (ONE - tcv / list_tcv) * HUNDRED if tcv is not None and list_tcv else None
    return QuoteFacts(
        quote=quote,
        lines=lines,
        as_of=as_of,
        company=company,
        catalog=deriver.catalog,
        price_book=deriver.book,
        segment=deriver.segment,
        term=deriver.term,
        term_months=deriver.months,
        tcv=tcv,
        list_tcv=list_tcv,
        acv=acv,
        one_time_total=one_time,
        discount_percent=discount,
        deal_size=_deal_size(acv, quote.currency, company),
        approved=approved,
    )


def _deal_size(acv: Decimal | None, currency: str, company: Company | None) -> Decimal | None:
    """The ACV in the company's currency, by its planning rate where the quote is in another one."""
    if acv is None or company is None:
        return None
    if company.currency == currency:
        return acv
    rate = company.exchange_rates.get(currency)
    return acv * rate if rate is not None else None


def _same_header(one: Quote, other: Quote) -> bool:
    return all(getattr(one, name) is getattr(other, name) for name in _HEADER)


def price_book_of(quote: Quote, catalog: Catalog | None, today: date) -> PriceBook | None:
    """The price book that the quote names, else the only one of its currency in force when it was made."""
    if catalog is None:
        return None
    if quote.price_book is not None:
        return catalog.price_books.get(quote.price_book)
    made_on = quote.created_at.date() if quote.created_at is not None else today
    candidates = [
        book for book in catalog.price_books.values() if book.currency == quote.currency and in_force(book, made_on)
    ]
    return candidates[0] if len(candidates) == 1 else None


def term_of(start: date | None, end: date | None, months: int | None) -> Period | None:
    """The term from its first day to its last, or for so many months from the first day."""
    if start is None or (end is None and months is None):
        return None
    after = end + _ONE_DAY if end is not None else add_months(start, months or 0)
    return Period(start, after) if after > start else None


class _Deriver:
    """Derives the lines of one quote, remembering what lines share: terms, prices, conversions."""

    def __init__(self, quote: Quote, catalog: Catalog | None, book: PriceBook | None) -> None:
        self.quote = quote
        self.catalog = catalog
        self.book = book
        self.segment = quote.account.segment if quote.account is not None else None
        self._spans: dict[Period, Decimal] = {}
        self.term = term_of(quote.start_date, quote.end_date, quote.term_months)
        self.months = self._months(self.term) if self.term is not None else _decimal(quote.term_months)
        self._in_months = self.months is not None and not self.months % ONE
        self._products: dict[str, tuple[Product | None, CatalogPrice | None]] = {}
        comparable = book is not None and book.currency == quote.currency
        self._book_id = book.price_book if comparable and book is not None else None
        self.billed_at_once = quote if quote.billing_start_date is None else replace(quote, billing_start_date=None)

    def line(self, index: int, line: Line) -> LineFacts:
        product, price = self._product(line.product_id)
        period = line.price_period or _own_period(line, price)
        if line.start_date is None and line.end_date is None:
            term, months = self.term, self.months
        else:
            term, months = self._own_term(line)
        periods = self._periods(line, period, term, months)
        # What flows, such as calls, has one price whatever the period; what stands has one for each period.
        factor = _factor(price, period, months) if line.charge_type is not ChargeType.USAGE or price is None else ONE
        priced = price is not None and factor is not None
        list_price = _scaled(price.list_unit_price, factor) if price is not None and factor is not None else None
        from_catalog = list_price is not None
        if list_price is None:
            list_price = line.list_unit_price
        net = line.net_unit_price
        quantity = line.quantity
        if quantity is None and (line.charge_type is ChargeType.ONE_TIME or line.charge_model is ChargeModel.FLAT):
            quantity = ONE
        net_total, list_total, annual = self._amounts(line, quantity, periods, period, months, list_price)
        return LineFacts(
            line=line,
            index=index,
            product=product,
            price=price,
            product_family=line.product_family or (product.family if product is not None else None),
            price_period=period,
            quantity=quantity,
            term=term,
            months=months,
            periods=periods,
            list_unit_price=list_price,
            list_from_catalog=from_catalog,
            floor_price=_strictest(line.floor_price, _scaled(price.floor_price, factor) if priced and price else None),
            unit_cost=_scaled(price.unit_cost, factor)
            if priced and price and price.unit_cost is not None
            else line.unit_cost,
            ssp_low=_scaled(price.ssp_low, factor) if priced and price else None,
            ssp_high=_scaled(price.ssp_high, factor) if priced and price else None,
            catalog_overage_unit_price=_scaled(price.overage_unit_price, factor) if priced and price else None,
            discount_percent=(list_price - net) * HUNDRED / list_price if net is not None and list_price else None,
            net_total=net_total,
            list_total=list_total,
            annual_net=annual,
        )

    def _product(self, product_id: str) -> tuple[Product | None, CatalogPrice | None]:
        known = self._products.get(product_id)
        if known is None:
            known = (None, None)
            if self.catalog is not None:
                known = (
                    self.catalog.products.get(product_id),
                    self.catalog.price(product_id, self._book_id, self.segment),
                )
            self._products[product_id] = known
        return known

    def _own_term(self, line: Line) -> tuple[Period | None, Decimal | None]:
        start = line.start_date or self.quote.start_date
        end = line.end_date or (self.term.last_day if self.term is not None else None)
        term = term_of(start, end, self.quote.term_months)
        return term, self._months(term) if term is not None else _decimal(self.quote.term_months)

    def _months(self, term: Period) -> Decimal:
        months = self._spans.get(term)
        if months is None:
            months = self._spans[term] = periods_in(term, 1)
        return months

    def _periods(
        self, line: Line, period: PricePeriod | None, term: Period | None, months: Decimal | None
    ) -> Decimal | None:
        """How often the price is due: in months where the whole quote counts in months, else as the schedule prorates it."""
        if period is None:
            return None
        if period is PricePeriod.ONE_TIME or period is PricePeriod.TERM:
            return ONE
        if term is not None and (term is not self.term or not self._in_months):
            return self._prorated(line, period, term)
        return months if period is PricePeriod.MONTH else months and months / MONTHS[period]

    def _prorated(self, line: Line, period: PricePeriod, term: Period) -> Decimal:
        co_termed = self.term is not None and term.end == self.term.end
        anchor = self.term.start if co_termed and self.term is not None else term.start
        frequency = line.billing_frequency or self.quote.billing_frequency
        return priced_periods(term.start, term.end, period, frequency, anchor, None)

    def _amounts(
        self,
        line: Line,
        quantity: Decimal | None,
        periods: Decimal | None,
        period: PricePeriod | None,
        months: Decimal | None,
        list_price: Decimal | None,
    ) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
        """Net and list total over the term, and the recurring price of twelve months; usage commits to nothing."""
        if line.charge_type is ChargeType.USAGE:
            return ZERO, ZERO, ZERO
        if periods is None or (quantity is None and not line.ramp):
            return None, None, None
        multiple = ONE if line.charge_model is ChargeModel.FLAT else quantity
        rises = bool(line.uplift_percent) and (months is None or months > TWELVE)
        net_total = self._net_total(line, multiple, periods, period, rises=rises)
        list_total = self._list_total(line, list_price, multiple, periods, period, rises=rises, net_total=net_total)
        if line.charge_type is ChargeType.ONE_TIME:
            return net_total, list_total, ZERO
        if line.net_unit_price is not None and multiple is not None and line.model in _UNIT_MODELS:
            yearly = _per_year(period, months)
            return net_total, list_total, yearly and line.net_unit_price * multiple * yearly
        return net_total, list_total, net_total and months and net_total * TWELVE / months

    def _net_total(
        self, line: Line, multiple: Decimal | None, periods: Decimal, period: PricePeriod | None, *, rises: bool
    ) -> Decimal | None:
        if not rises and multiple is not None and _is_plain(line) and self.quote.billing_start_date is None:
            net = line.net_unit_price
            return net * multiple * periods if net is not None else None
        total = committed_total(line, self.quote, price_period=period)
        return None if isinstance(total, Unscheduled) else total

    def _list_total(
        self,
        line: Line,
        list_price: Decimal | None,
        multiple: Decimal | None,
        periods: Decimal,
        period: PricePeriod | None,
        *,
        rises: bool,
        net_total: Decimal | None,
    ) -> Decimal | None:
        """What the term would cost at list: the same quantities and dates, with no discount and nothing free."""
        if list_price is None:
            return None
        if line.tiers or line.percentage is not None or not (rises or line.ramp or line.package is not None):
            return list_price * multiple * periods if multiple is not None else None
        if list_price == line.net_unit_price and not self._concedes(line):
            return net_total  # by the very same schedule
        total = committed_total(at_list(line, list_price), self.billed_at_once, price_period=period)
        return None if isinstance(total, Unscheduled) else total

    def _concedes(self, line: Line) -> bool:
        """Whether anything but the price stands between a line and what it is at list."""
        starts_later = line.billing_start_date is not None or self.quote.billing_start_date is not None
        return bool(line.ramp or line.discounts or line.free_months) or starts_later


def _is_plain(line: Line) -> bool:
    """Whether one price and one quantity hold over the whole term, so that a product of three numbers is the total."""
    return not (
        line.ramp
        or (line.discounts and any(not each.is_open_ended or each.starts_on is not None for each in line.discounts))
        or line.tiers
        or line.free_months
        or line.package is not None
        or line.percentage is not None
        or line.minimum_amount is not None
        or line.maximum_amount is not None
        or line.minimum_commitment is not None
        or line.billing_start_date is not None
    )


def _own_period(line: Line, price: CatalogPrice | None) -> PricePeriod | None:
    if line.charge_type is ChargeType.ONE_TIME:
        return PricePeriod.ONE_TIME
    return price.price_period if price is not None else None


def _factor(price: CatalogPrice | None, period: PricePeriod | None, months: Decimal | None) -> Decimal | None:
    """By what a catalog price is multiplied to be one of the line's price period; None where they cannot be compared."""
    if price is None or period is None:
        return None
    if price.price_period is period:
        return ONE
    own, theirs = _span(period, months), _span(price.price_period, months)
    return own / theirs if own and theirs else None


def _span(period: PricePeriod, months: Decimal | None) -> Decimal | None:
    if period is PricePeriod.TERM:
        return months
    return Decimal(MONTHS[period]) if period is not PricePeriod.ONE_TIME else None


def _per_year(period: PricePeriod | None, months: Decimal | None) -> Decimal | None:
    span = _span(period, months) if period is not None else None
    return TWELVE / span if span else None


def _scaled(amount: Decimal | None, factor: Decimal | None) -> Decimal | None:
    if amount is None or factor is None:
        return None
    return amount if factor is ONE else amount * factor


def _strictest(stated: Decimal | None, catalog: Decimal | None) -> Decimal | None:
    if stated is None or catalog is None:
        return catalog if stated is None else stated
    return max(stated, catalog)


def _decimal(number: int | None) -> Decimal | None:
    return None if number is None else Decimal(number)


def _totals(lines: tuple[LineFacts, ...]) -> tuple[Decimal | None, Decimal | None, Decimal | None, Decimal | None]:
    """TCV, TCV at list, ACV and the one-time part."""
    tcv: Decimal | None = ZERO
    list_tcv: Decimal | None = ZERO
    acv: Decimal | None = ZERO
    one_time: Decimal | None = ZERO
    for facts in lines:
        net, listed, annual = facts.net_total, facts.list_total, facts.annual_net
        tcv = tcv + net if tcv is not None and net is not None else None
        list_tcv = list_tcv + listed if list_tcv is not None and listed is not None else None
        acv = acv + annual if acv is not None and annual is not None else None
        if facts.line.charge_type is ChargeType.ONE_TIME:
            one_time = one_time + net if one_time is not None and net is not None else None
    return tcv, list_tcv, acv, one_time
