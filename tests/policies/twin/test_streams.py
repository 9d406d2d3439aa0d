"""Each line of an agreement, and each charge that is set up, as it will bill over the term and one renewal."""

from datetime import date
from decimal import Decimal

import pytest

from policies.domain.agreement import Agreement
from policies.domain.billing import BillingConfiguration
from policies.domain.period import Period
from policies.domain.schedule import charges
from policies.twin.model import Assumed
from policies.twin.streams import agreement_streams, as_billed, billing_stream, horizon
from tests.builders import a_line, a_quote, built

YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))
NEXT_YEAR = Period(date(2027, 1, 1), date(2028, 1, 1))
RENEWS = {"auto_renew": True}


def an_agreement(*amendments, **terms):
    return built(
        Agreement, {"agreement_id": "AG-1", "terms": a_quote(**terms), "amendments": amendments and list(amendments)}
    )


def an_amendment(day, *lines, **terms):
    return {"amendment_id": f"AM-{day}", "effective_date": day, "lines": list(lines)} | terms


def set_up(line, agreement=None, charge=None, **terms):
    """The stream of one charge, matched with the agreement's first line."""
    document = {"billing_configuration_id": "B-1", "currency": "USD"} | terms
    configuration = built(
        BillingConfiguration, document | {"charges": [{"charge_id": "C-1", "terms": line} | (charge or {})]}
    )
    found = agreement_streams(agreement or an_agreement(renewal=RENEWS))
    return billing_stream(configuration.charges[0], 0, configuration, found.streams[:1], found.horizon)


def a_stream(agreement, line_id="1"):
    return next(each for each in agreement_streams(agreement).streams if each.id == line_id)


def billed(stream):
    """What a stream bills, as (invoice date, amount)."""
    found = [each for terms in stream.terms for each in charges(terms)]
    return [(str(each.invoice_date), each.amount) for each in found]


def by_day(stream, *days):
    return [amount for day, amount in billed(stream) if day in days]


# ---------------------------------------------------------------------------------------------- the horizon


def test_the_horizon_is_the_term_and_one_renewal_of_the_same_length() -> None:
    found = horizon(an_agreement(renewal=RENEWS))
    assert (found.term, found.renewal, found.end) == (YEAR, NEXT_YEAR, date(2028, 1, 1))


def test_a_renewal_lasts_as_long_as_it_says() -> None:
    found = horizon(an_agreement(renewal=RENEWS | {"term_months": 6}))
    assert found.renewal == Period(date(2027, 1, 1), date(2027, 7, 1))


@pytest.mark.parametrize(("said", "not_assessed"), [(False, 0), (None, 1)])
def test_without_renewal_only_the_term_is_looked_at_and_silence_is_said(said, not_assessed) -> None:
    found = agreement_streams(an_agreement(renewal={"auto_renew": said}))
    assert (found.horizon.term, found.horizon.renewal) == (YEAR, None)
    assert len(found.not_assessed) == not_assessed


def test_the_horizon_reaches_to_the_end_of_the_longest_line_and_to_a_moved_end() -> None:
    longer = an_agreement(lines=[a_line(end_date="2027-06-30")])
    moved = an_agreement(an_amendment("2026-06-01", end_date="2027-03-31"))
    assert [str(horizon(each).term) for each in (longer, moved)] == [
        "2026-01-01 to 2027-06-30",
        "2026-01-01 to 2027-03-31",
    ]


# ------------------------------------------------------------------------------------------------ amendments


def test_an_amendment_ends_the_line_before_it_and_goes_on_with_the_new_terms() -> None:
    changed = an_agreement(an_amendment("2026-07-01", a_line(quantity="12", start_date="2026-01-01")))
    stream = a_stream(changed)
    assert [str(terms.term) for terms in stream.terms] == ["2026-01-01 to 2026-06-30", "2026-07-01 to 2026-12-31"]
    assert by_day(stream, "2026-06-01", "2026-07-01") == [1000, 1200]
    assert len(billed(stream)) == 12


def test_a_change_that_starts_later_than_its_amendment_leaves_the_line_as_it_is_until_then() -> None:
    stream = a_stream(an_agreement(an_amendment("2026-07-01", a_line(quantity="12", start_date="2026-09-01"))))
    assert by_day(stream, "2026-08-01", "2026-09-01") == [1000, 1200]


def test_an_amendment_in_the_middle_of_a_month_keeps_the_billing_days() -> None:
    own = a_line(start_date="2026-02-01", end_date="2026-11-30")
    stream = a_stream(
        an_agreement(an_amendment("2026-06-16", a_line(quantity="20", end_date="2026-11-30")), lines=[own])
    )
    # Half of June at 1,000 and half at 2,000.
    assert by_day(stream, "2026-06-01", "2026-06-16", "2026-07-01") == [500, 1000, 2000]


def test_a_line_that_is_changed_again_keeps_the_calendar_that_it_had_when_it_was_added() -> None:
    added = an_amendment("2026-03-15", a_line(line_id="2"))
    changed = an_amendment("2026-07-15", a_line(line_id="2", quantity="20"))
    stream = a_stream(an_agreement(added, changed), "2")
    # 17 of 31 days of March; 14 of July at 1,000 and 17 at 2,000.
    assert by_day(stream, "2026-03-15", "2026-04-01") == [Decimal("548.39"), 1000]
    assert by_day(stream, "2026-07-01", "2026-07-15") == [Decimal("451.61"), Decimal("1096.77")]


def test_free_months_are_free_once() -> None:
    free = a_line(free_months="2")
    stream = a_stream(an_agreement(an_amendment("2026-05-01", a_line(free_months="2", quantity="12")), lines=[free]))
    assert billed(stream)[0] == ("2026-03-01", 1000)
    assert by_day(stream, "2026-05-01") == [1200]


def test_an_amended_price_rises_on_the_line_s_own_anniversaries() -> None:
    terms = {"end_date": "2027-12-31", "billing_frequency": "annual"}
    line = a_line(price_period="year", uplift_percent="10")
    agreement = an_agreement(
        an_amendment("2026-07-01", a_line(price_period="year", uplift_percent="10", net_unit_price="200")),
        lines=[line],
        **terms,
    )
    # Six months at 1,000, six at 2,000, and from January 2027 on 2,200 a year.
    assert billed(a_stream(agreement)) == [("2026-01-01", 500), ("2026-07-01", 1000), ("2027-01-01", 2200)]


def test_a_removed_line_ends_and_does_not_renew() -> None:
    stream = a_stream(an_agreement(an_amendment("2026-04-01", removed_line_ids=["1"]), renewal=RENEWS))
    assert [str(terms.term) for terms in stream.terms] == ["2026-01-01 to 2026-03-31"]
    assert stream.renewal is None


def test_amendments_that_contradict_each_other_are_told() -> None:
    first = an_amendment("2026-07-01", a_line(quantity="12"))
    second = an_amendment("2026-07-01", a_line(quantity="15")) | {"amendment_id": "AM-2"}
    found = agreement_streams(an_agreement(first, second, renewal={"auto_renew": False}))
    assert [each.line_ids for each in found.not_assessed] == [("1",)]
    assert [str(terms.term) for terms in found.streams[0].terms] == ["2026-01-01 to 2026-06-30"]


def test_a_line_that_tells_no_dates_is_not_scheduled() -> None:
    found = agreement_streams(an_agreement(start_date=None, end_date=None))
    assert found.horizon.end is None
    assert found.streams[0].unscheduled == "the start date is not stated"
    assert found.streams[0].terms == ()


# -------------------------------------------------------------------------------------------------- renewal


def january_after(line, **renewal):
    """The amount billed for the first month of the renewed term."""
    return by_day(a_stream(an_agreement(lines=[line], renewal=RENEWS | renewal)), "2027-01-01")


def test_a_line_renews_at_its_price_raised_by_what_the_renewal_says() -> None:
    assert january_after(a_line()) == [1000]
    assert january_after(a_line(), uplift_percent="7") == [1070]
    assert january_after(a_line(uplift_percent="3"), uplift_percent="7") == [1070]


def test_a_rise_is_never_above_the_cap() -> None:
    assert january_after(a_line(), uplift_percent="7", cap_percent="5") == [1050]
    assert january_after(a_line(uplift_percent="8"), cap_percent="5") == [1050]


def test_a_line_s_own_uplift_raises_its_renewal_on_an_anniversary_or_where_it_comes_with_renewals() -> None:
    short = {"start_date": "2026-07-01"}
    assert january_after(a_line(uplift_percent="3")) == [1030]
    assert january_after(a_line(uplift_percent="3", **short)) == [1000]
    assert january_after(a_line(uplift_percent="3", uplift_at="renewal", **short)) == [1030]


def test_a_renewed_ramp_goes_on_at_its_last_step() -> None:
    ramp = [{"start_date": "2026-07-01", "end_date": "2026-12-31", "quantity": "15", "net_unit_price": "90"}]
    assert january_after(a_line(ramp=ramp), uplift_percent="10") == [1485]


def test_a_discount_that_ends_with_the_term_is_not_renewed_and_one_without_end_is() -> None:
    first_year = {"percent": "20", "ends_on": "2026-12-31"}
    assert january_after(a_line(net_unit_price="80", discounts=[first_year])) == [1000]
    assert january_after(a_line(net_unit_price="80", discounts=[{"percent": "20"}])) == [800]


def test_a_discount_that_ends_in_the_renewed_term_ends_there() -> None:
    line = a_line(net_unit_price="80", discounts=[{"percent": "20", "periods": 15}])
    stream = a_stream(an_agreement(lines=[line], renewal=RENEWS | {"uplift_percent": "10"}))
    # 80 rises to 88; without the 20 %, that is 110.
    assert by_day(stream, "2027-03-01", "2027-04-01") == [880, 1100]


def test_what_comes_once_does_not_come_again() -> None:
    once = a_line(charge_type="one_time", price_period=None)
    assert billed(a_stream(an_agreement(lines=[once], renewal=RENEWS))) == [("2026-01-01", 1000)]


def test_a_simple_uplift_counts_on_the_first_price_through_the_renewal() -> None:
    line = a_line(uplift_percent="10", uplift_method="simple")
    terms = {"end_date": "2027-12-31", "renewal": RENEWS}
    stream = a_stream(an_agreement(lines=[line], **terms))
    # 1,000, then 100 more each year; compound, the third year would be 1,210 and the fourth 1,331.
    assert by_day(stream, "2027-01-01", "2028-01-01", "2029-01-01") == [1100, 1200, 1300]


def test_tiers_rise_with_the_renewal() -> None:
    tiers = [{"up_to": "5", "unit_price": "10"}, {"up_to": None, "unit_price": "8"}]
    line = a_line(charge_model="graduated", net_unit_price=None, tiers=tiers)
    assert january_after(line, uplift_percent="10") == [99]


# -------------------------------------------------------------------------------------------------- billing


def test_a_charge_without_an_end_goes_on_into_the_renewal() -> None:
    stream = set_up(a_line(start_date="2026-01-01", billing_frequency="monthly", billing_timing="in_advance"))
    assert [str(terms.term) for terms in stream.terms] == ["2026-01-01 to 2027-12-31"]
    assert (stream.renewal, stream.assumed) == (NEXT_YEAR, ())
    assert len(billed(stream)) == 24


@pytest.mark.parametrize(("auto_renew", "invoices"), [(True, 24), (False, 12), (None, 12)])
def test_a_charge_that_ends_with_the_agreement_goes_on_only_where_billing_renews(auto_renew, invoices) -> None:
    stream = set_up(a_line(start_date="2026-01-01", end_date="2026-12-31"), auto_renew=auto_renew)
    assert len(billed(stream)) == invoices


def test_a_charge_that_another_one_replaces_bills_only_its_own_days() -> None:
    stream = set_up(a_line(start_date="2026-01-01", end_date="2026-06-30"), auto_renew=True)
    assert (len(billed(stream)), stream.renewal) == (6, None)


def test_what_no_bill_can_be_made_without_is_taken_from_the_agreement_and_said() -> None:
    stream = set_up(a_line(quantity=None, price_period=None))
    whose = "line 1 of the agreement"
    assert stream.assumed == (
        Assumed(field="start_date", value="2026-01-01", taken_from=whose),
        Assumed(field="price_period", value="month", taken_from=whose),
        Assumed(field="billing_frequency", value="monthly", taken_from=whose),
        Assumed(field="billing_timing", value="in_advance", taken_from=whose),
        Assumed(field="quantity", value="10", taken_from=whose),
    )
    assert by_day(stream, "2026-01-01") == [1000]


def test_what_changes_a_bill_by_being_absent_is_not_taken_over() -> None:
    sold = a_line(net_unit_price="80", discounts=[{"percent": "20", "ends_on": "2026-06-30"}], uplift_percent="5")
    stream = set_up(a_line(net_unit_price="80"), an_agreement(lines=[sold], renewal=RENEWS))
    assert {amount for _, amount in billed(stream)} == {800}


def test_a_charge_without_a_start_is_billed_from_the_first_invoice_date_where_it_is_billed_in_advance() -> None:
    advance = set_up(a_line(), first_invoice_date="2026-03-01")
    arrears = set_up(a_line(billing_timing="in_arrears"), first_invoice_date="2026-03-01")
    assert (billed(advance)[0], len(billed(advance))) == (("2026-03-01", 1000), 22)
    # In arrears it is billed from the agreement's start: January and February are on the first invoice.
    assert billed(arrears)[:3] == [("2026-03-01", 1000), ("2026-03-01", 1000), ("2026-04-01", 1000)]


def test_a_first_invoice_after_the_start_gathers_what_was_due_before_it() -> None:
    stream = set_up(a_line(start_date="2026-01-01"), first_invoice_date="2026-02-10")
    assert billed(stream)[:3] == [("2026-02-10", 1000), ("2026-02-10", 1000), ("2026-03-01", 1000)]


def test_a_trial_is_free_from_the_charge_s_own_start() -> None:
    stream = set_up(a_line(start_date="2026-01-01"), charge={"trial_days": 14})
    # 17 of 31 days.
    assert billed(stream)[0] == ("2026-01-15", Decimal("548.39"))


def test_an_anchor_day_of_its_own_moves_the_billing_days() -> None:
    stream = set_up(a_line(start_date="2026-01-01"), billing_anchor_day=15)
    # 14 days of the 31 from 15 December to 14 January.
    assert billed(stream)[:2] == [("2026-01-01", Decimal("451.61")), ("2026-01-15", 1000)]


def test_a_charge_for_an_added_line_follows_that_line_s_calendar() -> None:
    agreement = an_agreement(lines=[a_line(start_date="2026-03-15")])
    stream = set_up(a_line(start_date="2026-03-15"), agreement)
    assert billed(stream) == billed(a_stream(agreement))


def test_an_open_price_for_the_term_is_billed_again_for_the_renewal() -> None:
    line = a_line(price_period="term", billing_frequency="term")
    stream = set_up(line, an_agreement(lines=[line], renewal=RENEWS))
    assert billed(stream) == [("2026-01-01", 1000), ("2027-01-01", 1000)]


def test_a_charge_rises_each_anniversary_where_its_uplift_is_set_up() -> None:
    compound = set_up(a_line(start_date="2026-01-01", uplift_percent="10"))
    at_renewal = set_up(a_line(start_date="2026-01-01", uplift_percent="10", uplift_at="renewal"))
    assert by_day(compound, "2026-12-01", "2027-01-01") == [1000, 1100]
    assert by_day(at_renewal, "2026-12-01", "2027-01-01") == [1000, 1100]


def test_tiers_without_a_model_are_read_as_they_were_sold() -> None:
    tiers = [{"up_to": "5", "unit_price": "10"}, {"up_to": None, "unit_price": "8"}]
    sold = a_line(charge_model="volume", tiers=tiers, net_unit_price=None)
    stream = set_up(a_line(tiers=tiers, net_unit_price=None), an_agreement(lines=[sold]))
    assert ("charge_model", "volume") in [(each.field, each.value) for each in stream.assumed]
    assert by_day(stream, "2026-01-01") == [80]


def test_a_line_that_does_not_say_how_often_it_is_invoiced_is_invoiced_as_billing_does() -> None:
    agreement = an_agreement(billing_frequency=None)
    charge = set_up(a_line(billing_frequency="quarterly"), agreement)
    line = as_billed(a_stream(agreement), charge)
    assert billed(line)[:2] == [("2026-01-01", 3000), ("2026-04-01", 3000)]
    assert line.assumed == (Assumed(field="billing_frequency", value="quarterly", taken_from="charge C-1"),)
    assert as_billed(line, charge) is line


def test_billing_rounds_as_it_says_and_as_agreed_where_it_says_nothing() -> None:
    line = a_line(quantity="1", net_unit_price="10.005")
    agreement = an_agreement(lines=[line], rounding="sum_then_round")
    sums = [
        sum(amount for _, amount in billed(set_up(line, agreement, rounding=said))) for said in (None, "round_then_sum")
    ]
    assert sums == [Decimal("120.06"), Decimal("120.12")]


def test_a_charge_that_starts_after_everything_bills_nothing() -> None:
    stream = set_up(a_line(start_date="2036-01-01"))
    assert (stream.terms, stream.unscheduled) == ((), None)


def test_a_charge_alone_without_dates_follows_the_agreement_s_and_without_an_agreement_s_is_unscheduled() -> None:
    configuration = built(
        BillingConfiguration,
        {
            "billing_configuration_id": "B-1",
            "currency": "USD",
            "charges": [{"charge_id": "C-1", "terms": a_line(billing_frequency="monthly")}],
        },
    )
    alone = [
        billing_stream(configuration.charges[0], 0, configuration, (), horizon(each))
        for each in (an_agreement(), an_agreement(start_date=None, end_date=None))
    ]
    assert [len(each.terms) for each in alone] == [1, 0]
    assert alone[0].assumed == (Assumed(field="start_date", value="2026-01-01", taken_from="the agreement"),)
    assert alone[1].unscheduled == "the start date is not stated"


@pytest.mark.parametrize(
    "dates",
    [
        {"start_date": "9999-12-31"},
        {"start_date": "0001-01-01"},
        {"end_date": "9999-12-31"},
        {"start_date": "2026-06-01", "end_date": "2026-01-01"},
    ],
)
def test_dates_that_make_no_sense_never_raise(dates) -> None:
    stream = set_up(a_line(**dates), auto_renew=True, charge={"trial_days": 3650})
    assert stream.terms == () or stream.unscheduled is None


def test_a_term_of_thirty_years_and_its_renewal_are_laid_out() -> None:
    agreement = an_agreement(end_date="2055-12-31", renewal=RENEWS)
    stream = set_up(a_line(start_date="2026-01-01"), agreement)
    assert len(billed(stream)) == len(billed(a_stream(agreement))) == 720
