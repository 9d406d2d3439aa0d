"""The watch over one agreement: what is about to leak from it, and what nobody can tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.domain.company import WatchLimits
from policies.watching.alert import Alert, Notice, Watched, alert_of
from policies.watching.allowances import allowances
from policies.watching.commitments import commitments
from policies.watching.credits import credits_ending
from policies.watching.deadlines import deadlines
from policies.watching.discounts import ending_discounts
from policies.watching.renewals import renewals
from policies.watching.scene import scene_of

if TYPE_CHECKING:
    from policies.domain.agreement import Agreement
    from policies.domain.billing import BillingConfiguration
    from policies.domain.company import Company
    from policies.domain.usage import UsageRecord

_LOOK_OUTS: Final = (ending_discounts, renewals, allowances, commitments, credits_ending, deadlines)


def watch(
    agreement: Agreement,
    configuration: BillingConfiguration | None,
    usage: Iterable[UsageRecord],
    as_of: date,
    *,
    company: Company | None = None,
) -> Watched:
    """What is about to leak from an agreement on a day. `usage` is read once; the limits are the company's, or the usual ones.

    An agreement that is not in force on the day has no alerts. What is due first comes first.
    """
    limits = WatchLimits() if company is None else company.watch
    scene, unknown = scene_of(agreement, configuration, usage, as_of, limits, company)
    seen = [] if scene is None else [each for look_out in _LOOK_OUTS for each in look_out(scene)]
    found = [] if scene is None else [alert_of(each, scene) for each in seen if isinstance(each, Notice)]
    return Watched(
        agreement_id=agreement.agreement_id,
        as_of=as_of,
        currency=agreement.terms.currency,
        alerts=tuple(sorted(found, key=_urgency)),
        not_assessed=(*unknown, *(each for each in seen if not isinstance(each, Notice))),
    )


def _urgency(alert: Alert) -> tuple[date, Decimal, str]:
    amount = alert.finding.amount_at_risk
    money = None if amount is None else amount.remaining_term
    return alert.due_on, -(money or Decimal(0)), alert.alert_id
