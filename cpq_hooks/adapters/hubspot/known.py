"""The properties that are asked for where an account's own cannot be listed, and of objects of which only these matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_OURS: Final = ("quoteguard_verdict", "quoteguard_message", "quoteguard_hold", "quoteguard_hold_before")
PROPERTIES: Final[Mapping[str, tuple[str, ...]]] = {
    "quotes": (
        "hs_title", "hs_status", "hs_currency", "hs_expiration_date", "hs_createdate", "hs_lastmodifieddate", "hs_payment_status",
        "hs_payment_date", "hs_esign_num_signers_required", "hs_esign_num_signers_completed", "hs_esign_date", "hs_accepted_date",
        "hs_net_payment_terms", "hubspot_owner_id", *_OURS,
    ),
    "line_items": (
        "name", "hs_sku", "hs_product_id", "quantity", "price", "amount", "discount", "hs_discount_percentage",
        "recurringbillingfrequency", "hs_recurring_billing_period", "hs_recurring_billing_start_date", "hs_term_in_months",
        "hs_billing_start_delay_type", "hs_billing_start_delay_days", "hs_billing_start_delay_months", "hs_cost_of_goods_sold",
        "hs_pricing_model", "hs_tier_ranges", "hs_tier_prices", "hs_line_item_currency_code", "hs_tcv", "hs_is_optional",
        "hs_allow_buyer_selected_quantity", "hs_billing_period_start_date", "hs_billing_period_end_date", *_OURS[:2],
    ),
    "deals": (
        "dealname", "dealtype", "dealstage", "deal_currency_code", "createdate", "hs_is_closed_won", "hubspot_owner_id", *_OURS[:2],
    ),
    "subscriptions": (
        "hs_name", "hs_status", "hs_subscription_status", "hs_currency_code", "hs_currency", "hs_createdate", "hs_invoice_creation",
        "hs_recurring_billing_start_date", "hs_recurring_billing_frequency", "hs_recurring_billing_period", "hs_net_payment_terms",
        "quoteguard_agreement_id", *_OURS[:3],
    ),
    "invoices": (
        "hs_number", "hs_invoice_status", "hs_currency", "hs_invoice_date", "hs_due_date", "hs_amount_billed",
        "quoteguard_agreement_id", *_OURS[:2],
    ),
    "companies": ("name", "hs_country_code", "country"),
    "discounts": ("hs_label", "hs_type", "hs_value", "hs_duration"),
    "fees": ("hs_label", "hs_type", "hs_value"),
}  # fmt: skip
