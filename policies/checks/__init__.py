"""The checks that policies can name: each judges one thing, and none knows another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.check import registry
from policies.checks import (
    billing_rhythm,
    blended_discount_authority,
    discount_authority,
    evergreen,
    free_period,
    payment_terms,
    price_lock,
    promotion_end,
    quote_margin_floor,
    renewal_cap,
    renewal_uplift,
    special_terms,
    ssp_range,
    stacked_concessions,
    termination_for_convenience,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policies.check import Check

ALL: Final[Mapping[str, Check]] = registry(
    (
        billing_rhythm.CHECK,
        blended_discount_authority.CHECK,
        discount_authority.CHECK,
        evergreen.CHECK,
        free_period.CHECK,
        payment_terms.CHECK,
        price_lock.CHECK,
        promotion_end.CHECK,
        quote_margin_floor.CHECK,
        renewal_cap.CHECK,
        renewal_uplift.CHECK,
        special_terms.CHECK,
        ssp_range.CHECK,
        stacked_concessions.CHECK,
        termination_for_convenience.CHECK,
    )
)
