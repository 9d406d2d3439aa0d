"""The effective discount of a line against the one that it shows."""

from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied, Undetermined
from policies.checks.stacked_concessions import CHECK
from tests.builders import a_catalog, a_company, a_line, a_quote, a_usage_line
from tests.judging import after, judged, violated


def quoted(catalog_list=None, **terms):
    """Ten seats, list $100 a month, by an AE."""
    line = a_line(**({"list_unit_price": "100"} | terms))
    return a_quote(lines=[line], rep={"rep_id": "R-1", "role": "ae"})


def test_free_months_on_top_of_a_discount():
    # 10 months at 90 are 9,000 of 12,000: 25 % where 10 % are shown. 15 % of 12,000 is 1,800.
    quote = quoted(net_unit_price="90", discounts=[{"percent": "10"}], free_months="2")
    found = violated(CHECK, quote)

    assert (found.reports["shown"], found.reports["effective"]) == (Decimal(10), Decimal(25))
    assert found.reports["concessions"] == "discounts and free time"
    assert found.loss.remaining_term == Decimal(1800)
    assert found.loss.assumptions == ("cash is added up as it is, without interest",)
    assert isinstance(after(CHECK, quote), Satisfied)


@pytest.mark.parametrize(
    ("discounts", "net", "holds"),
    [
        ([{"percent": "20"}, {"amount": "10"}], "70", True),
        ([{"amount": "10"}, {"percent": "20"}], "72", True),
        ([{"amount": "10"}, {"percent": "20"}], "70", False),  # shown 28 %, given 30 %
        ([{"percent": "20"}, {"percent": "10"}], "72", True),
        ([{"percent": "20"}, {"percent": "10"}], "70", False),  # 20 and 10 are not 30
        ([{"percent": "10"}, {"amount": "150"}], "0", True),  # never below zero
    ],
)
def test_the_order_of_percentages_and_amounts_counts(discounts, net, holds):
    found = judged(CHECK, quoted(net_unit_price=net, discounts=discounts))
    assert isinstance(found, Satisfied) is holds


def test_a_difference_within_the_tolerance_passes():
    terms = {"discounts": [{"percent": "30"}], "net_unit_price": "69.5"}  # 30.5 %
    assert isinstance(judged(CHECK, quoted(**terms)), Satisfied)
    tighter = a_company(thresholds={"discount_tolerance_percent": "0.4"})
    assert violated(CHECK, quoted(**terms), company=tighter).reports["effective"] == Decimal("30.5")


def test_a_price_below_what_the_discount_says_is_cleared_by_saying_it():
    quote = quoted(net_unit_price="70", discounts=[{"percent": "10"}])
    assert violated(CHECK, quote).loss.remaining_term == Decimal(2400)  # 20 % of 12,000
    assert isinstance(after(CHECK, quote), Satisfied)


def test_a_list_price_that_was_lowered_first_is_held_against_the_catalogs():
    # 90 less 10 % is 81, which is 19 % under the catalog's 100: 9 % of 12,000.
    catalog = a_catalog({"product_id": "SEATS", "list_unit_price": "100"})
    quote = quoted(list_unit_price="90", net_unit_price="81", discounts=[{"percent": "10"}])
    found = violated(CHECK, quote, catalog=catalog)

    assert found.loss.remaining_term == Decimal(1080)
    assert isinstance(after(CHECK, quote, catalog=catalog), Satisfied)


def test_a_ramp_that_starts_low():
    # Six months at 50 and six at 100: 9,000 of 12,000 where nothing is shown.
    ramp = [
        {"start_date": "2026-01-01", "net_unit_price": "50"},
        {"start_date": "2026-07-01", "net_unit_price": "100"},
    ]
    found = violated(CHECK, quoted(net_unit_price="100", ramp=ramp))
    assert (found.reports["shown"], found.reports["effective"]) == (Decimal(0), Decimal(25))


@pytest.mark.parametrize(
    "terms",
    [
        {"net_unit_price": "70"},
        {"net_unit_price": "70", "discounts": [{"percent": "30"}]},
        {"net_unit_price": "50", "discounts": [{"percent": "50", "ends_on": "2026-03-31"}]},
        {"ramp": [{"start_date": "2026-01-01", "quantity": "5"}, {"start_date": "2026-07-01", "quantity": "50"}]},
        {"free_months": "2"},  # free time alone is for free-period to judge
    ],
)
def test_nothing_is_hidden(terms):
    assert isinstance(judged(CHECK, quoted(**terms)), Satisfied)


def test_where_a_rate_is_stated_early_cash_weighs_more():
    # Billed monthly in advance; two free months at the start are the most valuable ones, so more than 25 %.
    company = a_company(payment_terms={"standard_days": 30, "approver": "finance", "annual_rate_percent": "12"})
    quote = quoted(net_unit_price="90", discounts=[{"percent": "10"}], free_months="2")
    found = violated(CHECK, quote, company=company)

    weights = [1 / (1 + 0.12 * days / 365) for days in (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)]
    expected = 100 * (1 - 0.9 * sum(weights[2:]) / sum(weights))
    assert float(found.reports["effective"]) == pytest.approx(expected, abs=0.006)
    assert found.loss.assumptions == ("present value at 12 % a year (company.yaml: payment_terms.annual_rate_percent)",)


def test_who_may_give_the_effective_discount_is_asked():
    quote = quoted(net_unit_price="90", discounts=[{"percent": "10"}], free_months="2")
    assert violated(CHECK, quote, company=a_company()).approver == "director"  # 25 %
    assert violated(CHECK, quote).approver is None  # then the policy's own


def test_what_it_does_not_speak_of():
    usage = a_quote(lines=[a_usage_line(list_unit_price="0.02", discounts=[{"percent": "10"}])])
    assert isinstance(judged(CHECK, usage), NotApplicable)
    assert isinstance(judged(CHECK, quoted(list_unit_price=None, free_months="2")), Undetermined)
