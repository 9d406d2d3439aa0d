"""JSON documents for tests, as a sender would write them: each is small and valid, and takes what the test is about."""

from typing import Any


def a_line_sent(**fields: Any) -> dict[str, Any]:
    """Ten seats at $100 a month."""
    return {
        "line_id": "1",
        "product_id": "SEAT",
        "charge_type": "recurring",
        "quantity": "10",
        "price_period": "month",
        "net_unit_price": "100",
    } | fields


def a_quote_sent(**fields: Any) -> dict[str, Any]:
    """One line for the year 2026 in US dollars."""
    return {
        "quote_id": "Q-1",
        "currency": "USD",
        "start_date": "2026-01-01",
        "end_date": "2026-12-31",
        "lines": [a_line_sent()],
    } | fields


def an_agreement_sent(**fields: Any) -> dict[str, Any]:
    """The quote, signed."""
    return a_quote_sent() | {"agreement_id": "A-1", "signed_on": "2025-12-20"} | fields


def a_charge_sent(**fields: Any) -> dict[str, Any]:
    """The line, as billing has it."""
    charge = a_line_sent(charge_id="C-1", state="active")
    del charge["line_id"]
    return charge | fields


def a_billing_configuration_sent(**fields: Any) -> dict[str, Any]:
    """One charge for the agreement."""
    return {
        "billing_configuration_id": "B-1",
        "agreement_id": "A-1",
        "currency": "USD",
        "charges": [a_charge_sent()],
    } | fields


def a_usage_sent(**fields: Any) -> dict[str, Any]:
    """A thousand calls in January 2026."""
    return {
        "usage_id": "U-1",
        "line_id": "1",
        "period_start": "2026-01-01",
        "period_end": "2026-01-31",
        "quantity": "1000",
    } | fields


def an_invoice_sent(**fields: Any) -> dict[str, Any]:
    """January's seats."""
    line = {"line_id": "1", "kind": "recurring", "amount": "1000.00"}
    return {"invoice_id": "I-1", "currency": "USD", "lines": [line], "total": "1000.00"} | fields


def an_outcome_sent(**fields: Any) -> dict[str, Any]:
    """A quote that leaked."""
    return {"outcome_id": "O-1", "subject": {"type": "quote", "id": "Q-1"}, "leaked": True} | fields


def a_review_sent(**fields: Any) -> dict[str, Any]:
    """An approval of everything."""
    return {"action": "approve", "reason": "Agreed with finance."} | fields


def a_catalog_written(**fields: Any) -> dict[str, Any]:
    """One product in one price book."""
    price = {"price_book": "2026", "price_period": "month", "list_unit_price": 120, "floor_price": 80}
    product = {"product_id": "SEAT", "name": "Seat", "charge_type": "recurring", "prices": [price]}
    return {"price_books": [{"price_book": "2026", "currency": "USD"}], "products": [product]} | fields


def a_company_written(**fields: Any) -> dict[str, Any]:
    """A company with an authority table of two roles."""
    rules = [
        {"role": "ae", "maximum_discount_percent": 10},
        {"role": "manager", "maximum_discount_percent": 20},
    ]
    authority = {"ladder": ["ae", "manager"], "rules": rules}
    return {"name": "Acme", "currency": "USD", "discount_authority": authority} | fields
