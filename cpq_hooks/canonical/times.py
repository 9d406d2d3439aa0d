"""Field types of the canonical schemas: days, moments and times of day."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from cpq_hooks.canonical.fields import Described, is_time_zone, refuse
from cpq_hooks.compiled import Shortcut
from cpq_hooks.problem import shown

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT: Final = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?P<minute>[0-9]{2}:[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?P<fraction>\.[0-9]{1,9})?)?(?P<offset>[Zz]|[+-][0-9]{2}:?[0-9]{2})?",
    re.ASCII,
)
_LAST_OF_DAY: Final = time(23, 59, 59, 999_999)


class Day(Described):
    """A day of the calendar, written year, month, day. Years from 1900 to 2199: a later one stands for "no end"."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date", "examples": ["2026-01-31"]}

    def shortcuts(self) -> Sequence[Shortcut]:
        shape = 'v.__class__ is str and len(v) == 10 and v[4] == "-" == v[7] and v.isascii()'
        return (Shortcut(f'{shape} and "{FIRST_YEAR}" <= v < "{LAST_YEAR + 1}"', "date_of(v)"),)

    def source_names(self) -> Mapping[str, object]:
        return {"date_of": date.fromisoformat}

    def wire(self, value: Any) -> object:
        return value.isoformat()

    def read(self, value: Any) -> date:
        if isinstance(value, date) and not isinstance(value, datetime):  # from YAML, which has a type for it
            return _day(value.isoformat())
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            refuse("not_a_date", f'{shown(value)} has a time of day: send the date alone, "{value[:10]}"')
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            refuse("not_a_date", f'{shown(value)} is not a date: send year, month and day, such as "2026-01-31"')
        return _day(value)


class Moment(Described):
    """A point in time with its offset (RFC 3339).

    With `whole_days`, a plain date is taken too: it is the `start` or the `end` of that day, in the time zone of the
    account or document that states one, else in UTC.
    """

    def __init__(self, description: str, *, whole_days: str | None = None, **options: Any) -> None:
        self.whole_days = whole_days
        super().__init__(description, **options)

    def json_schema(self) -> dict[str, Any]:
        if self.whole_days is None:
            return {"type": "string", "format": "date-time", "examples": ["2026-01-31T09:30:00Z"]}
        return {"type": "string", "examples": ["2026-01-31T09:30:00Z", "2026-01-31"]}

    def shortcuts(self) -> Sequence[Shortcut]:
        """Moments of UTC to the second or to the microsecond; `datetime` itself refuses what no clock shows."""
        ends = '(len(v) == 20 or len(v) == 27 and v[19] == ".") and v[-1] == "Z" and v.isascii()'
        shape = f'v.__class__ is str and {ends} and v[4] == "-" == v[7] and v[10] in "T " and v[13] == ":" == v[16]'
        return (Shortcut(f'{shape} and "{FIRST_YEAR}" <= v < "{LAST_YEAR + 1}"', "moment_of(v)"),)

    def source_names(self) -> Mapping[str, object]:
        return {"moment_of": datetime.fromisoformat}

    def wire(self, value: Any) -> object:
        return moment_text(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:  # noqa: ARG002 - marshmallow's
        if isinstance(value, date) and not isinstance(value, datetime):
            value = value.isoformat()
        if isinstance(value, str) and _DAY.fullmatch(value):
            return self._whole_day(value, data)
        return _moment_of(value)

    def _whole_day(self, value: str, data: Any) -> datetime:
        if self.whole_days is None:
            refuse(
                "not_a_timestamp", f'{shown(value)} has no time of day: send a timestamp such as "{value}T09:30:00Z"'
            )
        clock = _LAST_OF_DAY if self.whole_days == "end" else time.min
        local = datetime.combine(_day(value), clock, _zone(data))
        # A fixed offset: moments of a zone whose clock is turned do not compare equal to others of the same instant.
        offset = local.utcoffset() or timedelta(0)
        return local.replace(tzinfo=timezone(offset) if offset else UTC)


class Clock(Described):
    """A time of day, hours and minutes."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$", "examples": ["09:00"]}

    def wire(self, value: Any) -> object:
        return value.strftime("%H:%M")

    def read(self, value: Any) -> time:
        if not isinstance(value, str) or not re.fullmatch("([01]?[0-9]|2[0-3]):[0-5][0-9]", value, re.ASCII):
            refuse("not_a_time", f'{shown(value)} is not a time of day: write hours and minutes, such as "09:00"')
        hours, _, minutes = value.partition(":")
        return time(int(hours), int(minutes))


def moment_text(moment: datetime) -> str:
    """The moment as RFC 3339 has it, with "Z" for UTC."""
    text = moment.isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        refuse("no_such_date", f"{shown(text)} does not exist in the calendar: {error}")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        span = f"{FIRST_YEAR} to {LAST_YEAR}"
        refuse(
            "out_of_range", f"the year of {shown(text)} is outside {span}; where there is no end, leave the field out"
        )
    return day


def _moment_of(value: object) -> datetime:
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        refuse("not_a_timestamp", f'{shown(value)} is not a timestamp: send one such as "2026-01-31T09:30:00Z"')
    if found["offset"] is None:
        remedy = 'add "Z" for UTC, or an offset such as "+01:00"'
        refuse("no_offset", f"{shown(value)} does not say in which time zone: {remedy}")
    _day(found["day"])
    micro = (found["fraction"] or "").ljust(7, "0")[1:7]
    text = f"{found['day']}T{found['minute']}:{found['second'] or '00'}.{micro}{found['offset'].upper()}"
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        wanted = "hours run to 23, minutes and seconds to 59, an offset to 23:59"
        refuse("no_such_time", f"{shown(value)} is no time of any day: {wanted}")


def _zone(data: Any) -> tzinfo:
    """The time zone that the document around the value states, its own or its account's; UTC where there is none."""
    account = data.get("account") if isinstance(data, dict) else None
    for holder in (data, account):
        name = holder.get("time_zone") if isinstance(holder, dict) else None
        if isinstance(name, str) and is_time_zone(name):
            return ZoneInfo(name)
    return UTC
