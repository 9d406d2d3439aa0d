"""A billing configuration: what was set up in the billing system."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from policies.domain.charge import NO_NULLS, NOTHING_EXTRA, BillingTiming, ChargeType, Line
from policies.domain.money import RoundingPolicy
from policies.domain.period import MONTHS, add_months
from policies.domain.quote import Account

if TYPE_CHECKING:
    from collections.abc import Mapping

_LAST_START = date(2999, 12, 31)  # beyond any contract, and the calendar ends not far behind


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingCharge:
    """One charge as billing holds it: the terms of a line, and whether and when billing will act on them.

    `state` is the platform's own word. Where the sender gave no `line_id`, `terms.line_id` is the charge's id.
    """

    charge_id: str
    terms: Line
    quote_line_id: str | None = None
    state: str | None = None
    trial_days: int | None = None
    invoiceable: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingConfiguration:
    """The charges set up for one agreement or quote."""

    billing_configuration_id: str
    currency: str
    charges: tuple[BillingCharge, ...]
    revision: str | None = None
    source: str | None = None
    agreement_id: str | None = None
    quote_id: str | None = None
    account: Account | None = None
    time_zone: str | None = None
    status: str | None = None
    created_at: datetime | None = None
    first_invoice_date: date | None = None
    billing_anchor_day: int | None = None
    rounding: RoundingPolicy | None = None
    auto_renew: bool | None = None
    extra: Mapping[str, object] = field(default=NOTHING_EXTRA, compare=False)
    nulls: frozenset[str] = NO_NULLS


def first_invoice_of(configuration: BillingConfiguration) -> date | None:
    """The day of the first invoice: as stated, else the earliest that the charges' own dates lead to; None where no one can tell."""
    if configuration.first_invoice_date is not None:
        return configuration.first_invoice_date
    days = [day for charge in configuration.charges if (day := _first_invoice(charge)) is not None]
    return min(days, default=None)


def _first_invoice(charge: BillingCharge) -> date | None:
    """The day on which a charge is first billed: when it starts, or one billing period later in arrears."""
    line = charge.terms
    start = line.billing_start_date or line.start_date
    if start is None or start > _LAST_START:
        return None
    if charge.trial_days is not None and line.billing_start_date is None:
        start += timedelta(days=charge.trial_days)
    if line.charge_type is not ChargeType.USAGE and line.billing_timing is not BillingTiming.IN_ARREARS:
        return start
    months = None if line.billing_frequency is None else MONTHS.get(line.billing_frequency)
    return None if months is None else add_months(start, months)
