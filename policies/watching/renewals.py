"""Renewals that come near: without an uplift, without a renewal at all, or without billing that follows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.domain.decision import NotAssessed
from policies.domain.finding import AmountAtRisk, Direction, Evidence
from policies.domain.money import format_amount, plain, round_to_currency
from policies.domain.period import whole_months
from policies.domain.wording import called, field_of, listed
from policies.watching.alert import BILLING, DEAL_DESK, SURE, Notice
from policies.watching.scene import Scene, Watch, added, monthly

if TYPE_CHECKING:
    from policies.domain.quote import Renewal

ZERO = Decimal(0)
HUNDRED = Decimal(100)
POLICY = "renewal-comes-near"
NOT_AUTOMATIC = "agreement-ends-without-renewal"
BILLS_ON = "billing-outlives-agreement"
STOPS = "billing-stops-at-renewal"
NO_UPLIFT = "renewal-without-uplift"
NOT_IN_BILLING = "renewal-uplift-not-in-billing"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Renewing:
    """A line that is alive on the agreement's last day: its price a month then, and the uplift that is agreed for it."""

    watch: Watch
    monthly: Decimal | None
    uplift: Decimal | None


def renewals(scene: Scene) -> Iterator[Notice | NotAssessed]:
    """Notices about the end of an agreement that comes near."""
    last = scene.term.last_day
    if not scene.is_near(last, scene.limits.renewal_days):
        return
    renewal = scene.agreement.terms.renewal
    lines = [_renewing(watch, last, renewal) for watch in scene.lines if watch.terms.dated.end == scene.term.end]
    if not lines:
        return
    if renewal is None or renewal.auto_renew is None:
        because = f"the agreement ends on {last} and does not say whether it renews by itself"
        yield NotAssessed(policy_id=POLICY, because=because)
    elif not renewal.auto_renew:
        yield _not_automatic(scene, lines)
        yield from _bills_on(scene, lines)
    else:
        yield from _automatic(scene, lines, renewal)


def agreed_uplift(watch: Watch, renewal: Renewal | None) -> Decimal | None:
    """By how many percent the renewal raises a line's price: as the renewal clause says, else as the line does, within the cap."""
    stated = None if renewal is None else renewal.uplift_percent
    uplift = watch.line.uplift_percent if stated is None else stated
    cap = None if renewal is None else renewal.cap_percent
    return uplift if uplift is None or cap is None else min(uplift, cap)


def _renewing(watch: Watch, last: date, renewal: Renewal | None) -> _Renewing:
    return _Renewing(watch=watch, monthly=monthly(watch.terms, last), uplift=agreed_uplift(watch, renewal))


def _automatic(scene: Scene, lines: list[_Renewing], renewal: Renewal) -> Iterator[Notice | NotAssessed]:
    without = [each for each in lines if not each.uplift]
    if without:
        yield _no_uplift(scene, without, renewal)
    if scene.configuration is None:
        because = (
            f"the agreement renews after {scene.term.last_day}, and no billing configuration is known to follow it"
        )
        yield NotAssessed(policy_id=POLICY, because=because)
        return
    stops = _stopping(scene, lines)
    if stops:
        yield _stop(scene, stops, renewal)
    rising = [each for each in lines if each.uplift and each not in stops and each.watch.charges]
    missing = [each for each in rising if _billed_uplift(each) < (each.uplift or ZERO)]
    if missing:
        yield _not_in_billing(scene, missing, renewal)
    unbilled = [each.watch.line.line_id for each in lines if not each.watch.charges]
    if unbilled:
        because = f"no charge of {scene.configuration.billing_configuration_id} bills these lines, so none can follow the renewal"
        yield NotAssessed(policy_id=POLICY, because=because, line_ids=tuple(unbilled))


def _billed_uplift(each: _Renewing) -> Decimal:
    """The least that any charge of the line rises by; a charge that says nothing does not rise."""
    return min((charge.terms.uplift_percent or ZERO for charge in each.watch.charges), default=ZERO)


def _stopping(scene: Scene, lines: list[_Renewing]) -> list[_Renewing]:
    """The lines that billing stops charging when the agreement renews."""
    configuration, last = scene.configuration, scene.term.last_day
    if configuration is None or configuration.auto_renew:
        return []
    return [
        each
        for each in lines
        if each.watch.charges
        and all(
            charge.terms.end_date is not None and charge.terms.end_date <= last
            if configuration.auto_renew is None
            else charge.terms.end_date is None or charge.terms.end_date <= last
            for charge in each.watch.charges
        )
    ]


def _months(scene: Scene, renewal: Renewal) -> int | None:
    return renewal.term_months or whole_months(scene.term)


def _amount(
    scene: Scene, lines: list[_Renewing], share: list[Decimal | None], months: int | None, *words: str
) -> AmountAtRisk:
    """What a share of each line's monthly price comes to over one renewed term."""
    parts = (
        None if each.monthly is None or part is None else each.monthly * part
        for each, part in zip(lines, share, strict=True)
    )
    total, currency = added(parts), scene.currency
    if total is None:
        return AmountAtRisk(
            currency=currency, assumptions=("what these lines bill hangs on use, or is not determined", *words)
        )
    per_month = round_to_currency(total, currency)
    term = None if months is None else round_to_currency(total * months, currency)
    span = "the length of the renewed term is not known" if months is None else f"one renewed term of {months} months"
    return AmountAtRisk(
        currency=currency,
        per_period=per_month,
        remaining_term=term,
        already_lost=round_to_currency(ZERO, currency),
        assumptions=(f"a month, and {span}", *words),
    )


def _ids(lines: list[_Renewing]) -> tuple[str, ...]:
    return tuple(each.watch.line.line_id for each in lines)


def _names(lines: list[_Renewing]) -> str:
    names = [called(each.watch.line) for each in lines]
    return listed(names) if len(names) < 4 else f"{len(names)} lines"


def _a_month(amount: AmountAtRisk) -> str:
    return "" if amount.per_period is None else f": {format_amount(amount.per_period, amount.currency)} a month"


def _no_uplift(scene: Scene, lines: list[_Renewing], renewal: Renewal) -> Notice:
    last = scene.term.last_day
    wanted = scene.company.renewal.minimum_uplift_percent if scene.company and scene.company.renewal else None
    share = None if wanted is None else wanted / HUNDRED
    words = (
        "company.yaml has no minimum uplift"
        if wanted is None
        else f"at the company's minimum uplift of {plain(wanted)} %"
    )
    amount = _amount(scene, lines, [share] * len(lines), _months(scene, renewal), words)
    notice = None if renewal.notice_days is None else last - timedelta(days=renewal.notice_days)
    return Notice(
        policy=NO_UPLIFT,
        pattern="R01",
        direction=Direction.UNDER,
        key=last.isoformat(),
        line_ids=_ids(lines),
        message=f"{_names(lines)} renew after {last} at the old price, because no uplift is agreed{_a_month(amount)}.",
        remedy="Agree on an uplift before the last day for notice, or decide that there is none.",
        owner=DEAL_DESK,
        due_on=last if notice is None or notice < scene.as_of else notice,
        happens_on=scene.term.end,
        confidence=SURE,
        amount=amount,
        evidence=(
            Evidence(field="renewal.uplift_percent", actual=None, expected=None if wanted is None else plain(wanted)),
        ),
    )


def _not_in_billing(scene: Scene, lines: list[_Renewing], renewal: Renewal) -> Notice:
    last = scene.term.last_day
    missing = [((each.uplift or ZERO) - _billed_uplift(each)) / HUNDRED for each in lines]
    amount = _amount(scene, lines, list(missing), _months(scene, renewal))
    return Notice(
        policy=NOT_IN_BILLING,
        pattern="R01",
        direction=Direction.UNDER,
        key=last.isoformat(),
        line_ids=_ids(lines),
        message=f"{_names(lines)} renew after {last} with an uplift that billing does not have{_a_month(amount)}.",
        remedy="Set the agreed uplift on the charges before the renewal is invoiced.",
        owner=BILLING,
        due_on=last,
        happens_on=scene.term.end,
        confidence=SURE,
        amount=amount,
        evidence=tuple(
            Evidence(
                field=field_of(each.watch.line, "uplift_percent"),
                actual=plain(_billed_uplift(each)),
                expected=plain(each.uplift or ZERO),
                expected_from="the agreement's renewal",
            )
            for each in lines
        ),
    )


def _stop(scene: Scene, lines: list[_Renewing], renewal: Renewal) -> Notice:
    last = scene.term.last_day
    shares: list[Decimal | None] = [1 + (each.uplift or ZERO) / HUNDRED for each in lines]
    amount = _amount(scene, lines, shares, _months(scene, renewal), "with the agreed uplift, where there is one")
    return Notice(
        policy=STOPS,
        pattern="R03",
        direction=Direction.UNDER,
        key=last.isoformat(),
        line_ids=_ids(lines),
        message=f"The agreement renews after {last}, and billing stops charging {_names(lines)} then{_a_month(amount)}.",
        remedy="Turn the automatic renewal on in billing, or move the end of the charges.",
        owner=BILLING,
        due_on=last,
        happens_on=scene.term.end,
        confidence=SURE,
        amount=amount,
        evidence=(
            Evidence(
                field="renewal.auto_renew", actual="off in billing", expected="true", expected_from="the agreement"
            ),
        ),
    )


def _not_automatic(scene: Scene, lines: list[_Renewing]) -> Notice:
    last = scene.term.last_day
    words = "what each month of service after the term is worth, if it goes on without a renewal"
    amount = _amount(scene, lines, [Decimal(1)] * len(lines), None, words)
    return Notice(
        policy=NOT_AUTOMATIC,
        pattern="R03",
        direction=Direction.UNDER,
        key=last.isoformat(),
        line_ids=_ids(lines),
        message=f"The agreement ends on {last} and does not renew by itself{_a_month(amount)}.",
        remedy="Send a renewal quote, or end the service with the agreement.",
        owner=DEAL_DESK,
        due_on=last,
        happens_on=scene.term.end,
        confidence=SURE,
        amount=amount,
        evidence=(Evidence(field="renewal.auto_renew", actual="false"),),
    )


def _bills_on(scene: Scene, lines: list[_Renewing]) -> Iterator[Notice]:
    """Billing that goes on by itself after an agreement that ends."""
    configuration = scene.configuration
    on = [each for each in lines if any(charge.terms.end_date is None for charge in each.watch.charges)]
    if configuration is None or not configuration.auto_renew or not on:
        return
    last = scene.term.last_day
    amount = _amount(scene, on, [Decimal(1)] * len(on), None)
    yield Notice(
        policy=BILLS_ON,
        pattern="R03",
        direction=Direction.OVER,
        key=last.isoformat(),
        line_ids=_ids(on),
        message=f"The agreement ends on {last}, and billing would go on charging {_names(on)}{_a_month(amount)}.",
        remedy="Turn the automatic renewal off in billing, or give the charges the agreement's end.",
        owner=BILLING,
        due_on=last,
        happens_on=scene.term.end,
        confidence=SURE,
        amount=amount,
    )
