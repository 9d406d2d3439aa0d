"""The watch says something sensible of every agreement: never a crash, and never a pass where nobody can tell."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from policies.patterns import PATTERNS
from policies.watching.watch import watch
from tests.watched import A_DISCOUNT, CALLS, SEATS, a_contract, a_set_up, seen, used

EVERYTHING = (
    SEATS | A_DISCOUNT,
    CALLS
    | {
        "included_quantity": "3000",
        "minimum_commitment": {"amount": "2000", "period": "quarter", "true_up": True},
        "drawdown": {"credit_amount": "50"},
    },
)
RENEWALS = (
    None,
    {"auto_renew": True, "uplift_percent": "5", "notice_days": 60},
    {"auto_renew": False},
    {"auto_renew": True},
)


def test_what_is_due_first_comes_first_and_every_alert_can_be_acted_on():
    contract = a_contract(*EVERYTHING, renewal=RENEWALS[1], special_terms=[{"text": "Prices are fixed for 4 months."}])
    watched = seen(contract, a_set_up(SEATS, CALLS), used("2026-03-01", 10, 120), on="2026-03-10")
    assert len(watched.alerts) >= 3
    assert [each.due_on for each in watched.alerts] == sorted(each.due_on for each in watched.alerts)
    assert len({each.alert_id for each in watched.alerts}) == len(watched.alerts)
    for alert in watched.alerts:
        assert alert.finding.pattern in PATTERNS
        assert alert.finding.owner
        assert alert.finding.remedy.text
        assert alert.due_on >= date(2026, 3, 10)
        assert (alert.account_id, alert.billing_configuration_id) == ("A-1", "BC-1")


def test_a_line_without_a_schedule_is_said_so_and_the_rest_is_watched():
    undated = {name: value for name, value in SEATS.items() if name != "price_period"} | {"line_id": "9"}
    watched = seen(a_contract(SEATS | A_DISCOUNT, undated), a_set_up(SEATS), on="2026-03-10")
    assert len(watched.alerts) == 1
    assert [(each.policy_id, each.line_ids) for each in watched.not_assessed] == [("watch-schedule", ("9",))]


@given(
    day=st.integers(-10, 380),
    renewal=st.sampled_from(RENEWALS),
    charges=st.lists(st.sampled_from([SEATS, CALLS, EVERYTHING[0], SEATS | {"end_date": "2026-06-30"}]), max_size=1),
    a_day=st.sampled_from(["0", "1", "99.5", "120", "100000"]),
    frequency=st.sampled_from(["monthly", "quarterly", "annual", "once"]),
)
def test_nothing_crashes_it(day, renewal, charges, a_day, frequency):
    contract = a_contract(*EVERYTHING, renewal=renewal, billing_frequency=frequency)
    as_of = date(2026, 1, 1) + timedelta(days=day)
    watched = watch(contract, a_set_up(*charges) if charges else None, used("2026-03-01", 31, a_day), as_of)
    if as_of.year != 2026:
        assert (watched.alerts, watched.not_assessed) == ((), ())
    assert all(each.due_on >= as_of for each in watched.alerts)
