"""What contradicts itself or cannot be compared is told as not assessed; nothing crashes, and nothing passes in silence."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from cpq_hooks.problem import Invalid
from policies.auditing.audit import audit
from tests.billing_documents import a_usage, an_agreement, an_invoice, seats_billed, seats_used

PLAIN = {"included_quantity": None, "overage_unit_price": None}


def reasons(report):
    return {each.policy_id: each.because for each in report.not_assessed}


def test_an_invoice_in_another_currency_is_not_compared():
    foreign = an_invoice(2, currency="EUR")
    report = audit(an_agreement(line=PLAIN), [], [an_invoice(1), foreign, an_invoice(3)])
    assert "INV-2 is in EUR and the agreement in USD" in reasons(report)["audit-invoice-currency"]
    february = next(each for each in report.periods if each.period_start == date(2024, 2, 1))
    assert (february.direction, february.billed_amount, february.difference) == ("unknown", None, None)
    assert report.findings == ()
    assert not report.is_clean


def amended(**change):
    return {"amendment_id": "AM-1", "effective_date": "2024-02-01", **change}


def line(price, **terms):
    return {
        "line_id": "1",
        "product_id": "SEAT",
        "charge_type": "recurring",
        "quantity": "500",
        "price_period": "month",
        "net_unit_price": price,
    } | terms


def test_an_amendment_holds_from_its_effective_date():
    agreement = an_agreement(line=PLAIN, amendments=[amended(lines=[line("44")])])
    report = audit(agreement, [], [an_invoice(1), an_invoice(2)])
    # $44 for 500 seats from February on: $22,000, and $20,000 were billed.
    [finding] = report.findings
    assert (finding.pattern, finding.amount_at_risk.already_lost) == ("K02", 2000)
    assert "AM-1" in finding.message


def test_of_two_amendments_from_the_same_day_the_later_signature_holds():
    first = amended(lines=[line("44")], signed_on="2024-01-20")
    second = amended(amendment_id="AM-0", lines=[line("40")], signed_on="2024-01-25")
    report = audit(an_agreement(line=PLAIN, amendments=[first, second]), [], [an_invoice(1), an_invoice(2)])
    assert report.is_clean


def test_overlapping_amendments_without_an_order_are_not_assessed_from_their_day_on():
    both = [amended(lines=[line("44")]), amended(amendment_id="AM-2", lines=[line("48")])]
    report = audit(an_agreement(line=PLAIN, amendments=both), [], [an_invoice(1), an_invoice(2)])
    assert "AM-1 and AM-2 both change line 1 from 2024-02-01" in reasons(report)["audit-amendments"]
    assert [each.period_start for each in report.periods] == [date(2024, 1, 1)]
    assert report.findings == ()


def test_a_line_that_an_amendment_removes_ends_before_its_day():
    agreement = an_agreement(line=PLAIN, amendments=[amended(removed_line_ids=["1"])])
    assert audit(agreement, [], [an_invoice(1)], as_of=date(2024, 5, 1)).is_clean


def test_a_change_within_a_month_is_prorated_by_days():
    agreement = an_agreement(line=PLAIN, amendments=[amended(effective_date="2024-02-16", lines=[line("58")])])
    report = audit(agreement, [], [], as_of=date(2024, 2, 28))
    # 15 of 29 days at $20,000 and 14 of 29 at $29,000.
    parts = [each.expected_amount for each in report.periods if each.period_start.month == 2]
    assert parts == [Decimal("10344.83"), Decimal("14000.00")]


def test_negative_usage_is_left_out_and_told():
    negative = replace(a_usage(1, 5), quantity=Decimal(-5), usage_id="minus")
    report = audit(an_agreement(), [a_usage(1, 500), negative], [an_invoice(1)])
    assert "minus" in reasons(report)["audit-negative-usage"]
    assert not report.is_clean


def test_several_counts_of_seats_need_a_quantity_basis():
    used = [a_usage(1, 502, usage_id="a"), a_usage(1, 507, usage_id="b")]
    report = audit(an_agreement(), used, [an_invoice(1)])
    assert "quantity basis" in reasons(report)["audit-quantity-basis"]
    assert report.periods[0].direction == "unknown"
    peak = audit(an_agreement(line={"quantity_basis": "peak"}), used, [an_invoice(1)])
    assert peak.periods[0].overage == 7


def test_tiers_that_do_not_say_how_they_apply_are_not_assessed():
    tiers = {"charge_type": "usage", "quantity": None, "net_unit_price": None, "tiers": [{"unit_price": "1"}]}
    report = audit(an_agreement(line=PLAIN | tiers), [a_usage(1, 5)], [an_invoice(1)])
    assert "graduated, volume or stairstep" in reasons(report)["audit-schedule"]
    assert (report.periods, report.findings) == ((), ())


def test_a_tariff_of_a_hundred_tiers_is_audited():
    tiers = [{"up_to": str(10 * number), "unit_price": "1"} for number in range(1, 100)] + [{"unit_price": "1"}]
    usage = {"charge_type": "usage", "charge_model": "graduated", "quantity": None, "net_unit_price": None}
    agreement = an_agreement(line=PLAIN | usage | {"tiers": tiers})
    report = audit(agreement, [a_usage(1, 5000)], [], as_of=date(2024, 2, 10))
    assert report.totals.under == 5000


def test_a_term_of_thirty_years_is_audited_and_one_of_more_is_told():
    report = audit(an_agreement(line=PLAIN, end_date="2053-12-31"), [], [], as_of=date(2053, 12, 31))
    assert len(report.periods) == 360
    assert report.totals.under == 360 * 20_000
    longer = audit(an_agreement(line=PLAIN, end_date="2054-12-31"), [], [], as_of=date(2024, 12, 31))
    assert "longer or farther away than any contract" in reasons(longer)["audit-schedule"]


def test_an_agreement_without_dates_is_not_assessed():
    report = audit(an_agreement(start_date=None, end_date=None), seats_used(), seats_billed())
    assert "start date" in reasons(report)["audit-schedule"]


def test_nothing_to_go_by_is_told():
    report = audit(an_agreement(), [], [])
    assert "neither usage nor invoices" in reasons(report)["audit-documents"]


def test_an_agreement_without_any_billing_is_judged_as_never_billed():
    report = audit(an_agreement(line=PLAIN), [], [], as_of=date(2024, 3, 31))
    [finding] = report.findings
    assert (finding.pattern, finding.amount_at_risk.already_lost) == ("B01", 60_000)
    # April to December are nine more months at $20,000.
    assert finding.amount_at_risk.remaining_term == 180_000


def test_an_unknown_charge_model_is_refused_when_it_is_read():
    with pytest.raises(Invalid) as refused:
        an_agreement(line={"charge_model": "magic"})
    assert [each.path for each in refused.value.problems] == ["$.lines[0].charge_model"]


def test_a_hundred_tiers_of_rising_prices_are_added_up_exactly():
    tiers = [{"up_to": str(10 * number), "unit_price": str(number)} for number in range(1, 100)] + [
        {"unit_price": "100"}
    ]
    usage = {"charge_type": "usage", "charge_model": "graduated", "quantity": None, "net_unit_price": None}
    report = audit(an_agreement(line=PLAIN | usage | {"tiers": tiers}), [a_usage(1, 1000)], [], as_of=date(2024, 2, 10))
    # Ten units at each price from $1 to $100: 10 * 5,050.
    assert report.totals.under == 50_500


def test_a_level_that_is_not_known_at_all_times_is_not_assessed():
    weighted = {"charge_type": "usage", "quantity": None, "quantity_basis": "time_weighted"}
    used = [a_usage(1, 5, period_start=None, period_end=None, at="2024-01-10T00:00:00Z")]
    report = audit(an_agreement(line=PLAIN | weighted), used, [], as_of=date(2024, 2, 10))
    assert "send a reading at or before its beginning" in reasons(report)["audit-usage-level"]
    assert (report.periods[0].used, report.periods[0].direction) == (None, "unknown")


def test_an_invoice_of_another_currency_beside_one_of_the_agreements_leaves_the_month_unknown():
    both = [an_invoice(1), an_invoice(1, invoice_id="INV-1-EUR", currency="EUR")]
    report = audit(an_agreement(line=PLAIN), [], both)
    assert "audit-invoice-currency" in reasons(report)
    assert (report.periods[0].direction, report.totals.under, report.totals.over) == ("unknown", 0, 0)
