"""Currency, renewal and the time before a late set-up."""

from datetime import date
from decimal import Decimal

import pytest

from policies.domain.finding import Direction
from tests.set_ups import a_set_up, beside

RENEWS = {"renewal": {"auto_renew": True}}


def test_a_set_up_as_agreed_has_nothing_beside_its_bills() -> None:
    assert beside(a_set_up()) == ({}, [])


def test_another_currency_is_told_and_no_amounts_are_compared() -> None:
    found, _ = beside(a_set_up(billing={"currency": "EUR"}))
    [differs] = found["currency-differs"]
    assert (differs.under, differs.over) == (None, None)
    assert [(each.path, each.value) for each in differs.changes] == [("/currency", "USD")]


def test_a_stop_where_the_agreement_renews_loses_the_renewed_term() -> None:
    # One more year of 10 * 100.
    found, _ = beside(a_set_up(agreement=RENEWS))
    [differs] = found["auto-renewal-differs"]
    assert (differs.direction, differs.renewal_under, differs.under) == (Direction.UNDER, Decimal(12000), None)
    assert [(each.path, each.value) for each in differs.changes] == [("/auto_renew", True)]


def test_a_renewal_where_the_agreement_ends_bills_too_much_and_nobody_knows_how_long() -> None:
    found, _ = beside(a_set_up(billing={"auto_renew": True}))
    [differs] = found["auto-renewal-differs"]
    assert (differs.direction, differs.renewal_over) == (Direction.OVER, None)


def test_a_configuration_that_says_nothing_of_renewal_is_not_assessed() -> None:
    _, [untold] = beside(a_set_up(agreement=RENEWS, billing={"auto_renew": None}))
    assert untold.policy_id == "auto-renewal-differs"


def late(**billing):
    found, untold = beside(a_set_up(billing={"created_at": "2026-03-10T00:00:00Z"} | billing))
    return found.get("elapsed-periods-skipped", []), untold


def test_a_late_first_invoice_skips_what_elapsed() -> None:
    # Made on 10 March, first invoice on 1 April: January, February and March are over by then.
    [skipped], _ = late(first_invoice_date="2026-04-01")
    assert (skipped.under, skipped.already_lost) == (Decimal(3000), Decimal(3000))
    assert skipped.reports == {"from": "2026-01-01", "until": "2026-03-31"}


def test_the_running_period_is_skipped_only_where_the_platform_takes_it_as_paid() -> None:
    [elsewhere], _ = late(first_invoice_date="2026-03-10")
    [lago], _ = late(first_invoice_date="2026-03-10", source="lago")
    assert (elsewhere.under, lago.under) == (Decimal(2000), Decimal(3000))
    assert lago.confidence > elsewhere.confidence


def test_time_that_was_billed_elsewhere_is_not_skipped() -> None:
    assert late(first_invoice_date="2026-04-01", already_billed_elsewhere="INV-77") == ([], [])


def test_a_late_configuration_without_a_first_invoice_date_is_not_assessed() -> None:
    skipped, [untold] = late()
    assert skipped == []
    assert untold.policy_id == "elapsed-periods-skipped"


@pytest.mark.parametrize("made", ["2025-12-20T00:00:00Z", "2026-01-01T00:00:00Z"])
def test_a_configuration_made_in_time_skips_nothing(made) -> None:
    assert beside(a_set_up(billing={"created_at": made, "first_invoice_date": "2026-01-01"})) == ({}, [])


def test_the_time_zone_says_on_which_day_it_was_made() -> None:
    # 2 January, 03:00 UTC is still 1 January in New York: made on the day that service starts.
    zone = {"created_at": "2026-01-02T03:00:00Z", "time_zone": "America/New_York"}
    assert beside(a_set_up(billing=zone)) == ({}, [])


def test_use_of_a_day_that_is_today_is_not_past() -> None:
    found, _ = beside(a_set_up(charges=({"state": "paused"},), today=date(2026, 1, 1)))
    assert found["never-invoices"][0].already_lost == Decimal(0)
