"""Days after which something can no longer be changed: the last day for notice, and the end of a price lock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from policies.checks.price_lock import fixed_months
from policies.domain.finding import AmountAtRisk, Direction, Evidence
from policies.domain.money import plain, round_to_currency
from policies.domain.period import Period, add_months, periods_by_days
from policies.watching.alert import DEAL_DESK, LIKELY, SURE, Notice
from policies.watching.renewals import agreed_uplift
from policies.watching.scene import Scene, added, monthly

ZERO = Decimal(0)
HUNDRED = Decimal(100)
_LONGEST_NOTICE = 3_650
_SHOWN = 200


def deadlines(scene: Scene) -> Iterator[Notice]:
    """Notices about the last day for notice, and about price locks that end."""
    yield from _notice_day(scene)
    yield from _price_locks(scene)


def _notice_day(scene: Scene) -> Iterator[Notice]:
    renewal, last = scene.agreement.terms.renewal, scene.term.last_day
    if renewal is None or not renewal.auto_renew or renewal.notice_days is None:
        return
    day = last - timedelta(days=min(renewal.notice_days, _LONGEST_NOTICE))
    if not scene.is_near(day, scene.limits.notice_days):
        return
    lasts = "" if renewal.term_months is None else f" for {renewal.term_months} months"
    yield Notice(
        policy="notice-deadline",
        pattern="R03",
        direction=Direction.COMPLIANCE,
        key=day.isoformat(),
        message=f"{day} is the last day for notice; after it the agreement renews{lasts} from {scene.term.end} on as it stands.",
        remedy="Decide before that day whether to renew, and on which terms.",
        owner=DEAL_DESK,
        due_on=day,
        happens_on=day + timedelta(days=1),
        confidence=SURE,
        evidence=(Evidence(field="renewal.notice_days", actual=str(renewal.notice_days)),),
    )


def _price_locks(scene: Scene) -> Iterator[Notice]:
    start = scene.agreement.terms.start_date or scene.term.start
    for position, term in enumerate(scene.agreement.terms.special_terms):
        months = fixed_months(term.text)
        if months is None:
            continue
        free = add_months(start, int(months))
        if scene.is_near(free - timedelta(days=1), scene.limits.price_lock_days):
            yield _lock_ends(scene, position, term.text, free)


def _lock_ends(scene: Scene, position: int, text: str, free: date) -> Notice:
    last = free - timedelta(days=1)
    return Notice(
        policy="price-lock-ends",
        pattern="Q06",
        direction=Direction.UNDER,
        key=f"{position}:{last.isoformat()}",
        message=f"The price lock ends on {last}; without a price step from {free} on, the locked prices go on.",
        remedy=f"Decide on the price from {free} on, and have billing follow.",
        owner=DEAL_DESK,
        due_on=last,
        happens_on=free,
        confidence=LIKELY,
        amount=_uplift_after(scene, free),
        evidence=(Evidence(field=f"special_terms[{position}].text", actual=" ".join(text.split())[:_SHOWN]),),
    )


def _uplift_after(scene: Scene, free: date) -> AmountAtRisk:
    """What the agreed uplift, else the company's least, would bring from then on to the end of the term."""
    minimum = scene.company.renewal.minimum_uplift_percent if scene.company and scene.company.renewal else None
    currency, renewal = scene.currency, scene.agreement.terms.renewal
    rises = []
    for watch in scene.lines:
        uplift = agreed_uplift(watch, renewal) or minimum
        price = monthly(watch.terms, scene.as_of)
        rises.append(None if uplift is None or price is None else price * uplift / HUNDRED)
    total = added(rises)
    if total is None:
        return AmountAtRisk(currency=currency, assumptions=("by how much prices could rise is not known",))
    months = periods_by_days(Period(free, scene.term.end), 1) if free < scene.term.end else None
    stated = (
        "the agreed uplift"
        if minimum is None
        else f"the agreed uplift, else the company's minimum of {plain(minimum)} %"
    )
    return AmountAtRisk(
        currency=currency,
        per_period=round_to_currency(total, currency),
        remaining_term=None if months is None else round_to_currency(total * months, currency),
        already_lost=round_to_currency(ZERO, currency),
        assumptions=(f"a month, at {stated}",),
    )
