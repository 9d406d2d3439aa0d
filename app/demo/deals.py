"""How a clean quote comes about: who, when, on which terms, with which lines, and with whose consent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Final

from app.demo import bundles
from app.demo.accounts import Customer
from app.demo.altered import altered
from app.demo.concessions import Concession, concession, consents_for
from app.demo.continuing import amended, renewed
from app.demo.lines import Shop, with_packs
from app.demo.people import Person, Pod
from app.demo.randomness import Weighted, between
from app.demo.season import is_quarter_end, next_month
from app.demo.shapes import shaped
from app.demo.shelf import Shelf
from app.demo.totals import with_totals
from app.demo.wishes import ANYTHING, Wish
from policies.domain.charge import BillingFrequency, BillingTiming, Line
from policies.domain.material import content_hash
from policies.domain.period import Period, add_months
from policies.domain.quote import Approval, DealType, Quote, Renewal, SpecialTerm, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

_ONE_DAY: Final = timedelta(days=1)
_TERMS: Final = Weighted.of([(12, 0.62), (24, 0.20), (36, 0.13), (18, 0.05)])
_FREQUENCIES: Final = Weighted.of([(BillingFrequency.ANNUAL, 0.56), (BillingFrequency.MONTHLY, 0.44)])
_VALID_DAYS: Final = 30
SOONEST_START: Final = 22
"""So many days after a quote its service starts at the earliest: signature and set-up come before."""

_HARMLESS: Final = SpecialTerm(text="Northlight may name the customer as a reference.", billing_effect=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an earlier contract leaves to a renewal, an expansion or an amendment: its lines, term and promised uplift."""

    agreement_id: str
    lines: tuple[Line, ...]
    term: Period
    frequency: BillingFrequency
    uplift_percent: Decimal
    currency: str
    seats_deployed: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why, by whom, for whom and when a quote is made. `number` counts the account's quotes from 1."""

    customer: Customer
    number: int
    seller: Person
    pod: Pod
    deal_type: DealType
    created_at: datetime
    standing: Standing | None = None
    wish: Wish = ANYTHING

    @property
    def day(self) -> date:
        return self.created_at.date()

    @property
    def quote_id(self) -> str:
        return f"SIM-Q-{self.customer.number:06d}-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """The terms of a quote before it has lines."""

    term: Period
    months: int
    frequency: BillingFrequency
    concession: Concession = field(default_factory=Concession)


def clean_quote(occasion: Occasion, shelf: Shelf, rng: Random) -> Quote:
    """A quote that keeps to every policy, or that has the consent which a policy asks for."""
    sheet = _sheet(occasion, rng)
    quote = Quote(
        quote_id=occasion.quote_id,
        revision=str(_revisions(rng)),
        source="simulator",
        stage=Stage.ACCEPTED,
        opportunity_id=f"SIM-OPP-{occasion.customer.number:06d}-{occasion.number}",
        deal_type=occasion.deal_type,
        account=occasion.customer.account,
        rep=occasion.seller.rep,
        currency=occasion.customer.currency,
        price_book=shelf.book(occasion.customer.currency, occasion.day).price_book,
        created_at=occasion.created_at,
        valid_until=datetime.combine(occasion.day + timedelta(days=_VALID_DAYS), time(23, 59), UTC),
        start_date=sheet.term.start,
        end_date=sheet.term.last_day,
        term_months=sheet.months,
        billing_frequency=sheet.concession.frequency or sheet.frequency,
        billing_timing=BillingTiming.IN_ADVANCE,
        payment_terms_days=sheet.concession.payment_days or 30,
        renewal=_renewal(rng),
        termination_for_convenience=False,
        special_terms=(_HARMLESS,) if rng.random() < 0.08 else (),
        lines=(),
    )
    lines = _lines(occasion, sheet, shelf, rng)
    quote = altered(quote, lines=lines, renewal=_as_in_the_term(quote.renewal, lines))
    quote = with_totals(quote, rng)
    to_prices = consents_for(quote.lines, occasion.seller.rep.role or "ae")
    roles = tuple(dict.fromkeys((*sheet.concession.consents, *to_prices)))
    return approved(quote, occasion, rng, roles) if roles else quote


def approved(quote: Quote, occasion: Occasion, rng: Random, roles: Sequence[str]) -> Quote:
    """The quote with the consent of each role to exactly this content, given within two days."""
    digest = content_hash(quote)
    consents = tuple(
        Approval(
            approver_id=_approver(occasion, role),
            role=role,
            approved_at=occasion.created_at + timedelta(minutes=between(rng, 40, 2800)),
            content_hash=digest,
        )
        for role in roles
    )
    return altered(quote, approvals=consents)


def _approver(occasion: Occasion, role: str) -> str:
    leader = occasion.pod.leader(role, occasion.day)
    return leader.rep.rep_id if leader is not None else f"SIM-R-{role.upper()}"


def _revisions(rng: Random) -> int:
    """Most quotes need one or two revisions, some many."""
    revision = 1
    while revision < 9 and rng.random() < 0.42:
        revision += 1
    return revision


def _sheet(occasion: Occasion, rng: Random) -> _Sheet:
    wish, standing = occasion.wish, occasion.standing
    frequency = wish.frequency or _FREQUENCIES.pick(rng)
    if standing is not None and occasion.deal_type in (DealType.EXPANSION, DealType.AMENDMENT):
        return _co_termed(occasion, standing, rng, frequency)
    start = standing.term.end if standing is not None else _start(occasion.day, rng)
    months = wish.term_months or _term_months(occasion, rng)
    return _Sheet(
        term=Period(start, add_months(start, months)),
        months=months,
        frequency=frequency,
        concession=concession(occasion.seller, occasion.customer.segment, occasion.day, rng, is_free=wish is ANYTHING),
    )


def _term_months(occasion: Occasion, rng: Random) -> int:
    if occasion.deal_type is DealType.EXPANSION:
        return between(rng, 4, 11)
    return _TERMS.pick(rng) if occasion.deal_type is DealType.NEW or rng.random() < 0.2 else 12


def _co_termed(occasion: Occasion, standing: Standing, rng: Random, frequency: BillingFrequency) -> _Sheet:
    """What is added to a contract ends with it, and starts on a day on which its months turn; amendments start any day."""
    if occasion.deal_type is DealType.AMENDMENT:
        start, frequency = occasion.day + timedelta(days=between(rng, SOONEST_START, 45)), standing.frequency
        months = max(1, _months_between(start, standing.term.end))
        return _Sheet(term=Period(start, standing.term.end), months=months, frequency=frequency)
    start = first_turn(standing.term, occasion.day + timedelta(days=SOONEST_START))
    months = _months_between(start, standing.term.end)
    given = concession(occasion.seller, occasion.customer.segment, occasion.day, rng, is_free=False)
    return _Sheet(term=Period(start, standing.term.end), months=months, frequency=frequency, concession=given)


def first_turn(term: Period, not_before: date) -> date:
    """The first day, not before a given one, on which a month of the term starts that is not cut short."""
    months = max(0, (not_before.year - term.start.year) * 12 + not_before.month - term.start.month)
    while (turn := add_months(term.start, months)) < not_before or turn.day != term.start.day:
        months += 1
    return turn


def _months_between(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month


def _start(day: date, rng: Random) -> date:
    """Service starts on a first of the month, in its middle, on its last day, or on any day."""
    kind, ready = rng.random(), day + timedelta(days=between(rng, SOONEST_START, 45))
    if kind < 0.55:
        return next_month(ready)
    if kind < 0.70:
        return ready.replace(day=15)
    if kind < 0.74:
        return next_month(next_month(ready)) - _ONE_DAY
    return ready


def _renewal(rng: Random) -> Renewal:
    uplift = between(rng, 3, 7)
    return Renewal(
        auto_renew=True,
        term_months=12,
        uplift_percent=Decimal(uplift),
        cap_percent=Decimal(uplift + between(rng, 0, 3)) if rng.random() < 0.4 else None,
        notice_days=(30, 60, 90)[between(rng, 0, 2)],
    )


def _as_in_the_term(renewal: Renewal | None, lines: Sequence[Line]) -> Renewal | None:
    """The renewal, which rises by as much as the lines have risen each year, where they do."""
    rises = [line.uplift_percent for line in lines if line.uplift_percent]
    if renewal is None or not rises:
        return renewal
    cap = None if renewal.cap_percent is None else max(renewal.cap_percent, *rises)
    return replace(renewal, uplift_percent=rises[0], cap_percent=cap)


def _lines(occasion: Occasion, sheet: _Sheet, shelf: Shelf, rng: Random) -> tuple[Line, ...]:
    standing = occasion.standing
    shop = _shop(occasion, sheet, shelf, rng)
    if standing is not None and occasion.deal_type is DealType.RENEWAL:
        return tuple(renewed(line, standing.uplift_percent, standing.seats_deployed, shop) for line in standing.lines)
    if standing is not None and occasion.deal_type is DealType.AMENDMENT:
        return amended(standing.lines, shop)
    wanted = occasion.wish.products or bundles.products(rng, shop.segment, occasion.deal_type)
    lines = with_packs([shop.line(product, str(position)) for position, product in enumerate(wanted, start=1)], shop)
    return shaped(lines, shop, sheet.months, sheet.frequency, occasion.wish, occasion.deal_type)


def _shop(occasion: Occasion, sheet: _Sheet, shelf: Shelf, rng: Random) -> Shop:
    return Shop(
        shelf=shelf,
        rng=rng,
        book=shelf.book(occasion.customer.currency, occasion.day).price_book,
        currency=occasion.customer.currency,
        segment=occasion.customer.segment,
        term=sheet.term,
        discount=sheet.concession.discount,
        services_discount=sheet.concession.services_discount,
    )


def is_rushed(quote: Quote) -> bool:
    """Whether the quote was made in the last days of a quarter."""
    return quote.created_at is not None and is_quarter_end(quote.created_at.date())
