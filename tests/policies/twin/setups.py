"""Set-ups for tests of the twin: the seat contract, and a billing configuration that says the same unless told otherwise."""

from datetime import UTC, date, datetime

from cpq_hooks.canonical import load_agreement, load_billing_configuration
from policies.twin.setup import SetUp

SEATS = {
    "product_id": "SEAT",
    "charge_type": "recurring",
    "quantity": "500",
    "price_period": "month",
    "net_unit_price": "40",
}
OVERAGE = {"included_quantity": "500", "overage_unit_price": "50"}
USAGE = {
    "product_id": "CALLS",
    "charge_type": "usage",
    "price_period": "month",
    "net_unit_price": "0.01",
}


def an_agreement(*lines, **terms):
    """The year 2026, billed monthly in advance, which ends with its term."""
    document = {
        "agreement_id": "AG-1",
        "account": {"account_id": "A-1"},
        "currency": "USD",
        "start_date": "2026-01-01",
        "end_date": "2026-12-31",
        "billing_frequency": "monthly",
        "billing_timing": "in_advance",
        "renewal": {"auto_renew": False},
        "lines": [{"line_id": str(number)} | line for number, line in enumerate(lines, start=1)],
    }
    return load_agreement(document | terms)


def a_configuration(*charges, **terms):
    """Charges C1, C2 ... for lines 1, 2 ... of the agreement."""
    document = {
        "billing_configuration_id": "BC-1",
        "agreement_id": "AG-1",
        "currency": "USD",
        "charges": [
            {
                name: value
                for name, value in ({"charge_id": f"C{number}", "quote_line_id": str(number)} | each).items()
                if value is not None
            }
            for number, each in enumerate(charges, start=1)
        ],
    }
    return load_billing_configuration(document | terms)


def a_setup(agreement, configuration, today=date(2026, 1, 1), **given):
    return SetUp(
        agreement=agreement,
        configuration=configuration,
        as_of=datetime(today.year, today.month, today.day, tzinfo=UTC),
        today=today,
        **given,
    )
