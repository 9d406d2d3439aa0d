"""The bodies that are sent: quotes of real shapes in any number of lines, clean but for a line here and there."""

from __future__ import annotations

import json
from typing import Any, Final

PRODUCTS: Final = (
    {"product_id": "SEAT", "product_name": "Seats", "product_family": "Platform", "unit_of_measure": "seat",
     "quantity": "40", "price_period": "month", "list_unit_price": "40", "net_unit_price": "38",
     "included_quantity": "40", "overage_unit_price": "50", "discount_percent": "5"},
    {"product_id": "SEAT", "product_name": "Seats, second site", "product_family": "Platform",
     "unit_of_measure": "seat", "quantity": "25", "price_period": "month", "list_unit_price": "40",
     "net_unit_price": "40", "uplift_percent": "4"},
    {"product_id": "SEAT", "product_name": "Seats, contractors", "product_family": "Platform",
     "unit_of_measure": "seat", "quantity": "12.5", "price_period": "month", "list_unit_price": "40",
     "net_unit_price": "36", "discount_percent": "10", "billing_frequency": "annual"},
)  # fmt: skip


def quote(lines: int, *, number: int = 0) -> bytes:
    """A quote of so many lines, 13 to 15 fields each, as JSON. Every hundredth line has a discount beyond authority."""
    return json.dumps(
        {
            "quote_id": f"Q-BENCH-{number}",
            "revision": "1",
            "source": "benchmark",
            "stage": "submitted",
            "deal_type": "new",
            "account": {"account_id": "A-1", "segment": "mid-market", "country": "US", "time_zone": "America/New_York"},
            "rep": {"rep_id": "R-1", "role": "ae"},
            "currency": "USD",
            "price_book": "2026-standard",
            "start_date": "2026-07-01",
            "end_date": "2027-06-30",
            "term_months": 12,
            "billing_frequency": "annual",
            "billing_timing": "in_advance",
            "payment_terms_days": 30,
            "termination_for_convenience": False,
            "renewal": {"auto_renew": True, "term_months": 12, "uplift_percent": "4", "notice_days": 60},
            "lines": [_line(index) for index in range(lines)],
        }
    ).encode()


def _line(index: int) -> dict[str, Any]:
    line: dict[str, Any] = {
        "line_id": str(index + 1),
        "charge_type": "recurring",
        "charge_model": "per_unit",
        **PRODUCTS[index % len(PRODUCTS)],
    }
    if index % 100 == 99:
        line |= {"net_unit_price": "34", "discount_percent": "15"}
    return line
