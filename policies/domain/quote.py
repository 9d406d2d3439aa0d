"""A quote: who offers what to whom, for how long and on which terms."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from policies.domain.charge import NO_NULLS, NOTHING_EXTRA, BillingFrequency, BillingTiming, Line
from policies.domain.money import RoundingPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping


class Stage(StrEnum):
    """Where a quote stands on its way to the customer."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    SENT = "sent"
    ACCEPTED = "accepted"


class DealType(StrEnum):
    """What a quote does to the customer's contract."""

    NEW = "new"
    EXPANSION = "expansion"
    RENEWAL = "renewal"
    AMENDMENT = "amendment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The customer. `country` is ISO 3166-1 alpha-2, `time_zone` an IANA name."""

    account_id: str
    name: str | None = None
    segment: str | None = None
    country: str | None = None
    time_zone: str | None = None
    extra: Mapping[str, object] = field(default=NOTHING_EXTRA, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rep:
    """The person who sells; `role` is a key of the company's discount authority."""

    rep_id: str
    name: str | None = None
    role: str | None = None
    team: str | None = None
    extra: Mapping[str, object] = field(default=NOTHING_EXTRA, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What happens when the term ends."""

    auto_renew: bool | None = None
    term_months: int | None = None
    uplift_percent: Decimal | None = None
    cap_percent: Decimal | None = None
    notice_days: int | None = None
    extra: Mapping[str, object] = field(default=NOTHING_EXTRA, compare=False)
    nulls: frozenset[str] = NO_NULLS


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedTotals:
    """The totals that the sender printed; they are checked, never trusted."""

    tcv: Decimal | None = None
    acv: Decimal | None = None
    mrr: Decimal | None = None
    one_time: Decimal | None = None
    extra: Mapping[str, object] = field(default=NOTHING_EXTRA, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A person's consent to exactly the content whose hash it names."""

    approver_id: str
    role: str | None = None
    approved_at: datetime | None = None
    content_hash: str | None = None
    extra: Mapping[str, object] = field(default=NOTHING_EXTRA, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialTerm:
    """A clause in free text. `billing_effect` False is the deal desk's word that it changes no invoice."""

    text: str
    billing_effect: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """An offer. Line ids are unique, parents exist and are no cycle; the canonical schema sees to it."""

    quote_id: str
    currency: str
    lines: tuple[Line, ...]
    revision: str | None = None
    source: str | None = None
    stage: Stage | None = None
    opportunity_id: str | None = None
    deal_type: DealType | None = None
    account: Account | None = None
    rep: Rep | None = None
    price_book: str | None = None
    created_at: datetime | None = None
    valid_until: datetime | None = None
    start_date: date | None = None
    end_date: date | None = None
    billing_start_date: date | None = None
    term_months: int | None = None
    billing_frequency: BillingFrequency | None = None
    billing_timing: BillingTiming | None = None
    payment_terms_days: int | None = None
    rounding: RoundingPolicy | None = None
    renewal: Renewal | None = None
    termination_for_convenience: bool | None = None
    special_terms: tuple[SpecialTerm, ...] = ()
    stated_totals: StatedTotals | None = None
    approvals: tuple[Approval, ...] = ()
    extra: Mapping[str, object] = field(default=NOTHING_EXTRA, compare=False)
    nulls: frozenset[str] = NO_NULLS
