"""The uplift at the renewal: of the quote, of its lines, and what its absence means."""

from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied, Undetermined
from policies.checks.renewal_uplift import CHECK
from policies.domain.finding import Effect
from tests.builders import a_company, a_line, a_quote, a_usage_line
from tests.judging import after, judged, violated


def a_company_asking(percent="5", **terms):
    return a_company(renewal={"minimum_uplift_percent": percent} | terms)


COMPANY = a_company_asking()
AUTO = {"auto_renew": True}


def test_a_missing_uplift_costs_the_uplift_of_a_year():
    # Ten seats at $100 are 12,000 a year; 5 % are 600.
    found = violated(CHECK, a_quote(renewal=AUTO), company=COMPANY)

    assert (found.loss.per_period, found.loss.remaining_term) == (Decimal(600), Decimal(600))
    (exposure,) = found.loss.exposures
    assert (exposure.amount, str(exposure.period)) == (Decimal(600), "2027-01-01 to 2027-12-31")
    assert found.evidence[0].field == "renewal.uplift_percent"
    assert (found.evidence[0].actual, found.evidence[0].expected) == (None, "5")


def test_its_remedy_adds_the_uplift():
    found = violated(CHECK, a_quote(renewal=AUTO), company=COMPANY)
    (change,) = found.changes

    assert (change.path, change.value, change.absent) == ("/renewal/uplift_percent", Decimal(5), True)
    assert isinstance(after(CHECK, a_quote(renewal=AUTO), company=COMPANY), Satisfied)


@pytest.mark.parametrize("uplift", ["5", "7"])
def test_at_the_minimum_or_above_it_holds(uplift):
    assert isinstance(judged(CHECK, a_quote(renewal={"uplift_percent": uplift}), company=COMPANY), Satisfied)


def test_a_lower_uplift_costs_the_difference():
    found = violated(CHECK, a_quote(renewal={"uplift_percent": "3"}), company=COMPANY)
    assert found.loss.remaining_term == Decimal(240)  # 2 % of 12,000


def test_over_several_renewals_it_compounds():
    # 12,000 * 0.05 * (1 + 1.05) = 1,230 after two of them.
    found = violated(CHECK, a_quote(renewal=AUTO), company=a_company_asking(expected_renewals=2))
    assert found.loss.remaining_term == Decimal(1230)
    assert found.loss.assumptions[0].startswith("2 renewals are expected")


def test_a_renewal_of_three_years_lasts_three_years():
    found = violated(CHECK, a_quote(renewal=AUTO | {"term_months": 36}), company=COMPANY)
    assert (found.loss.per_period, found.loss.remaining_term) == (Decimal(600), Decimal(1800))


def test_a_zero_on_a_line_undoes_the_header():
    lines = [a_line(), a_line(line_id="2", uplift_percent="0", quantity="1")]
    quote = a_quote(lines=lines, renewal={"uplift_percent": "5"})
    found = violated(CHECK, quote, company=COMPANY)

    assert found.line_ids == ("2",)
    assert found.loss.remaining_term == Decimal(60)  # 5 % of 1,200
    assert [change.path for change in found.changes] == ["/lines/1/uplift_percent"]
    assert isinstance(after(CHECK, quote, company=COMPANY), Satisfied)


def test_a_lines_own_uplift_makes_up_for_the_header():
    quote = a_quote(lines=[a_line(uplift_percent="5")], renewal={"uplift_percent": "0"})
    assert isinstance(judged(CHECK, quote, company=COMPANY), Satisfied)


def test_after_a_ramp_the_last_price_is_uplifted():
    # The last segment is 20 seats at $100: 24,000 a year.
    ramp = [
        {"start_date": "2026-01-01", "quantity": "10"},
        {"start_date": "2026-07-01", "quantity": "20"},
    ]
    found = violated(CHECK, a_quote(lines=[a_line(ramp=ramp)], renewal=AUTO), company=COMPANY)
    assert found.loss.remaining_term == Decimal(1200)


def test_where_it_is_mandatory_it_blocks():
    assert violated(CHECK, a_quote(renewal=AUTO), company=COMPANY).effect is None
    mandatory = a_company_asking(uplift_is_mandatory=True)
    assert violated(CHECK, a_quote(renewal=AUTO), company=mandatory).effect is Effect.BLOCK


def test_the_company_names_who_may_consent():
    found = violated(CHECK, a_quote(renewal=AUTO), company=a_company_asking(approver="finance"))
    assert (found.approver, found.clears_without_approval) == ("finance", "renewal uplift 5 % or more")


def test_an_explicit_null_is_no_uplift_and_silence_is_not():
    null = {"uplift_percent": None, "nulls": frozenset({"uplift_percent"})}
    assert violated(CHECK, a_quote(renewal=null), company=COMPANY).changes[0].absent is False
    assert isinstance(judged(CHECK, a_quote(renewal={"notice_days": 30}), company=COMPANY), Undetermined)
    assert isinstance(judged(CHECK, a_quote(), company=COMPANY), Undetermined)


def test_what_it_does_not_speak_of():
    assert isinstance(judged(CHECK, a_quote(lines=[a_usage_line()], renewal=AUTO), company=COMPANY), NotApplicable)
    assert isinstance(judged(CHECK, a_quote(renewal={"auto_renew": False}), company=COMPANY), NotApplicable)
    assert isinstance(judged(CHECK, a_quote(renewal=AUTO), company=a_company()), Undetermined)
