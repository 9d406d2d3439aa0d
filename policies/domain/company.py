"""The company's own numbers: who may discount how far, which terms are standard, what a day and a failure mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from policies.domain.charge import BillingFrequency
from policies.domain.desk import ApprovalChain, ReviewRules
from policies.domain.finding import Effect
from policies.domain.quote import DealType, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityRule:
    """Up to which discount a role may go by itself, for a product family and deal size.

    None matches everything. `deal_size_up_to` is the ACV that the band includes, in `Company.currency`; None is open.
    """

    role: str
    maximum_discount_percent: Decimal
    product_family: str | None = None
    deal_type: DealType | None = None
    deal_size_up_to: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountAuthority:
    """The authority table. `ladder` orders the roles from least to most authority; every rule names one of them."""

    ladder: tuple[str, ...]
    rules: tuple[AuthorityRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendedTerms:
    """Payment days beyond standard that `approver` may grant from a deal size (ACV) on."""

    up_to_days: int
    approver: str
    minimum_acv: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTerms:
    """Payment and billing rhythm that need nobody's consent, and the yearly cost of cash in percent."""

    standard_days: int
    approver: str
    standard_frequencies: tuple[BillingFrequency, ...] = (BillingFrequency.ANNUAL,)
    extended: tuple[ExtendedTerms, ...] = ()
    annual_rate_percent: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalTerms:
    """What a renewal clause must say."""

    minimum_uplift_percent: Decimal | None = None
    uplift_is_mandatory: bool = False
    minimum_cap_percent: Decimal | None = None
    maximum_notice_days: int | None = None
    auto_renew_required: bool = False
    expected_renewals: int = 1
    approver: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TermLimits:
    """How long a term may be without consent, in months."""

    minimum_months: int | None = None
    maximum_months: int | None = None
    approver: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginFloor:
    """The least margin of a whole quote, in percent of net, up to a deal size (ACV, included); None is open."""

    minimum_percent: Decimal
    deal_size_up_to: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomRelease:
    """Which share of the deals that nothing but their risk flagged is let go at random, up to which expected leakage.

    What becomes of them is the only way to learn what such a flag is worth. The amount is in `Company.currency`.
    """

    share_percent: Decimal
    up_to_amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Probabilities and amounts from which a risk score flags or blocks, and from which money decides the effect.

    Expected leakage is in `Company.currency`. `flag_tier` flags a deal in the tier alert, as long as that tier bears its
    name; `flag_anomaly` is the anomaly score, from 0 to 1, from which a deal is flagged, None for never. `risk_approver`
    is the role that may consent to a deal that its risk flags. With fewer known outcomes than `minimum_outcomes` nothing is
    learned.
    """

    alert_probability: Decimal = Decimal("0.90")
    digest_probability: Decimal = Decimal("0.70")
    flag_tier: bool = True
    flag_expected_leakage: Decimal | None = None
    block_expected_leakage: Decimal | None = None
    flag_anomaly: Decimal | None = None
    risk_approver: str = "deal-desk"
    minimum_outcomes: int = 200
    random_release: RandomRelease | None = None
    price_book_grace_days: int = 0
    discount_tolerance_percent: Decimal = Decimal("0.5")


class FailMode(StrEnum):
    """What happens to work when a check could not be made in time."""

    OPEN = "open"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessCalendar:
    """When the deal desk works; the clock of approvals runs only then. `weekdays` are ISO numbers, Monday is 1."""

    time_zone: str = "UTC"
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    opens: time = time(9)
    closes: time = time(17)
    holidays: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchLimits:
    """How early the watch speaks, in days before something happens, and from how many days of use it infers a pace."""

    discount_end_days: int = 30
    renewal_days: int = 90
    notice_days: int = 30
    price_lock_days: int = 90
    commitment_days: int = 90
    credit_days: int = 90
    least_usage_days: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstInvoiceGate:
    """When a billing configuration is held: at a block, and at a flag where `hold_flagged`.

    A hold that still stands so many working days before the first invoice is escalated.
    """

    hold_flagged: bool = False
    escalate_business_days: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyOverride:
    """The company's word on one policy of the library: another effect, or `enabled` False to leave it out."""

    enabled: bool = True
    effect: Effect | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What of the record is not for everybody, and what is not kept for good.

    `masked_fields` are paths such as "account.name" or "rep.*": wherever in a document such a path ends, pages and files show
    it to administrators only. The others say for how many days documents of a kind are kept after they were received, or
    after their agreement has ended where that was later; None keeps them. Decisions stay as they were recorded.
    """

    masked_fields: tuple[str, ...] = ()
    quote_days: int | None = None
    agreement_days: int | None = None
    billing_configuration_days: int | None = None
    usage_days: int | None = None
    invoice_days: int | None = None
    outcome_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """All tables of the company. A table that is None has not been stated: what needs it is not assessed.

    `exchange_rates` are the planning rates of finance: how much of `currency` one unit of another currency is. They only
    size deals for the tables' bands; no amount at risk is ever converted.
    """

    name: str
    currency: str
    exchange_rates: Mapping[str, Decimal] = field(default_factory=dict)
    discount_authority: DiscountAuthority | None = None
    payment_terms: PaymentTerms | None = None
    renewal: RenewalTerms | None = None
    term: TermLimits | None = None
    margin_floors: tuple[MarginFloor, ...] = ()
    thresholds: Thresholds = field(default_factory=Thresholds)
    fail_modes: Mapping[Stage, FailMode] = field(default_factory=dict)
    calendar: BusinessCalendar = field(default_factory=BusinessCalendar)
    approval_hours: Mapping[str, int] = field(default_factory=dict)
    approval_chains: tuple[ApprovalChain, ...] = ()
    reviews: ReviewRules = field(default_factory=ReviewRules)
    watch: WatchLimits = field(default_factory=WatchLimits)
    first_invoice: FirstInvoiceGate = field(default_factory=FirstInvoiceGate)
    retention: Retention = field(default_factory=Retention)
    policy_overrides: Mapping[str, PolicyOverride] = field(default_factory=dict)
    simulated: bool = False
