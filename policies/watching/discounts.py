"""Discounts that are about to end while billing has no price step for the day after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.domain.decision import NotAssessed
from policies.domain.discounts import dated
from policies.domain.finding import AmountAtRisk, Direction, Evidence
from policies.domain.money import amount_string, format_amount, minor_unit, round_to_currency
from policies.domain.period import Period, periods_by_days
from policies.domain.schedule import Unscheduled
from policies.domain.wording import called, field_of
from policies.watching.alert import BILLING, SURE, Notice
from policies.watching.scene import Scene, Watch, added, monthly, step_on

if TYPE_CHECKING:
    from policies.domain.terms import Terms

POLICY = "discount-ends-without-price-step"
_ONE_DAY = timedelta(days=1)


def ending_discounts(scene: Scene) -> Iterator[Notice | NotAssessed]:
    """A notice for each line and day on which a discount ends soon and billing's price does not rise as the line's does."""
    for watch in scene.lines:
        for until in _ends(watch.terms):
            if scene.is_near(until - _ONE_DAY, scene.limits.discount_end_days):
                yield from _at_end(scene, watch, until)


def _ends(terms: Terms) -> list[date]:
    try:
        return sorted({each.until for each in dated(terms) if each.until is not None})
    except Unscheduled:
        return []


def _at_end(scene: Scene, watch: Watch, until: date) -> Iterator[Notice | NotAssessed]:
    name, last = called(watch.line), until - _ONE_DAY
    if watch.terms.is_usage:
        yield from _of_use(scene, watch, until)
        return
    rise = _rise((watch.terms, *watch.beside), until)
    if rise is None:
        yield _unknown(watch, f"the discount on {name} ends on {last}, and its price without it is not determined")
    elif rise > 0:
        unknown = _why_unknown(scene, watch, last)
        billed = None if unknown else _rise(watch.billed, until)
        if billed is None:
            yield _unknown(watch, unknown or f"what billing charges for {name} after {last} is not determined")
        elif rise - billed > minor_unit(scene.currency) / 2:
            yield _notice(scene, watch, until, rise - billed)


def _why_unknown(scene: Scene, watch: Watch, last: date) -> str:
    """Why nobody can tell whether billing has the price step; empty where one can."""
    name = called(watch.line)
    if scene.configuration is None:
        return f"the discount on {name} ends on {last}, and no billing configuration is known to have the price step"
    if not watch.charges:
        return f"the discount on {name} ends on {last}, and no charge of {scene.configuration.billing_configuration_id} bills it"
    return ""


def _rise(schedules: Iterable[Terms | None], until: date) -> Decimal | None:
    """By how much a month costs more from the day after the discount on."""
    billed = tuple(schedules)
    after = added(None if each is None else monthly(each, until) for each in billed)
    before = added(None if each is None else monthly(each, until - _ONE_DAY) for each in billed)
    return None if after is None or before is None else after - before


def _notice(scene: Scene, watch: Watch, until: date, missing: Decimal) -> Notice:
    """`missing` a month, until the line's term ends."""
    currency, terms, name, last = scene.currency, watch.terms, called(watch.line), until - _ONE_DAY
    months = periods_by_days(Period(until, terms.dated.end), 1, terms.anchor_day, terms.anchor)
    monthly_amount, remaining = round_to_currency(missing, currency), round_to_currency(missing * months, currency)
    charges = ", ".join(each.charge_id for each in watch.charges)
    return Notice(
        policy=POLICY,
        pattern="R02",
        direction=Direction.UNDER,
        key=until.isoformat(),
        line_ids=watch.ids,
        message=(
            f"The discount on {name} ends on {last}, and billing has no price step then: "
            f"{format_amount(monthly_amount, currency)} a month would go unbilled."
        ),
        remedy=f"Give charge {charges} the price without the discount from {until} on, or the discount the end {last}.",
        owner=BILLING,
        due_on=last,
        happens_on=until,
        confidence=SURE,
        amount=AmountAtRisk(
            currency=currency,
            per_period=monthly_amount,
            remaining_term=remaining,
            already_lost=round_to_currency(Decimal(0), currency),
            assumptions=(f"a month, at the prices of {until}, to the end of the term on {terms.dated.last_day}",),
        ),
        evidence=(_evidence(watch, until, currency),),
    )


def _evidence(watch: Watch, until: date, currency: str) -> Evidence:
    now = added(None if each is None else monthly(each, until) for each in watch.billed)
    then = added(monthly(each, until) for each in (watch.terms, *watch.beside))
    return Evidence(
        field=field_of(watch.line, "net_unit_price"),
        actual=None
        if now is None
        else f"{amount_string(round_to_currency(now, currency), currency)} a month from {until} on",
        expected=None if then is None else f"{amount_string(round_to_currency(then, currency), currency)} a month",
        expected_from=f"the agreement, whose discount ends on {until - _ONE_DAY}",
    )


# ------------------------------------------------------------------------------------------------- lines that bill use


def _of_use(scene: Scene, watch: Watch, until: date) -> Iterator[Notice | NotAssessed]:
    """A line that bills use has no monthly price: its rate must rise by the same share."""
    name, last = called(watch.line), until - _ONE_DAY
    share = _growth(watch.terms, until)
    if share is None:
        yield _unknown(watch, f"the discount on {name} ends on {last}, and its rate without it is not determined")
    elif share > 1:
        unknown = _why_unknown(scene, watch, last)
        grown = [None if each is None else _growth(each, until) for each in watch.billed]
        if unknown or None in grown:
            yield _unknown(watch, unknown or f"what billing charges for {name} after {last} is not determined")
        elif any(each is not None and each < share for each in grown):
            yield _notice_of_use(scene, watch, until)


def _growth(terms: Terms, until: date) -> Decimal | None:
    """The rate from a day on as a multiple of the rate before; one where it does not change."""
    try:
        before, after = step_on(terms, until - _ONE_DAY), step_on(terms, until)
    except Unscheduled:
        return None
    if before is None or after is None:
        return None
    old = before.factor if before.unit_price is None else before.unit_price
    new = after.factor if after.unit_price is None else after.unit_price
    return new / old if old else None


def _notice_of_use(scene: Scene, watch: Watch, until: date) -> Notice:
    name, last = called(watch.line), until - _ONE_DAY
    return Notice(
        policy=POLICY,
        pattern="R02",
        direction=Direction.UNDER,
        key=until.isoformat(),
        line_ids=watch.ids,
        message=f"The discount on {name} ends on {last}, and billing goes on rating its use at the discounted rate.",
        remedy=f"Give the charge its rate without the discount from {until} on.",
        owner=BILLING,
        due_on=last,
        happens_on=until,
        confidence=SURE,
        amount=AmountAtRisk(currency=scene.currency, assumptions=("how much will be used is not known",)),
    )


def _unknown(watch: Watch, because: str) -> NotAssessed:
    return NotAssessed(policy_id=POLICY, because=because, line_ids=watch.ids)
