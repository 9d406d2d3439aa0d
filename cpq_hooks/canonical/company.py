"""The schema of company.yaml: who may discount how far, which terms are standard, what a day and a failure mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from cpq_hooks.canonical.desk_rules import MOST_CHAINS, ApprovalChainSchema, RetentionSchema, ReviewRulesSchema
from cpq_hooks.canonical.fields import Choice, Currency, Described, Flag, Statement, TimeZone, refuse
from cpq_hooks.canonical.files import FileRecord, Share, Word
from cpq_hooks.canonical.nesting import Items, Part, Table
from cpq_hooks.canonical.numbers import Number, Whole
from cpq_hooks.canonical.record import Placed, Rule, legible
from cpq_hooks.canonical.times import Clock, Day
from cpq_hooks.problem import Flaw, did_you_mean, one_of, shown
from policies.domain.charge import BillingFrequency
from policies.domain.company import (
    AuthorityRule,
    BusinessCalendar,
    Company,
    DiscountAuthority,
    ExtendedTerms,
    FailMode,
    FirstInvoiceGate,
    MarginFloor,
    PaymentTerms,
    PolicyOverride,
    RandomRelease,
    RenewalTerms,
    TermLimits,
    Thresholds,
    WatchLimits,
)
from policies.domain.finding import Effect
from policies.domain.quote import DealType, Stage

LONGEST_TERM_MONTHS: Final = 1_200
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class AuthorityRuleSchema(FileRecord):
    """Up to which discount a role may go by itself."""

    record = AuthorityRule

    role = Word("The role; one of the ladder.", required=True)
    maximum_discount_percent = Share("The largest discount that the role may give, in percent.", required=True)
    product_family = Word("The product family that the rule is for; none is every family.")
    deal_type = Choice(DealType, "The deal type that the rule is for; none is every type.")
    deal_size_up_to = Number("The deal size (ACV) that the rule still holds for; none is every size.", above=0)


def _roles_are_on_the_ladder(table: Any) -> Iterator[Placed]:
    for position, each in enumerate(table.rules):
        role = legible(each, "role")
        if role is not None and role not in table.ladder:
            guess = did_you_mean(role, [step for step in table.ladder if isinstance(step, str)])
            flaw = Flaw("unknown_reference", f"the role {shown(role)} is not on the ladder.{guess}")
            yield ("rules", position, "role"), flaw


def _steps_are_unique(table: Any) -> Iterator[Placed]:
    for position, role in enumerate(table.ladder):
        if role in table.ladder[:position]:
            yield (
                ("ladder", position),
                Flaw("duplicate", f"the role {shown(role)} stands twice on the ladder: keep one"),
            )


class DiscountAuthoritySchema(FileRecord):
    """Who may discount how far."""

    record = DiscountAuthority

    ladder = Items(
        Word("A role."), "The roles from least to most authority.", required=True, least=1, most=100, noun="roles"
    )
    rules = Items(
        Part(AuthorityRuleSchema, "One rule."),
        "Up to which discount each role may go.",
        required=True,
        least=1,
        most=10_000,
        noun="rules",
    )

    conditions = (Rule(("ladder",), _steps_are_unique), Rule(("ladder", "rules"), _roles_are_on_the_ladder))


class ExtendedTermsSchema(FileRecord):
    """Payment days beyond the standard that somebody may grant."""

    record = ExtendedTerms

    up_to_days = Whole("The most days that may be granted.", least=1, most=3_650, required=True)
    approver = Word("The role that may grant them.", required=True)
    minimum_acv = Number("The deal size (ACV) from which they may be granted.")


class PaymentTermsSchema(FileRecord):
    """Payment and billing rhythm that need nobody's consent."""

    record = PaymentTerms

    standard_days = Whole("Within how many days an invoice is to be paid.", most=3_650, required=True)
    approver = Word("The role that may consent to more.", required=True)
    standard_frequencies = Items(
        Choice(BillingFrequency, "A billing frequency."), "The billing frequencies that need no consent.", most=10
    )
    extended = Items(Part(ExtendedTermsSchema, "One step."), "What may be granted beyond the standard.", most=100)
    annual_rate_percent = Share("What cash costs the company in a year, in percent.")


class RenewalTermsSchema(FileRecord):
    """What a renewal clause has to say."""

    record = RenewalTerms

    minimum_uplift_percent = Share("The least rise of the price at renewal, in percent.")
    uplift_is_mandatory = Flag("Whether a quote without it is stopped.")
    minimum_cap_percent = Share("The least cap on a rise that may be promised, in percent.")
    maximum_notice_days = Whole("The longest notice that may be promised, in days.", most=3_650)
    auto_renew_required = Flag("Whether a contract has to renew by itself.")
    expected_renewals = Whole("How many renewals to count on, for the money at risk.", most=100)
    approver = Word("The role that may consent to less.")


class TermLimitsSchema(FileRecord):
    """How long a term may be without consent."""

    record = TermLimits

    minimum_months = Whole("The shortest term.", least=1, most=LONGEST_TERM_MONTHS)
    maximum_months = Whole("The longest term.", least=1, most=LONGEST_TERM_MONTHS)
    approver = Word("The role that may consent to others.")

    @staticmethod
    def _in_order(limits: Any) -> Sequence[Placed]:
        if limits.minimum_months <= limits.maximum_months:
            return ()
        return ((("maximum_months",), Flaw("conflict", "maximum_months is below minimum_months")),)

    conditions = (Rule(("minimum_months", "maximum_months"), _in_order),)


class MarginFloorSchema(FileRecord):
    """The least margin of a whole quote, up to a deal size."""

    record = MarginFloor

    minimum_percent = Share("The least margin, in percent of the net price.", required=True)
    deal_size_up_to = Number("The deal size (ACV) that it still holds for; none is every size.", above=0)


class RandomReleaseSchema(FileRecord):
    """Deals that nothing but their risk flagged and that are let go all the same, to learn what such a flag is worth."""

    record = RandomRelease

    share_percent = Share("The share of such deals that is let go, in percent.", required=True)
    up_to_amount = Number("The expected leakage that a deal let go may have at most.", required=True)


class ThresholdsSchema(FileRecord):
    """Probabilities and amounts from which something counts."""

    record = Thresholds

    alert_probability = Number("The probability from which a deal is alerted at once.", most=1)
    digest_probability = Number("The probability from which a deal is in the weekly digest.", most=1)
    flag_tier = Flag("Whether a deal in the tier alert is flagged, where that tier bears its name; true unless stated.")
    flag_expected_leakage = Number("The expected leakage from which a deal is flagged.")
    block_expected_leakage = Number("The expected leakage from which a deal is blocked.")
    flag_anomaly = Number(
        "The anomaly score, from 0 to 1, from which a deal is flagged; never unless stated. An anomaly never blocks.",
        most=1,
    )
    risk_approver = Word("The role that may consent to a deal that its risk flags; deal-desk unless stated.")
    minimum_outcomes = Whole(
        "From how many known outcomes a model is learned; 200 unless stated.", least=1, most=100_000_000
    )
    random_release = Part(
        RandomReleaseSchema, "Deals that are let go although their risk flags them; none unless stated."
    )
    price_book_grace_days = Whole("For how many days after its end a price book may still be used.", most=3_650)
    discount_tolerance_percent = Share("How far a printed discount may be off, in percentage points.")

    @staticmethod
    def _in_order(limits: Any) -> Sequence[Placed]:
        if limits.flag_expected_leakage <= limits.block_expected_leakage:
            return ()
        message = "block_expected_leakage is below flag_expected_leakage: a deal would be blocked before it is flagged"
        return ((("block_expected_leakage",), Flaw("conflict", message)),)

    conditions = (Rule(("flag_expected_leakage", "block_expected_leakage"), _in_order),)


class Weekday(Described):
    """A day of the week, by name or by its ISO number; Monday is 1."""

    def json_schema(self) -> dict[str, Any]:
        return {"enum": [*range(1, 8), *_WEEKDAYS]}

    def read(self, value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= len(_WEEKDAYS):
            return value
        if isinstance(value, str) and len(value) > 2:
            for number, name in enumerate(_WEEKDAYS, start=1):
                if name.startswith(value.casefold()):
                    return number
        guess = did_you_mean(value, _WEEKDAYS)
        return refuse("unknown_value", f"{shown(value)} is not one of {one_of(_WEEKDAYS)}, or 1 to 7.{guess}")


class BusinessCalendarSchema(FileRecord):
    """When the deal desk works; the clock of approvals runs only then."""

    record = BusinessCalendar

    time_zone = TimeZone("The time zone of the deal desk, by its IANA name.")
    weekdays = Items(Weekday("A day of the week."), "The days on which it works.", least=1, most=7, noun="days")
    opens = Clock("When it begins.")
    closes = Clock("When it ends.")
    holidays = Items(Day("A day."), "Days on which it does not work.", most=10_000, noun="days")

    @staticmethod
    def _opens_first(calendar: Any) -> Sequence[Placed]:
        if calendar.opens < calendar.closes:
            return ()
        return ((("closes",), Flaw("ends_before_start", "the desk closes before it opens: write times of one day")),)

    conditions = (Rule(("opens", "closes"), _opens_first),)


class WatchLimitsSchema(FileRecord):
    """How early the watch speaks, and from how many days of use it infers a pace."""

    record = WatchLimits

    discount_end_days = Whole("How many days before a discount ends; 30 unless stated.", most=3_650)
    renewal_days = Whole("How many days before an agreement ends or renews; 90 unless stated.", most=3_650)
    notice_days = Whole("How many days before the last day for notice; 30 unless stated.", most=3_650)
    price_lock_days = Whole("How many days before a price lock ends; 90 unless stated.", most=3_650)
    commitment_days = Whole("How many days before a commitment's period ends; 90 unless stated.", most=3_650)
    credit_days = Whole("How many days before prepaid credit expires or runs out; 90 unless stated.", most=3_650)
    least_usage_days = Whole(
        "From how many days of recorded use a pace is inferred; 7 unless stated.", least=1, most=366
    )


class FirstInvoiceGateSchema(FileRecord):
    """When a billing configuration is held before its first invoice."""

    record = FirstInvoiceGate

    hold_flagged = Flag("Whether a flag holds as well, and not a block alone.")
    escalate_business_days = Whole(
        "How many working days before the first invoice a hold is escalated; 3 unless stated.", most=365
    )


class PolicyOverrideSchema(FileRecord):
    """The company's word on one policy of the library."""

    record = PolicyOverride

    enabled = Flag("False leaves the policy out.")
    effect = Choice(Effect, "What a violation does here, in place of the policy's own effect.")


class CompanySchema(FileRecord):
    """All tables of the company; a table that is not there has not been stated."""

    record = Company

    name = Statement("The company's name.", required=True)
    currency = Currency("The currency of the amounts in this file, ISO 4217.", required=True)
    simulated = Flag("Whether the company is made up; whatever rests on it is labelled so.")
    exchange_rates = Table(
        Currency("A currency."),
        Number("How much of the company's currency one unit of it is.", above=0, required=True),
        "The planning rates by which deals in other currencies are sized.",
    )
    discount_authority = Part(DiscountAuthoritySchema, "Who may discount how far.")
    payment_terms = Part(PaymentTermsSchema, "Payment and billing rhythm that need nobody's consent.")
    renewal = Part(RenewalTermsSchema, "What a renewal clause has to say.")
    term = Part(TermLimitsSchema, "How long a term may be without consent.")
    margin_floors = Items(
        Part(MarginFloorSchema, "One floor."), "The least margin, by deal size.", most=100, noun="floors"
    )
    thresholds = Part(ThresholdsSchema, "Probabilities and amounts from which something counts.")
    fail_modes = Table(
        Choice(Stage, "A stage."),
        Choice(FailMode, "open: work goes on; hold: it waits.", required=True),
        "What happens at each stage when a check could not be made in time.",
    )
    calendar = Part(BusinessCalendarSchema, "When the deal desk works.")
    approval_hours = Table(
        Word("A role."),
        Whole("Hours.", least=1, most=8_784, required=True),
        "How many working hours each role has for a consent.",
    )
    approval_chains = Items(
        Part(ApprovalChainSchema, "One chain."),
        "Who consents in which order; without a chain, all roles that are asked for are asked at once.",
        most=MOST_CHAINS,
        noun="chains",
    )
    reviews = Part(ReviewRulesSchema, "What a review may be.")
    retention = Part(RetentionSchema, "What of the record is not for everybody, or not kept for good.")
    watch = Part(WatchLimitsSchema, "How early the watch speaks.")
    first_invoice = Part(FirstInvoiceGateSchema, "When a billing configuration is held before its first invoice.")
    policy_overrides = Table(
        Word("A policy's id."),
        Part(PolicyOverrideSchema, "What changes.", required=True),
        "The company's word on policies of the library.",
    )
