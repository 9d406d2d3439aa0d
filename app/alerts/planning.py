"""Where a notice goes and when: routes, quiet hours and the digest's borders. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.alerts.entries import AlertsFile, ChannelEntry, DigestEntry, RouteEntry, Urgent
from app.store.notices_records import DeliveryNote, DeliveryState, KeptNotice, NoticeKind, NoticeNote
from policies.domain.business_time import is_working_day
from policies.domain.company import BusinessCalendar

_URGENT: Final = frozenset({NoticeKind.ALERT, NoticeKind.ESCALATION})
_LONGEST_SEARCH_DAYS: Final = 400
_DAY: Final = timedelta(days=1)


def plan(notice: KeptNotice, file: AlertsFile, calendar: BusinessCalendar, now: datetime) -> tuple[DeliveryNote, ...]:
    """The tellings that a notice calls for, one for each channel. What is simulated is told to nobody."""
    if notice.note.simulated:
        return ()
    names = dict.fromkeys(name for route in file.routes for name in _channels(route, notice.note, file))
    urgent = notice.note.kind in _URGENT
    return tuple(_telling(file.channels[name], notice, calendar, now, urgent=urgent) for name in names)


def quiet_until(channel: ChannelEntry, calendar: BusinessCalendar, now: datetime, *, urgent: bool) -> datetime | None:
    """Until when the channel is left alone; None where it may be told now."""
    quiet = channel.quiet_hours
    if quiet is None or (urgent and quiet.urgent is Urgent.THROUGH):
        return None
    zone = ZoneInfo(quiet.time_zone or calendar.time_zone)
    begins, ends = quiet.begins or calendar.closes, quiet.ends or calendar.opens
    at = now.astimezone(zone)
    for _ in range(_LONGEST_SEARCH_DAYS):
        is_off = quiet.days_off and not is_working_day(calendar, at.date())
        end = _next_midnight(at) if is_off else _end(at, begins, ends)
        if end is None:
            break
        at = end
    return None if at.astimezone(UTC) <= now else at.astimezone(UTC)


def next_digest(digest: DigestEntry, calendar: BusinessCalendar, now: datetime) -> datetime:
    """When the next digest is due, after `now`."""
    zone = ZoneInfo(digest.time_zone or calendar.time_zone)
    day = now.astimezone(zone).date()
    for _ in range(8):
        due = datetime.combine(day, digest.at, zone).astimezone(UTC)
        if day.isoweekday() == digest.day and due > now:
            return due
        day += _DAY
    raise AssertionError("a week has every day")


def _channels(route: RouteEntry, note: NoticeNote, file: AlertsFile) -> Iterator[str]:
    if not _matches(route, note):
        return
    yield from route.channels
    if route.to_owner:
        yield from (file.owners[each] for each in _words(note, "owners") if each in file.owners)


def _matches(route: RouteEntry, note: NoticeNote) -> bool:
    if route.kinds and note.kind not in route.kinds:
        return False
    # Money that is not known is never taken for little.
    if route.from_amount is not None and note.amount is not None and note.amount < route.from_amount:
        return False
    wanted: tuple[tuple[Sequence[str], str], ...] = (
        (route.segments, "segments"),
        (route.products, "products"),
        (route.patterns, "patterns"),
        (route.owners, "owners"),
    )
    return all(not words or set(words) & set(_words(note, name)) for words, name in wanted)


def _words(note: NoticeNote, name: str) -> Sequence[str]:
    found: Any = note.facts.get(name)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list | tuple) else ()


def _telling(
    channel: ChannelEntry, notice: KeptNotice, calendar: BusinessCalendar, now: datetime, *, urgent: bool
) -> DeliveryNote:
    if notice.note.kind is NoticeKind.DIGEST:
        return DeliveryNote(channel=channel.name, due_at=now, state=DeliveryState.DIGEST, reason="weekly digest")
    until = quiet_until(channel, calendar, now, urgent=urgent)
    through = channel.quiet_hours is None or channel.quiet_hours.urgent is Urgent.THROUGH
    reason = None if until is None else "quiet hours"
    return DeliveryNote(channel=channel.name, due_at=until or now, urgent=urgent and through, reason=reason)


def _end(at: datetime, begins: time, ends: time) -> datetime | None:
    """When the quiet hours end that a moment lies in; None where it lies in none. Both ends are those of the wall clock."""
    clock = at.time()
    if begins < ends:
        return _at(at, ends) if begins <= clock < ends else None
    if clock < ends:
        return _at(at, ends)
    return _at(at + _DAY, ends) if clock >= begins else None


def _at(day: datetime, clock: time) -> datetime:
    """A time of that day. One that a change of the clock leaves out is the moment after it."""
    found = datetime.combine(day.date(), clock, day.tzinfo)
    return found.astimezone(UTC).astimezone(day.tzinfo)


def _next_midnight(at: datetime) -> datetime:
    return _at(at + _DAY, time(0))
