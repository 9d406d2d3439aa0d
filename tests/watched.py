"""Agreements in force, what bills them and what was used, for tests of the watch; small, and as their senders write them."""

from datetime import date

from cpq_hooks.canonical import load_agreement, load_billing_configuration, load_usage
from policies.watching.watch import watch

SEATS = {
    "line_id": "1",
    "product_id": "SEATS",
    "product_name": "Seats",
    "charge_type": "recurring",
    "quantity": "100",
    "price_period": "month",
    "net_unit_price": "80",
}
CALLS = {
    "line_id": "2",
    "product_id": "CALLS",
    "product_name": "API calls",
    "charge_type": "usage",
    "price_period": "month",
    "net_unit_price": "0.02",
}
A_DISCOUNT = {"list_unit_price": "100", "discounts": [{"kind": "promo", "percent": "20", "ends_on": "2026-03-31"}]}


def a_contract(*lines, **terms):
    """100 seats at $80 for 2026, billed monthly, unless the test says otherwise."""
    document = {
        "agreement_id": "AG-1",
        "account": {"account_id": "A-1"},
        "currency": "USD",
        "start_date": "2026-01-01",
        "end_date": "2026-12-31",
        "billing_frequency": "monthly",
        "lines": list(lines) or [SEATS],
    }
    return load_agreement(document | terms)


def a_set_up(*charges, **terms):
    """A configuration with these charges; each is named after its line unless it names itself."""
    named = [{"charge_id": f"c{each['line_id']}"} | each for each in charges or (SEATS,)]
    document = {
        "billing_configuration_id": "BC-1",
        "agreement_id": "AG-1",
        "currency": "USD",
        "first_invoice_date": "2026-01-01",
        "charges": [{"billing_frequency": "monthly"} | each for each in named],
    }
    return load_billing_configuration(document | terms)


def used(first, last, a_day, line_id="2"):
    """A record for each day from the first to the last of a month of 2026, given as "2026-03"."""
    month, start = first[:7], int(first[8:])
    return [
        load_usage(
            {
                "usage_id": f"U-{line_id}-{month}-{day}",
                "agreement_id": "AG-1",
                "line_id": line_id,
                "period_start": f"{month}-{day:02}",
                "period_end": f"{month}-{day:02}",
                "quantity": str(a_day),
            }
        )
        for day in range(start, last + 1)
    ]


def seen(agreement, configuration=None, usage=(), *, on, company=None):
    """What the watch says on a day."""
    return watch(agreement, configuration, usage, date.fromisoformat(on), company=company)


def only_alert(watched, policy=None):
    """The one alert that there is, or that there is of a policy."""
    [alert] = [each for each in watched.alerts if policy in (None, each.finding.policy_id)]
    return alert


def because(watched, policy=None):
    """Why something could not be told, where there is one reason, or one for a policy."""
    [each] = [each for each in watched.not_assessed if policy in (None, each.policy_id)]
    return each.because
