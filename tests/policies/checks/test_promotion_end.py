"""Discounts that are meant to end: promotions of the catalog, and others that say so or outlive the term."""

from datetime import date
from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied, Violated
from policies.checks.promotion_end import CHECK
from policies.domain.finding import Effect
from tests.builders import a_catalog, a_line, a_quote, a_usage_line
from tests.judging import after, judged, violated

CATALOG = a_catalog(promotions=[{"kind": "launch", "duration_months": 3}])


def promoted(discount=(), quote=(), **terms):
    """Ten seats at half of $100 a month for 2026, by the promotion "launch" of three months."""
    promotion = {"kind": "launch", "percent": "50"} | dict(discount)
    line = a_line(**({"list_unit_price": "100", "net_unit_price": "50", "discounts": [promotion]} | terms))
    return a_quote(lines=[line], **dict(quote))


def test_a_promotion_without_an_end_costs_the_discount_for_the_rest_of_the_term():
    # (100 - 50) * 10 = 500 a month, for 12 - 3 months.
    found = violated(CHECK, promoted(), catalog=CATALOG)

    assert (found.loss.per_period, found.loss.remaining_term) == (Decimal(500), Decimal(4500))
    assert found.reports["problem"] == "the discount launch is a promotion of 3 months and has no end"
    assert found.effect is None  # the policy's own, which blocks
    (evidence,) = found.evidence
    assert (evidence.field, evidence.actual, evidence.expected) == ("lines[1].discounts[0].ends_on", None, "2026-03-31")
    assert evidence.expected_from == "catalog promotion launch"


def test_its_remedy_is_an_end_and_clears_it():
    found = violated(CHECK, promoted(), catalog=CATALOG)
    (change,) = found.changes

    assert (change.path, change.value, change.absent) == ("/lines/0/discounts/0/ends_on", date(2026, 3, 31), True)
    assert isinstance(after(CHECK, promoted(), catalog=CATALOG), Satisfied)


@pytest.mark.parametrize("end", [{"ends_on": "2026-03-31"}, {"ends_on": "2026-02-15"}, {"periods": 3}])
def test_an_end_within_its_duration_holds(end):
    assert isinstance(judged(CHECK, promoted(end), catalog=CATALOG), Satisfied)


def test_a_day_too_long_is_too_long():
    # One day of April: 500 / 30.
    found = violated(CHECK, promoted({"ends_on": "2026-04-01"}), catalog=CATALOG)
    assert found.loss.remaining_term == pytest.approx(Decimal(500) / 30)
    assert isinstance(after(CHECK, promoted({"ends_on": "2026-04-01"}), catalog=CATALOG), Satisfied)


def test_three_periods_of_a_quarterly_rhythm_are_nine_months():
    quote = promoted({"periods": 3}, quote={"billing_frequency": "quarterly"})
    found = violated(CHECK, quote, catalog=CATALOG)

    assert found.loss.remaining_term == Decimal(3000)  # April to September
    assert [(change.path, change.value) for change in found.changes] == [("/lines/0/discounts/0/periods", 1)]
    assert isinstance(after(CHECK, quote, catalog=CATALOG), Satisfied)


def test_its_duration_counts_from_the_day_that_it_starts():
    start = {"starts_on": "2026-07-01"}
    found = violated(CHECK, promoted(start, net_unit_price="100"), catalog=CATALOG)

    assert found.changes[0].value == date(2026, 9, 30)
    assert found.loss.remaining_term == Decimal(1500)  # October to December


def test_beside_another_discount_only_its_own_part_counts():
    # 100 less 10 % is 90, less half is 45: without the promotion the price is 90.
    line = {"net_unit_price": "45", "discounts": [{"percent": "10"}, {"kind": "launch", "percent": "50"}]}
    found = violated(CHECK, promoted(**line), catalog=CATALOG)
    assert found.loss.per_period == Decimal(450)


def test_a_promotion_as_long_as_the_term_costs_nothing_before_the_renewal():
    catalog = a_catalog(promotions=[{"kind": "launch", "duration_months": 12}])
    found = violated(CHECK, promoted(), catalog=catalog)

    assert found.loss.remaining_term == 0
    assert found.loss.assumptions == ("within the term it costs nothing; at the renewal it would go on",)
    assert found.changes[0].value == date(2026, 12, 31)


def test_without_dates_it_counts_in_months():
    quote = promoted(quote={"start_date": None, "end_date": None, "term_months": 12})
    found = violated(CHECK, quote, catalog=CATALOG)

    assert found.loss.remaining_term == Decimal(4500)
    assert [(change.path, change.value) for change in found.changes] == [("/lines/0/discounts/0/periods", 3)]


@pytest.mark.parametrize(
    "discount", [{"kind": "promotional"}, {"kind": None, "starts_on": "2026-07-01"}], ids=["by name", "by its start"]
)
def test_what_is_meant_to_end_though_no_catalog_says_when_is_flagged(discount):
    found = violated(CHECK, promoted(discount))

    assert (found.effect, found.loss.remaining_term) == (Effect.FLAG, None)
    assert isinstance(after(CHECK, promoted(discount)), Satisfied)


@pytest.mark.parametrize(
    "discount", [{"kind": "volume"}, {"kind": None}, {"kind": "volume", "starts_on": "2026-01-01"}]
)
def test_a_plain_discount_may_last_as_long_as_the_term(discount):
    assert isinstance(judged(CHECK, promoted(discount), catalog=CATALOG), Satisfied)


def test_a_discount_beyond_the_term_costs_in_the_renewal():
    # 500 a month in January, February and March 2027.
    discount = {"kind": "volume", "ends_on": "2027-03-31"}
    found = violated(CHECK, promoted(discount), catalog=CATALOG)

    assert (found.effect, found.loss.remaining_term) == (Effect.FLAG, Decimal(1500))
    (exposure,) = found.loss.exposures
    assert (exposure.line_id, str(exposure.period)) == ("1", "2027-01-01 to 2027-12-31")
    assert isinstance(after(CHECK, promoted(discount), catalog=CATALOG), Satisfied)


def test_each_discount_is_a_finding_of_its_own():
    discounts = [{"kind": "launch", "percent": "10"}, {"kind": "promo", "percent": "10"}]
    found = judged(CHECK, promoted(discounts=discounts), catalog=CATALOG)
    assert [each.discriminator for each in found] == ["0", "1"]
    assert all(isinstance(each, Violated) for each in found)


def test_what_it_does_not_speak_of():
    assert isinstance(judged(CHECK, promoted(discounts=[]), catalog=CATALOG), NotApplicable)
    assert isinstance(judged(CHECK, promoted(charge_type="one_time"), catalog=CATALOG), NotApplicable)


def test_on_usage_the_money_is_not_known():
    line = a_usage_line(discounts=[{"kind": "launch", "percent": "50"}], list_unit_price="0.02")
    found = violated(CHECK, a_quote(lines=[line]), catalog=CATALOG)
    assert (found.loss.remaining_term, found.loss.already_lost) == (None, None)
