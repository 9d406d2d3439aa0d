"""One renewed term: the same charge once more, at the price that it has come to and the rise that was agreed.

The renewed price is the one that holds on the first day after the term: of a ramp the last step's, without a discount that
ended with the term. It rises by what the renewal states, never by more than its cap; where that states nothing, by the
line's own uplift, if the day is one of its anniversaries or the uplift comes with renewals. Minimums, allowances, overage
prices and commitments do not rise. A quantity stays what it was last.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.domain.charge import Discount, PricePeriod, UpliftAt, UpliftMethod
from policies.domain.discounts import dated
from policies.domain.period import Period, add_months, whole_months
from policies.domain.price_steps import HUNDRED, ONE, PriceStep, anniversaries, at_step, price_steps, risen

if TYPE_CHECKING:
    from policies.domain.quote import Renewal
    from policies.domain.terms import Terms

_LONGEST_MONTHS = 30 * 12


def renewal_after(term: Period, months: int | None) -> Period:
    """The renewed term after a term: of so many months, else as long as the term itself, on the term's day of the month."""
    length = whole_months(term)
    if months is None and length is None:
        return Period(term.end, term.end + (term.end - term.start))
    ahead = min(months or length or 1, _LONGEST_MONTHS)
    return Period(term.end, add_months(term.end, ahead) if length is None else add_months(term.start, length + ahead))


def renewed(terms: Terms, period: Period, renewal: Renewal | None = None) -> Terms:
    """The terms of a line once more, for a `period` that follows on theirs. Raises `Unscheduled`.

    Without a `renewal`, nothing but the line's own uplift raises the price.
    """
    last = price_steps(terms)[-1]
    next_step = _next_step(terms, period, last)
    rises = _own_rises(terms)
    rise = _rise(terms, period, rises, renewal)
    step = _times(next_step, rise)
    waits = terms.first_paid_day > period.start
    line = replace(
        at_step(terms.line, step),
        net_unit_price=terms.line.net_unit_price if step.unit_price is None else step.unit_price,
        start_date=period.start,
        end_date=period.last_day,
        billing_start_date=None,
        free_months=terms.line.free_months if waits else None,
        quantity=last.quantity,
        ramp=(),
        discounts=_still(terms, period),
    )
    before = terms.risen + rises + (rise != ONE) if line.uplift_method is UpliftMethod.SIMPLE else 0
    billing_start = terms.billing_start if waits else None
    return replace(
        terms,
        line=line,
        term=period,
        billing_start=billing_start,
        since=terms.began,
        risen=before,
        priced_until=None,
        first_invoice=None,
    )


def _next_step(terms: Terms, period: Period, last: PriceStep) -> PriceStep:
    """The price on the first day after the term, before any rise on that day."""
    nothing_ends = not terms.line.discounts and not last.is_free
    if nothing_ends or _ends_in_a_stated_price(terms):
        return last
    line = replace(terms.line, ramp=(), uplift_percent=None)
    following = replace(terms, line=line, term=Period(terms.dated.start, period.end))
    step = next(each for each in price_steps(following) if each.period.contains(period.start))
    if step.is_free:
        return replace(step, unit_price=line.net_unit_price, factor=ONE)
    return _times(step, risen(terms.line, _own_rises(terms), terms.risen))


def _ends_in_a_stated_price(terms: Terms) -> bool:
    started = [each for each in terms.line.ramp if each.start_date < terms.dated.end]
    return bool(started) and max(started, key=lambda each: each.start_date).net_unit_price is not None


def _own_rises(terms: Terms) -> int:
    """How often the line's own uplift has raised its price within the term."""
    line = terms.line
    if not line.uplift_percent or line.uplift_at is UpliftAt.RENEWAL or terms.price_period is PricePeriod.TERM:
        return 0
    return len(list(anniversaries(terms.began, terms.dated)))


def _rise(terms: Terms, period: Period, rises: int, renewal: Renewal | None) -> Decimal:
    """By what the price is multiplied on the first day of the renewed term."""
    line, rise = terms.line, ONE
    if renewal is not None and renewal.uplift_percent is not None:
        rise = ONE + renewal.uplift_percent / HUNDRED
    elif line.uplift_percent and (_comes_with_renewals(terms) or _is_anniversary(terms, period)):
        rise = risen(line, 1, terms.risen + rises)
    if renewal is not None and renewal.cap_percent is not None:
        rise = min(rise, ONE + renewal.cap_percent / HUNDRED)
    return rise


def _comes_with_renewals(terms: Terms) -> bool:
    return terms.line.uplift_at is UpliftAt.RENEWAL or terms.price_period is PricePeriod.TERM


def _is_anniversary(terms: Terms, period: Period) -> bool:
    years = period.start.year - terms.began.year
    return add_months(terms.began, 12 * years) == period.start


def _times(step: PriceStep, factor: Decimal) -> PriceStep:
    """The step with its price, or what its tiers count, times a factor."""
    if factor == ONE:
        return step
    if step.unit_price is None:
        return replace(step, factor=step.factor * factor)
    return replace(step, unit_price=step.unit_price * factor)


def _still(terms: Terms, period: Period) -> tuple[Discount, ...]:
    """The discounts that still end, or start, in the renewed term; the others are in its price for good."""
    if not terms.line.discounts:
        return ()
    following = replace(terms, term=Period(terms.dated.start, period.end))
    left = [each for each in dated(following) if each.until is None or each.until > period.start]
    if all(each.discount.is_open_ended and each.start <= period.start for each in left):
        return ()
    return tuple(each.discount for each in left)
