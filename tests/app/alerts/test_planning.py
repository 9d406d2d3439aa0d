"""Where notices go and when: routes, quiet hours over changes of the clock, and the digest's week."""

from datetime import UTC, datetime, time
from decimal import Decimal

import pytest

from app.alerts.config import AlertsRefused, channels_of, read_alerts
from app.alerts.entries import AlertsFile, ChannelEntry, DigestEntry, QuietHours, RouteEntry, Urgent
from app.alerts.planning import next_digest, plan, quiet_until
from app.store import KeptNotice, NoticeKind, NoticeNote
from policies.domain.company import BusinessCalendar

BERLIN = BusinessCalendar(time_zone="Europe/Berlin")
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def a_kept_notice(kind=NoticeKind.ALERT, amount="5000", simulated=False, **facts):
    note = NoticeNote(
        kind=kind,
        dedupe_key="k",
        subject_type="quote",
        subject_id="Q-1",
        currency="USD",
        amount=None if amount is None else Decimal(amount),
        simulated=simulated,
        facts={"headline": "Overage price missing.", "owners": ["pricing"], "patterns": ["Q11"]} | facts,
    )
    return KeptNotice(notice_id="ntc_1", thread_id="ntc_1", created_at=NOW, last_at=NOW, repeats=0, note=note)


def a_file(*routes, **terms):
    channels = {name: ChannelEntry(name=name) for name in ("desk", "mail")}
    return AlertsFile(channels=channels, routes=routes, owners={"pricing": "mail"}, **terms)


def names(notice, *routes):
    return [each.channel for each in plan(notice, a_file(*routes), BERLIN, NOW)]


def test_a_route_takes_what_it_names_and_an_owner_is_told_once():
    route = RouteEntry(kinds=(NoticeKind.ALERT,), channels=("desk", "mail"), to_owner=True)
    assert names(a_kept_notice(), route) == ["desk", "mail"]
    assert names(a_kept_notice(NoticeKind.QUEUE), route) == []
    assert names(a_kept_notice(), RouteEntry(to_owner=True)) == ["mail"]
    assert names(a_kept_notice(), RouteEntry(channels=("desk",), patterns=("U05",))) == []


def test_money_that_is_not_known_is_not_taken_for_little_and_what_is_simulated_is_told_to_nobody():
    route = RouteEntry(channels=("desk",), from_amount=Decimal(10_000))
    assert names(a_kept_notice(amount="9999.99"), route) == []
    assert names(a_kept_notice(amount=None), route) == ["desk"]
    assert names(a_kept_notice(amount="10000", simulated=True), route) == []


@pytest.mark.parametrize(
    ("at", "until"),
    [
        # Saturday evening before the clocks go forward: Monday 08:00 is 06:00 UTC, no longer 07:00.
        (datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 3, 30, 6, tzinfo=UTC)),
        # Friday evening before they go back: Monday 08:00 is 07:00 UTC.
        (datetime(2026, 10, 23, 18, tzinfo=UTC), datetime(2026, 10, 26, 7, tzinfo=UTC)),
        (datetime(2026, 3, 4, 12, tzinfo=UTC), None),
        (datetime(2026, 3, 4, 17, tzinfo=UTC), datetime(2026, 3, 5, 7, tzinfo=UTC)),
    ],
)
def test_quiet_hours_end_on_the_wall_clock_of_a_working_day(at, until):
    channel = ChannelEntry(name="desk", quiet_hours=QuietHours(begins=time(18), ends=time(8)))
    assert quiet_until(channel, BERLIN, at, urgent=False) == until
    assert quiet_until(channel, BERLIN, at, urgent=True) is None


def test_quiet_hours_that_lie_in_the_hour_that_is_left_out_end_after_it():
    quiet = QuietHours(begins=time(1), ends=time(2, 30), days_off=False, urgent=Urgent.WAIT)
    at = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    found = quiet_until(ChannelEntry(name="desk", quiet_hours=quiet), BERLIN, at, urgent=True)
    assert found == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_the_digest_is_due_once_a_week_by_its_own_clock():
    friday = DigestEntry(day=5, at=time(8))
    assert next_digest(friday, BERLIN, NOW) == datetime(2026, 3, 6, 7, tzinfo=UTC)
    assert next_digest(friday, BERLIN, datetime(2026, 3, 6, 7, tzinfo=UTC)) == datetime(2026, 3, 13, 7, tzinfo=UTC)
    assert next_digest(friday, BERLIN, datetime(2026, 3, 28, tzinfo=UTC)) == datetime(2026, 4, 3, 6, tzinfo=UTC)


def test_every_fault_of_the_file_is_told_with_its_line(tmp_path):
    (tmp_path / "alerts.yaml").write_text(
        "channels:\n  - {name: desk, secret: {env: SLACK}}\n  - {name: jira, knd: jira}\nroutes:\n"
        "  - {kinds: [alrt], channels: [desk]}\n"
    )
    with pytest.raises(AlertsRefused) as refused:
        read_alerts(tmp_path)
    told = "\n".join(refused.value.reasons)
    assert "alerts.yaml:3" in told
    assert "alerts.yaml:5" in told
    assert 'Did you mean "kind"?' in told
    assert 'Did you mean "alert"?' in told


def test_a_channel_that_is_misspelt_is_told_and_a_secret_that_is_missing(tmp_path):
    file = tmp_path / "alerts.yaml"
    file.write_text("channels:\n  - {name: desk, secret: {env: SLACK}}\nroutes:\n  - {channels: [dsk]}\n")
    with pytest.raises(AlertsRefused, match=r"alerts\.yaml:4: there is no channel dsk"):
        read_alerts(tmp_path)
    file.write_text("channels:\n  - {name: desk, secret: {env: SLACK}}\nroutes:\n  - {channels: [desk]}\n")
    with pytest.raises(AlertsRefused, match="variable SLACK, which is not set"):
        channels_of(read_alerts(tmp_path), tmp_path, {})
    found = channels_of(read_alerts(tmp_path), tmp_path, {"SLACK": "slack://TOKEN"})
    assert "TOKEN" not in repr(found)
