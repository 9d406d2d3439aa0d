"""What the watch looks at: the lines of an agreement that hold today, the charges that bill them, and what was used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.amended import Version, fold
from policies.auditing.metered import UsageBook
from policies.domain.charge import ChargeType, PricePeriod
from policies.domain.decision import NotAssessed
from policies.domain.period import Period, periods_in
from policies.domain.price_steps import PriceStep, price_of, price_steps
from policies.domain.quote import Quote
from policies.domain.schedule import Unscheduled, resolve
from policies.twin.matching import match

if TYPE_CHECKING:
    from policies.domain.agreement import Agreement
    from policies.domain.billing import BillingCharge, BillingConfiguration
    from policies.domain.charge import Line
    from policies.domain.company import Company, WatchLimits
    from policies.domain.terms import Terms
    from policies.domain.usage import UsageRecord

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A line that holds today, with its terms, and the charges that bill it, with theirs; None where they have no schedule.

    `beside` are the terms of other lines that the same charges bill.
    """

    line: Line
    terms: Terms
    charges: tuple[BillingCharge, ...] = ()
    billed: tuple[Terms | None, ...] = ()
    beside: tuple[Terms, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        return (self.line.line_id,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """An agreement in force on `as_of`. `term` runs from its first day to its last."""

    agreement: Agreement
    configuration: BillingConfiguration | None
    company: Company | None
    limits: WatchLimits
    as_of: date
    term: Period
    lines: tuple[Watch, ...]
    usage: UsageBook

    @property
    def currency(self) -> str:
        return self.agreement.terms.currency

    def is_near(self, day: date, days: int) -> bool:
        """Whether the day is today or one of the next `days`."""
        return 0 <= (day - self.as_of).days <= days


def scene_of(
    agreement: Agreement,
    configuration: BillingConfiguration | None,
    usage: Iterable[UsageRecord],
    as_of: date,
    limits: WatchLimits,
    company: Company | None,
) -> tuple[Scene | None, tuple[NotAssessed, ...]]:
    """The scene, None where the agreement is not in force; and what of it nobody can tell."""
    folded = fold(agreement)
    unknown = list(folded.not_assessed)
    held = list(_scheduled(folded.versions, unknown))
    spans = [terms.term for _, terms in held if terms.term is not None and not terms.comes_once]
    if not spans:
        return None, tuple(unknown)
    term = Period(min(each.start for each in spans), max(each.end for each in spans))
    if not term.contains(as_of):
        return None, ()
    if configuration is not None and configuration.currency != agreement.terms.currency:
        because = (
            f"{configuration.billing_configuration_id} bills in {configuration.currency}, the agreement is in "
            f"{agreement.terms.currency}: the two were not compared"
        )
        unknown.append(NotAssessed(policy_id="watch-billing", because=because))
        configuration = None
    now = [(version, terms) for version, terms in held if terms.term is not None and terms.term.contains(as_of)]
    scene = Scene(
        agreement=agreement,
        configuration=configuration,
        company=company,
        limits=limits,
        as_of=as_of,
        term=term,
        lines=tuple(_lines(now, folded.versions, configuration)),
        usage=_book(agreement, folded.versions, usage),
    )
    return scene, tuple(unknown)


def _scheduled(versions: Iterable[Version], unknown: list[NotAssessed]) -> Iterator[tuple[Version, Terms]]:
    for version in versions:
        try:
            yield version, version.terms
        except Unscheduled as unscheduled:
            because, line_id = unscheduled.reason, version.line.line_id
            unknown.append(NotAssessed(policy_id="watch-schedule", because=because, line_ids=(line_id,)))


def _book(agreement: Agreement, versions: Iterable[Version], usage: Iterable[UsageRecord]) -> UsageBook:
    account = agreement.terms.account
    book = UsageBook([version.line for version in versions], None if account is None else account.time_zone)
    for record in usage:
        if record.agreement_id is not None:
            is_ours = record.agreement_id == agreement.agreement_id
        else:
            is_ours = record.account_id is None or account is None or record.account_id == account.account_id
        if is_ours:
            book.add(record)
    return book


def _lines(
    now: Sequence[tuple[Version, Terms]], versions: Iterable[Version], configuration: BillingConfiguration | None
) -> Iterator[Watch]:
    """The lines that hold today and come again, with what bills them."""
    held = {version.line.line_id: terms for version, terms in now if not terms.comes_once}
    if configuration is None:
        yield from (Watch(line=terms.line, terms=terms) for terms in held.values())
        return
    charges = {each.charge_id: each for each in configuration.charges}
    matches = match([version.line for version in versions], configuration.charges).matches
    of = {line_id: each for each in matches for line_id in each.line_ids}
    for line_id, terms in held.items():
        group = of.get(line_id)
        billing = () if group is None else tuple(charges[each] for each in group.charge_ids)
        others = (
            () if group is None else tuple(held[each] for each in group.line_ids if each != line_id and each in held)
        )
        billed = tuple(_billed(each, terms.line, terms, configuration) for each in billing)
        yield Watch(line=terms.line, terms=terms, charges=billing, billed=billed, beside=others)


def _billed(charge: BillingCharge, line: Line, terms: Terms, configuration: BillingConfiguration) -> Terms | None:
    """The charge's own terms. What no bill can be made without, and the charge does not state, is the line's."""
    stated, term = charge.terms, terms.dated
    filled = replace(
        stated,
        price_period=stated.price_period or terms.price_period,
        billing_frequency=stated.billing_frequency or terms.billing_frequency,
        billing_timing=stated.billing_timing or terms.billing_timing,
        charge_model=stated.charge_model or line.charge_model,
        quantity=line.quantity if stated.quantity is None else stated.quantity,
        start_date=stated.start_date or configuration.first_invoice_date or term.start,
        end_date=stated.end_date or term.last_day,
    )
    try:
        return resolve(filled, Quote(quote_id="", currency=configuration.currency, lines=()))
    except Unscheduled:
        return None


def monthly(terms: Terms, day: date) -> Decimal | None:
    """What a line bills for a month at the prices of a day, zero where none holds; None where that hangs on use, or is not known."""
    try:
        step = step_on(terms, day)
        if step is None:
            return ZERO
        if terms.is_usage and not step.is_free:
            return None
        months = terms.price_months
        if months is None:
            if terms.price_period is not PricePeriod.TERM:
                return None
            paid_for = Period(terms.dated.start, terms.priced_until or terms.dated.end)
            return price_of(terms.line, step) / periods_in(paid_for, 1)
        return price_of(terms.line, step) / months
    except Unscheduled:
        return None


def step_on(terms: Terms, day: date) -> PriceStep | None:
    """The price that holds on a day; None where none does. Raises `Unscheduled`."""
    return next((step for step in price_steps(terms) if step.period.contains(day)), None)


def added(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum; None where any of them is not known."""
    total = ZERO
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def prices_use(watch: Watch) -> bool:
    """Whether a charge has a price for what is used beyond an allowance."""
    return any(_prices_use(charge.terms) for charge in watch.charges)


def _prices_use(line: Line) -> bool:
    if line.included_unlimited or line.hard_cap:
        return False
    own = line.charge_type is ChargeType.USAGE and bool(line.net_unit_price or line.tiers or line.percentage)
    return own or bool(line.overage_unit_price)
