"""Billing's preview, its configuration and the agreement: which two of them agree."""

from decimal import Decimal

from policies.domain.finding import Direction
from tests.set_ups import a_set_up, beside

CHEAP = ({"net_unit_price": "90"},)


def previews(*amounts, **terms):
    return [
        {
            "invoice_id": f"P-{at}",
            "currency": "USD",
            "issued_on": f"2026-{at:02}-01",
            "lines": [{"line_id": "1", "kind": "recurring", "amount": amount}],
        }
        | terms
        for at, amount in enumerate(amounts, 1)
    ]


def differs(*amounts, charges=({},), **terms):
    found, _ = beside(a_set_up(charges=charges, previews=previews(*amounts, **terms)))
    return found.get("preview-differs", [])


def test_three_that_agree_are_silent() -> None:
    assert differs("1000.00", "1000.00") == []


def test_a_preview_that_bears_the_configuration_out_is_silent() -> None:
    assert differs("900.00", "900.00", charges=CHEAP) == []


def test_a_preview_that_differs_from_both_loses_what_it_lacks() -> None:
    [found] = differs("1000.00", "800.00", "1000.00")
    assert (found.direction, found.under, found.over) == (Direction.UNDER, Decimal(200), Decimal(0))
    assert found.reports == {
        "agreeing": "the agreement and the configuration agree, and the preview does not",
        "previewed": "$800 in February 2026",
    }


def test_a_preview_of_the_agreed_amounts_shows_that_the_configuration_is_not_all() -> None:
    [found] = differs("1000.00", charges=CHEAP)
    assert (found.direction, found.under) == (Direction.COMPLIANCE, None)
    assert "the preview and the agreement agree" in found.reports["agreeing"]


def test_three_that_all_differ_are_told_so() -> None:
    [found] = differs("1100.00", charges=CHEAP)
    assert (found.direction, found.over) == (Direction.OVER, Decimal(100))
    assert found.reports["agreeing"] == "no two of preview, configuration and agreement agree"


def test_a_month_that_the_preview_leaves_out_is_a_month_without_an_invoice() -> None:
    first, _, third = previews("1000.00", "1000.00", "1000.00")
    found, _ = beside(a_set_up(previews=[first, third]))
    assert found["preview-differs"][0].under == Decimal(1000)


def test_taxes_and_use_are_left_out() -> None:
    lines = [
        {"line_id": "1", "kind": "recurring", "amount": "1000.00"},
        {"kind": "tax", "amount": "190.00"},
        {"line_id": "1", "kind": "overage", "amount": "12.00"},
    ]
    assert differs("0.00", lines=lines) == []


def test_a_preview_in_another_currency_is_not_compared_and_that_is_said() -> None:
    found, untold = beside(a_set_up(previews=previews("1000.00", currency="EUR")))
    assert found == {}
    assert [each.policy_id for each in untold] == ["preview-differs"]
