"""A billing configuration: what was set up in the billing system."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from policies.domain.charge import NO_NULLS, NOTHING_EXTRA, Line
from policies.domain.quote import Account

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    auto_renew: bool | None = None
    extra: Mapping[str, object] = field(default=NOTHING_EXTRA, compare=False)
    nulls: frozenset[str] = NO_NULLS
