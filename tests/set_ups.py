"""Set-ups for tests: ten seats at $100 a month for 2026, agreed and billed, as they stand on 15 December 2025."""

from datetime import UTC, date, datetime
from itertools import groupby

from cpq_hooks.canonical import load_agreement, load_billing_configuration, load_invoice
from policies.amended import fold
from policies.domain.decision import NotAssessed
from policies.twin.beside import found_beside
from policies.twin.configured import billing_stream
from policies.twin.matching import match
from policies.twin.setup import SetUp
from policies.twin.streams import agreement_streams

TERMS = {
    "product_id": "SEAT",
    "product_name": "Seats",
    "charge_type": "recurring",
    "quantity": "10",
    "price_period": "month",
    "net_unit_price": "100",
}
RHYTHM = {"billing_frequency": "monthly", "billing_timing": "in_advance"}
YEAR = {"start_date": "2026-01-01", "end_date": "2026-12-31"}


def a_set_up(*, lines=({},), charges=({},), agreement=None, billing=None, previews=(), today=None, **given) -> SetUp:
    """Each line and charge says what is different from the ten seats; None leaves one of their fields out."""
    today = today or date(2025, 12, 15)
    return SetUp(
        agreement=load_agreement(
            {"agreement_id": "AG-1", "quote_id": "Q-1", "currency": "USD"}
            | YEAR
            | RHYTHM
            | {"renewal": {"auto_renew": False}}
            | {"lines": [_given(TERMS | {"line_id": str(at)}, each) for at, each in enumerate(lines, 1)]}
            | (agreement or {})
        ),
        configuration=load_billing_configuration(
            {"billing_configuration_id": "B-1", "agreement_id": "AG-1", "currency": "USD", "status": "active"}
            | {"auto_renew": False}
            | {
                "charges": [
                    _given(TERMS | RHYTHM | YEAR | {"charge_id": f"C-{at}", "line_id": str(at)}, each)
                    for at, each in enumerate(charges, 1)
                ]
            }
            | (billing or {})
        ),
        previews=tuple(map(load_invoice, previews)),
        as_of=datetime(today.year, today.month, today.day, 12, tzinfo=UTC),
        today=today,
        **given,
    )


def _given(defaults, own):
    return {name: value for name, value in (defaults | own).items() if value is not None or name not in defaults}


def sides(setup):
    """The matching, the agreement's streams and billing's."""
    agreed = agreement_streams(setup.agreement)
    lines = [each.line for each in fold(setup.agreement).versions]
    matching = match(lines, setup.configuration.charges)
    by_charge = {charge_id: each.line_ids for each in matching.matches for charge_id in each.charge_ids}
    billing = [
        billing_stream(
            charge,
            index,
            setup.configuration,
            [each for each in agreed.streams if each.id in by_charge.get(charge.charge_id, ())],
            agreed.horizon,
        )
        for index, charge in enumerate(setup.configuration.charges)
    ]
    return matching, agreed.streams, tuple(billing)


def beside(setup):
    """What is found beside the bills: the differences by cause, and what could not be told."""
    found = list(found_beside(setup, *sides(setup)))
    untold = [each for each in found if isinstance(each, NotAssessed)]
    differences = sorted((each for each in found if not isinstance(each, NotAssessed)), key=lambda each: each.cause)
    return {cause: list(those) for cause, those in groupby(differences, key=lambda each: each.cause)}, untold
