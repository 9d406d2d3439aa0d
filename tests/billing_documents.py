"""Agreements, usage and invoices for tests, small and valid, as their senders write them."""

from calendar import monthrange

from cpq_hooks.canonical import load_agreement, load_invoice, load_usage

SEATS_USED = (502, 518, 547, 523, 556, 541)


def an_agreement(**terms):
    """500 seats at $40 a month for 2024, $50 for each seat beyond, unless the test says otherwise. `line` changes the line."""
    line = {
        "line_id": "1",
        "product_id": "SEAT",
        "charge_type": "recurring",
        "quantity": "500",
        "price_period": "month",
        "net_unit_price": "40",
        "included_quantity": "500",
        "overage_unit_price": "50",
    }
    changed = {name: value for name, value in (line | terms.pop("line", {})).items() if value is not None}
    document = {
        "agreement_id": "AG-1",
        "account": {"account_id": "A-1"},
        "currency": "USD",
        "start_date": "2024-01-01",
        "end_date": "2024-12-31",
        "billing_frequency": "monthly",
        "lines": [changed],
    }
    return load_agreement(document | terms)


def month(number, year=2024):
    """The first and last day of a month, as documents have them."""
    last = monthrange(year, number)[1]
    return {"period_start": f"{year}-{number:02}-01", "period_end": f"{year}-{number:02}-{last}"}


def a_usage(number, quantity, **terms):
    """The use of one month of 2024."""
    record = {
        "usage_id": f"U-{number}",
        "agreement_id": "AG-1",
        "account_id": "A-1",
        "line_id": "1",
        "quantity": str(quantity),
    }
    return load_usage(record | month(number) | terms)


def an_invoice(number, *lines, **terms):
    """The invoice of one month of 2024: the seats' price, unless lines are given."""
    fixed = {"line_id": "1", "kind": "recurring", "quantity": "500", "unit_price": "40", "amount": "20000.00"}
    document = {
        "invoice_id": f"INV-{number}",
        "agreement_id": "AG-1",
        "currency": "USD",
        "issued_on": f"2024-{number:02}-01",
        "lines": [month(number) | each for each in (lines or (fixed,))],
    }
    return load_invoice(document | terms)


def price(amount, **terms):
    """An invoice line for the price."""
    return {"line_id": "1", "kind": "recurring", "amount": str(amount)} | terms


def over(amount, **terms):
    """An invoice line for use beyond what is included."""
    return {"line_id": "1", "kind": "overage", "amount": str(amount)} | terms


def seats_used():
    """The use of the seat contract, January to June 2024."""
    return [a_usage(number, used) for number, used in enumerate(SEATS_USED, start=1)]


def seats_billed():
    """Its invoices: $20,000 each month."""
    return [an_invoice(number) for number in range(1, 7)]
