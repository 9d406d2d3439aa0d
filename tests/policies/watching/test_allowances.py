"""Use that will pass the allowance is told of before the period is over, with how sure that is."""

from datetime import date
from decimal import Decimal

from tests.watched import CALLS, SEATS, a_contract, a_set_up, because, only_alert, seen, used

METERED = {
    "line_id": "2",
    "product_id": "CALLS",
    "product_name": "API calls",
    "charge_type": "usage",
    "price_period": "month",
    "net_unit_price": "0",
    "included_quantity": "3000",
    "overage_unit_price": "0.50",
}
SOLD = a_contract(METERED)
SEATS_WITH = SEATS | {"included_quantity": "100", "overage_unit_price": "90"}


def test_a_pace_is_drawn_to_the_end_of_the_period():
    # 120 a day for ten of 31 days: 1,200 used, 3,720 by the end, 720 beyond at $0.50.
    alert = only_alert(seen(SOLD, usage=used("2026-03-01", 10, 120), on="2026-03-10"))
    amount = alert.finding.amount_at_risk
    assert (amount.per_period, amount.remaining_term) == (Decimal("360.00"), Decimal("360.00"))
    # 1,800 are left at 120 a day: fifteen days from the 11th, so the 26th goes beyond.
    assert (alert.due_on, alert.happens_on) == (date(2026, 3, 26), date(2026, 3, 26))
    assert alert.finding.confidence == Decimal("0.60")
    assert "3,720 are expected: $360 of overage" in alert.finding.message


def test_how_sure_it_is_is_said_in_words():
    words = only_alert(
        seen(SOLD, usage=used("2026-03-01", 10, 120), on="2026-03-10")
    ).finding.amount_at_risk.assumptions
    assert "linear pace from 10 of 31 days" in words
    # 1,800 of the 2,520 that the rest would bring may still be used: 28.6 % less.
    assert "the allowance holds if use falls by 29 % or more from 2026-03-11 on" in words


def test_a_slower_pace_is_quiet():
    assert seen(SOLD, usage=used("2026-03-01", 10, 96), on="2026-03-10").alerts == ()


def test_from_too_few_days_nothing_is_inferred():
    watched = seen(SOLD, usage=used("2026-03-01", 6, 120), on="2026-03-10")
    assert watched.alerts == ()
    assert because(watched) == "only 6 of 31 days of use of API calls are known; a pace needs 7"


def test_no_record_is_unknown_and_not_zero():
    watched = seen(SOLD, usage=used("2026-02-01", 28, 120), on="2026-03-10")
    assert watched.alerts == ()
    assert "unknown, not zero" in because(watched)


def test_days_without_a_record_slow_the_pace_and_are_told():
    usage = used("2026-03-01", 4, 150) + used("2026-03-07", 10, 150)
    alert = only_alert(seen(SOLD, usage=usage, on="2026-03-10"))
    # 1,200 in ten days, two of them without a record.
    assert "2 days without a record count as no use, so it may be more" in alert.finding.amount_at_risk.assumptions
    assert alert.finding.amount_at_risk.per_period == Decimal("360.00")


def test_records_after_the_day_are_not_known_yet():
    usage = used("2026-03-01", 31, 120)
    assert only_alert(seen(SOLD, usage=usage, on="2026-03-10")).happens_on == date(2026, 3, 26)


def test_an_allowance_that_is_passed_is_no_guess():
    alert = only_alert(seen(SOLD, usage=used("2026-03-01", 3, 1100), on="2026-03-03"))
    assert alert.finding.confidence == Decimal("0.97")
    assert "is passed already" in alert.finding.message


def test_what_billing_charges_is_not_lost():
    alert = only_alert(seen(SOLD, a_set_up(METERED), used("2026-03-01", 10, 120), on="2026-03-10"))
    amount = alert.finding.amount_at_risk
    assert (amount.per_period, amount.remaining_term) == (Decimal("360.00"), Decimal("0.00"))


def test_what_billing_has_no_price_for_is():
    unpriced = {name: value for name, value in METERED.items() if name != "overage_unit_price"}
    alert = only_alert(seen(SOLD, a_set_up(unpriced), used("2026-03-01", 10, 120), on="2026-03-10"))
    assert alert.finding.amount_at_risk.remaining_term == Decimal("360.00")
    assert "for which billing has no price" in alert.finding.message


def test_seats_that_stand_above_what_is_included_are_passed_already():
    usage = [*used("2026-03-01", 10, 104, line_id="1")][-1:]
    alert = only_alert(seen(a_contract(SEATS_WITH), usage=usage, on="2026-03-10"))
    assert alert.finding.amount_at_risk.per_period == Decimal("360.00")  # four at $90


def test_several_readings_of_seats_do_not_say_which_counts():
    watched = seen(a_contract(SEATS_WITH), usage=used("2026-03-01", 10, 104, line_id="1"), on="2026-03-10")
    assert "nothing says which of them counts" in because(watched)


def test_a_peak_counts_as_it_stands():
    peak = SEATS_WITH | {"quantity_basis": "peak"}
    usage = used("2026-03-01", 3, 104, line_id="1") + used("2026-03-04", 10, 90, line_id="1")
    alert = only_alert(seen(a_contract(peak), usage=usage, on="2026-03-10"))
    assert alert.finding.amount_at_risk.per_period == Decimal("360.00")


def test_use_that_stops_hard_or_is_unlimited_is_no_matter():
    for terms in ({"hard_cap": True}, {"included_quantity": "unlimited"}):
        contract = a_contract(METERED | terms)
        watched = seen(contract, usage=used("2026-03-01", 10, 120), on="2026-03-10")
        assert (watched.alerts, watched.not_assessed) == ((), ())


def test_use_of_another_agreement_does_not_count():
    contract = a_contract(METERED, agreement_id="AG-9")
    assert "unknown" in because(seen(contract, usage=used("2026-03-01", 10, 120), on="2026-03-10"))


def test_an_allowance_without_a_price_has_no_money():
    contract = a_contract(SEATS | {"included_quantity": "100"})
    usage = used("2026-03-01", 1, 104, line_id="1")
    alert = only_alert(seen(contract, usage=usage, on="2026-03-10"))
    assert alert.finding.amount_at_risk.per_period is None


def test_a_usage_line_with_a_price_and_an_allowance_bills_the_rest_at_it():
    line = CALLS | {"included_quantity": "3000"}
    alert = only_alert(seen(a_contract(line), usage=used("2026-03-01", 10, 120), on="2026-03-10"))
    assert alert.finding.amount_at_risk.per_period == Decimal("14.40")  # 720 at $0.02
