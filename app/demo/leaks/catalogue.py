"""Which leak is planted how, and which one a leaking contract is likely to have."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from app.demo.leaks import contract, renewing, running, setup, timing
from app.demo.leaks.bench import Leak

if TYPE_CHECKING:
    from random import Random

LEAKS: Final[Mapping[str, Leak]] = MappingProxyType(
    {
        "K01": contract.signed_differs,
        "K02": contract.amendment_lost,
        "P01": contract.more_seats_than_billed,
        "P02": contract.access_without_charge,
        "P03": contract.delivered_never_billed,
        "B01": setup.line_not_set_up,
        "B02": setup.another_price,
        "B03": setup.another_model,
        "B04": setup.another_unit,
        "B05": timing.in_arrears_instead,
        "B06": timing.trial_not_sold,
        "B07": timing.discount_scoped_wrongly,
        "B08": timing.never_invoices,
        "B09": setup.commitment_inert,
        "B10": setup.override_lost,
        "B11": timing.ramp_missing,
        "B12": setup.minor_unit_error,
        "B13": timing.elapsed_periods_skipped,
        "B14": timing.billed_twice,
        "I01": running.gap_between_periods,
        "I02": running.change_billed_from_next_month,
        "I03": running.credit_beyond_bill,
        "U01": running.use_never_received,
        "U02": running.use_matches_nothing,
        "U03": running.use_counted_twice,
        "U04": running.use_after_cut_off,
        "U05": running.overage_not_invoiced,
        "U06": running.wallet_spends_too_much,
        "R01": renewing.uplift_not_applied,
        "R02": renewing.discount_outlives_its_end,
        "R03": renewing.service_after_term,
    }
)
"""All but R04, which is a renewal that was sold too small."""

OVER: Final = ("U03", "B14")
"""What bills too much: no leak, but credit and churn exposure."""

OF_AMENDMENTS: Final = ("K02", "I02")
"""What goes wrong with an amendment, before anything else does."""

# How likely each is, among the leaks that a contract can have. What needs a rare shape is likely where that shape is.
WEIGHTS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "K01": 5, "K02": 30, "P01": 14, "P02": 3, "P03": 9, "B01": 6, "B02": 7, "B03": 9, "B04": 7, "B05": 2, "B06": 3,
        "B07": 45, "B08": 5, "B09": 22, "B10": 4, "B11": 55, "B12": 2, "B13": 3, "I01": 4, "I02": 24, "I03": 2, "U01": 4,
        "U02": 3, "U04": 4, "U05": 16, "U06": 35, "R01": 55, "R02": 55, "R03": 5,
    }
)  # fmt: skip


def drawn(rng: Random) -> list[str]:
    """The leaks in the order in which they are to be tried: a draw without replacement, by weight."""
    # The order of u ** (1 / weight), largest first, is such a draw (Efraimidis and Spirakis, 2006).
    keys = {pattern: rng.random() ** (1.0 / weight) for pattern, weight in WEIGHTS.items()}
    return sorted(keys, key=keys.__getitem__, reverse=True)
