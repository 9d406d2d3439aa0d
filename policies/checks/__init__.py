"""The checks that policies can name: each judges one thing, and none knows another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.check import registry
from policies.checks import (
    allowance_overage,
    billing_mapping,
    billing_rhythm,
    blended_discount_authority,
    co_term,
    commitment_period,
    commitment_true_up,
    companions,
    discount_authority,
    drawdown_expiry,
    edited_after_approval,
    evergreen,
    free_period,
    free_text_terms,
    line_total,
    net_price,
    payment_terms,
    period_total,
    price_book_currency,
    price_book_in_force,
    price_decimals,
    price_lock,
    price_period,
    promotion_end,
    quote_margin_floor,
    ramp_coverage,
    ramp_steps,
    renewal_cap,
    renewal_uplift,
    setup_causes,
    special_terms,
    ssp_range,
    stacked_concessions,
    stale_quote,
    stated_totals,
    stub_total,
    termination_for_convenience,
    tier_prices,
    tier_table,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policies.check import Check

ALL: Final[Mapping[str, Check]] = registry(
    (
        allowance_overage.CHECK,
        billing_mapping.CHECK,
        billing_rhythm.CHECK,
        blended_discount_authority.CHECK,
        co_term.CHECK,
        commitment_period.CHECK,
        commitment_true_up.CHECK,
        companions.CHECK,
        discount_authority.CHECK,
        drawdown_expiry.CHECK,
        edited_after_approval.CHECK,
        evergreen.CHECK,
        free_period.CHECK,
        free_text_terms.CHECK,
        line_total.CHECK,
        net_price.CHECK,
        payment_terms.CHECK,
        period_total.CHECK,
        price_book_currency.CHECK,
        price_book_in_force.CHECK,
        price_decimals.CHECK,
        price_lock.CHECK,
        price_period.CHECK,
        promotion_end.CHECK,
        quote_margin_floor.CHECK,
        ramp_coverage.CHECK,
        ramp_steps.CHECK,
        renewal_cap.CHECK,
        renewal_uplift.CHECK,
        *setup_causes.CHECKS,
        special_terms.CHECK,
        ssp_range.CHECK,
        stacked_concessions.CHECK,
        stale_quote.CHECK,
        stated_totals.CHECK,
        stub_total.CHECK,
        termination_for_convenience.CHECK,
        tier_prices.CHECK,
        tier_table.CHECK,
    )
)
