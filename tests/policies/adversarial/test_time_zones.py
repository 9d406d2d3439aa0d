"""Time zones and clock changes, cases X13 to X19. New York is UTC-5, and UTC-4 from 8 March to 31 October 2026."""

from datetime import UTC, date, datetime, timedelta

from cpq_hooks.canonical import load_usage
from policies.auditing.audit import audit
from policies.domain.period import Period, billing_periods, local_date
from tests.billing import amounts
from tests.billing_documents import an_agreement
from tests.builders import a_line
from tests.oracles.days import days_between

CALLS = {
    "charge_type": "usage",
    "quantity": None,
    "net_unit_price": "1",
    "quantity_basis": "sum",
    "included_quantity": None,
    "overage_unit_price": None,
}


def at(moment, quantity, usage_id=None):
    """Calls at one moment."""
    record = {"usage_id": usage_id or moment, "agreement_id": "AG-1", "line_id": "1", "at": moment}
    return load_usage(record | {"quantity": str(quantity)})


def agreement_in(zone, start="2026-01-01", **line):
    return an_agreement(
        account={"account_id": "A-1", "time_zone": zone}, start_date=start, end_date="2026-12-31", line=CALLS | line
    )


def by_month(report):
    """What each month expects, by its first day."""
    return {str(each.period_start): each.expected_amount for each in report.periods}


def test_x13_a_subscription_ends_on_the_day_that_it_is_where_the_customer_is():
    ended = datetime(2026, 4, 10, 2, tzinfo=UTC)
    day = local_date(ended, "America/New_York")
    assert day == date(2026, 4, 9)  # 22:00 the evening before
    line = a_line(quantity="1", net_unit_price="3000", start_date="2026-04-01", end_date=day)
    assert amounts(line) == [900]  # 3,000 * 9 / 30, where UTC would make it 1,000


def test_x14_a_minimum_counts_the_use_of_the_customers_own_month():
    # 04:30 on 1 February in UTC is 23:30 on 31 January in New York.
    calls = [at("2026-02-01T04:30:00Z", 60), at("2026-02-20T12:00:00Z", 130)]
    report = audit(agreement_in("America/New_York", minimum_amount="100"), calls, [], as_of=date(2026, 3, 1))
    assert by_month(report) == {"2026-01-01": 100, "2026-02-01": 130}  # 60 raised to 100; 130 as it is
    in_utc = audit(agreement_in("UTC", minimum_amount="100"), calls, [], as_of=date(2026, 3, 1))
    assert by_month(in_utc)["2026-02-01"] == 190


def test_x15_when_an_agreement_began_does_not_move_its_last_use():
    last = [at("2026-05-01T03:59:00Z", 7), at("2026-05-01T04:00:00Z", 9)]  # 23:59 on 30 April, and midnight
    before = audit(agreement_in("America/New_York", start="2026-03-01"), last, [], as_of=date(2026, 6, 1))
    after = audit(agreement_in("America/New_York", start="2026-04-01"), last, [], as_of=date(2026, 6, 1))
    assert by_month(before)["2026-04-01"] == by_month(after)["2026-04-01"] == 7
    assert by_month(before)["2026-05-01"] == by_month(after)["2026-05-01"] == 9


def test_x17_every_call_is_billed_once_wherever_the_customer_is():
    start = datetime(2026, 2, 27, tzinfo=UTC)
    calls = [at(f"{start + timedelta(hours=hour):%Y-%m-%dT%H:00:00Z}", 1) for hour in range(24 * 12)]
    for zone in ("UTC", "Asia/Tokyo", "America/New_York", "Asia/Kathmandu"):
        report = audit(agreement_in(zone), calls, [], as_of=date(2026, 4, 1))
        assert sum(each.used or 0 for each in report.periods) == 288  # 12 days of 24 calls


def test_x18_two_customers_who_cancel_alike_get_the_same_invoice():
    # 18:00 local time on 14 March each: UTC, and UTC-7 after the clocks changed on the 8th.
    end = {"end_date": "2026-03-14"}
    one = audit(agreement_in("UTC", **end), [at("2026-03-14T18:00:00Z", 50)], [], as_of=date(2026, 5, 1))
    two = audit(
        agreement_in("America/Los_Angeles", **end), [at("2026-03-15T01:00:00Z", 50)], [], as_of=date(2026, 5, 1)
    )
    march = [next(each for each in report.periods if each.used) for report in (one, two)]
    assert [(each.period_end, each.expected_amount) for each in march] == [(date(2026, 3, 14), 50)] * 2


def test_x19_a_month_that_ends_on_the_day_of_a_clock_change_is_one_month():
    term = Period(date(2024, 3, 1), date(2024, 6, 1))
    assert [each.period.days for each in billing_periods(term, 1)] == [31, 30, 31]
    # Berlin's 31 March 2024 lasts from 23:00 UTC on the 30th to 22:00 on the 31st: 23 hours, all on one day.
    start = datetime(2024, 3, 30, 23, tzinfo=UTC)
    days = {local_date(start + timedelta(hours=hour), "Europe/Berlin") for hour in range(23)}
    assert days == set(days_between(date(2024, 3, 31), date(2024, 4, 1)))
    assert local_date(start + timedelta(hours=23), "Europe/Berlin") == date(2024, 4, 1)
