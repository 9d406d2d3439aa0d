"""Examples for the API's document: one deal, from the quote to the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_QUOTE: Final = {
    "quote_id": "Q-20481",
    "revision": "1",
    "source": "crm",
    "stage": "submitted",
    "deal_type": "new",
    "account": {"account_id": "A-1001", "name": "Example Ltd", "country": "US"},
    "rep": {"rep_id": "R-7", "role": "ae"},
    "currency": "USD",
    "start_date": "2024-01-01",
    "end_date": "2024-12-31",
    "billing_frequency": "monthly",
    "lines": [
        {
            "line_id": "1",
            "product_id": "SEATS",
            "product_name": "Seats",
            "charge_type": "recurring",
            "charge_model": "per_unit",
            "quantity": "500",
            "price_period": "month",
            "list_unit_price": "40",
            "net_unit_price": "40",
            "included_quantity": "500",
        }
    ],
}

EXAMPLES: Final[Mapping[str, Any]] = {
    "quote": _QUOTE,
    "decision": {},
    "decision_page": {},
    "scorecard": {},
    "refused": {},
    "policies": {},
}
"""Each under the name that routes use."""
