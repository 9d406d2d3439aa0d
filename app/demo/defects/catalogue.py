"""Which defect is planted how, and how often it comes by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from app.demo.altered import altered
from app.demo.deals import approved
from app.demo.defects import prices, structure, terms
from app.demo.defects.bench import Bench, Defective, Planter
from app.demo.randomness import Weighted
from app.demo.totals import reprinted

PLANTERS: Final[Mapping[str, Planter]] = MappingProxyType(
    {
        "Q01": prices.discount_beyond_authority,
        "Q02": prices.price_under_floor,
        "Q03": prices.stacked_concessions,
        "Q04": structure.promotion_without_end,
        "Q05": terms.uplift_under_policy,
        "Q06": terms.cap_below_policy,
        "Q07": terms.billing_after_service,
        "Q08": prices.wrong_period,
        "Q09": prices.wrong_sum,
        "Q10": structure.broken_tiers,
        "Q11": structure.allowance_without_overage_price,
        "Q12": structure.commitment_without_true_up,
        "Q13": structure.ramp_with_gap,
        "Q14": structure.stub_not_prorated,
        "Q15": terms.payment_beyond_policy,
        "Q16": structure.foreign_price_book,
        "Q17": structure.unmapped_product,
        "Q18": terms.stale_or_edited,
        "Q19": terms.way_out,
        "Q20": prices.outside_selling_range,
        "K03": terms.promise_in_free_text,
    }
)

BRINGS_ALONG: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"Q07": ("Q01",)})
"""What a defect cannot be planted without: free time is a discount of the whole quote, and needs the same authority."""

# How often each comes by itself, among quotes that have a defect and could have this one.
FREQUENCY: Final[Mapping[str, float]] = MappingProxyType(
    {
        "Q01": 10, "Q02": 4, "Q03": 4, "Q04": 7, "Q05": 7, "Q06": 4, "Q07": 7, "Q08": 5, "Q09": 5, "Q10": 7, "Q11": 10,
        "Q12": 14, "Q13": 20, "Q14": 4, "Q15": 5, "Q16": 3, "Q17": 5, "Q18": 5, "Q19": 4, "Q20": 4, "K03": 5,
    }
)  # fmt: skip

ANY: Final = Weighted.of(FREQUENCY.items())


def planted(pattern: str, bench: Bench) -> Defective | None:
    """The quote with the defect, its printed totals and its approvals in step with it; None where it cannot have it."""
    made = PLANTERS[pattern](bench)
    if made is None:
        return None
    quote = made.quote if made.keeps_totals else reprinted(made.quote)
    if made.is_sealed:
        return replace(made, quote=quote)
    earlier = [each.role or "" for each in bench.quote.approvals] if made.keeps_consents else []
    roles = tuple(dict.fromkeys((*earlier, *made.consents)))
    quote = altered(quote, approvals=())
    if roles:
        quote = approved(quote, bench.occasion, bench.rng, roles)
    return replace(made, quote=quote)
