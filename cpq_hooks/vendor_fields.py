"""Reading a vendor's object while noting which of its fields were understood, so that none vanishes in silence.

An adapter takes each field that it understands, and names those that mean nothing for a bill. What has a value and is
neither is `unused`; where its name speaks of price, term, discount or billing, the answer says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

from cpq_hooks.adapter import Unused
from cpq_hooks.problem import Invalid, Path, Problem, json_path

_LONGEST_SHOWN: Final = 120
_MOST_DIGITS: Final = 15
_LEAST_EXPONENT: Final = -100
_NO_NUMBER: Final = Decimal("NaN")
_FIRST_SECOND: Final = -62_135_596_800
_END_OF_TIME: Final = 253_402_300_800
_PLAIN: Final = frozenset({str, int, bool})
_BEARS_ON: Final = (
    ("discount", re.compile(r"discount|coupon|promo|rebate|markup|uplift|concession|credit", re.IGNORECASE)),
    (
        "price",
        re.compile(
            r"price|amount|cost|fee|rate|tier|tariff|mrr|arr\b|tcv|currency|quantity|unit|minimum|maximum|commit|tax|total",
            re.IGNORECASE,
        ),
    ),
    ("billing", re.compile(r"bill|invoice|charge|frequency|arrear|advance|proration|prorate|payment|cycle|anchor|trial", re.IGNORECASE)),
    ("term", re.compile(r"term|start|end|renew|expir|period|duration|interval|phase|segment|date|evergreen", re.IGNORECASE)),
)  # fmt: skip
_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@lru_cache(maxsize=4_096)
def bears_on(name: str) -> str | None:
    """What a field's name speaks of: discount, price, billing or term; None where of none of them."""
    spaced = _WORDS.sub("_", name)
    return next((what for what, words in _BEARS_ON if words.search(spaced)), None)


class Understood:
    """The places that were understood, each with everything below it: by object, so that noting a field builds no path."""

    __slots__ = ("_names",)

    def __init__(self) -> None:
        self._names: dict[Path, set[str | int]] = {}

    def within(self, path: Path) -> set[str | int]:
        """What is understood of the object or list at a path, to add to."""
        found = self._names.get(path)
        if found is None:
            found = self._names[path] = set()
        return found

    def look(self, path: Path) -> Collection[str | int]:
        """What is understood of the object or list at a path."""
        return self._names.get(path, ())

    def add(self, path: Path) -> None:
        self.within(path[:-1]).add(path[-1])

    def update(self, paths: Iterable[Path]) -> None:
        for path in paths:
            self.add(path)

    def discard(self, path: Path) -> None:
        self.within(path[:-1]).discard(path[-1])

    def __contains__(self, path: Path) -> bool:
        return bool(path) and path[-1] in self.look(path[:-1])


@dataclass(slots=True)
class Ledger:
    """What was understood of one payload, and what was wrong with it."""

    understood: Understood = field(default_factory=Understood)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, path: Path, code: str, message: str) -> None:
        self.problems.append(Problem(path=json_path(path), message=message, code=code))

    def settle(self) -> None:
        """Raise `Invalid` with everything that was wrong, where anything was."""
        if self.problems:
            raise Invalid(self.problems)


@dataclass(slots=True, eq=False)
class Fields:
    """One object of a vendor's payload under reading. A getter notes that its field is understood.

    A value of the wrong kind is noted as a problem with its place, and the getter answers None. A payload has hundreds of
    objects, and a frozen one would cost three times as much to make; nobody changes it all the same.
    """

    value: Mapping[str, Any]
    ledger: Ledger
    path: Path = ()
    taken: set[str | int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.taken = self.ledger.understood.within(self.path)

    @classmethod
    def of(cls, payload: Any, ledger: Ledger | None = None, path: Path = ()) -> Fields:
        """The fields of a payload. Raises `Invalid` where it is no object."""
        if not isinstance(payload, Mapping):
            raise Invalid([Problem(path=json_path(path), message="an object with fields is wanted here", code="type")])
        return cls(payload, ledger or Ledger(), path)

    def raw(self, name: str) -> Any:
        """The value as it is; None where it is absent or null."""
        self.taken.add(name)
        return self.value.get(name)

    def has(self, name: str) -> bool:
        """Whether the field is there and not null; it does not count as understood by that."""
        return self.value.get(name) is not None

    def harmless(self, *names: str) -> Fields:
        """Note fields, with everything in them, that mean nothing for a bill."""
        self.taken.update(names)
        return self

    def harmless_among(self, names: frozenset[str]) -> Fields:
        """As `harmless`, of many names of which an object has few."""
        self.taken.update(self.value.keys() & names)
        return self

    def text(self, name: str) -> str | None:
        """Text; a number or a truth value is spelt out, and empty text is None."""
        self.taken.add(name)
        value = self.value.get(name)
        if value is None or value == "":
            return None
        if value.__class__ is str:
            return str(value).strip() or None
        if isinstance(value, (Mapping, list)):
            self._wrong(name, "text is wanted here")
            return None
        return str(value).strip() or None if not isinstance(value, bool) else str(value).lower()

    def number(self, name: str) -> Decimal | None:
        """A number, sent as one or as text in plain digits."""
        self.taken.add(name)
        value = self.value.get(name)
        if value is None or value == "":
            return None
        if value.__class__ is Decimal:
            number = value
        elif isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
            self._wrong(name, "a number is wanted here")
            return None
        else:
            number = _read_number(value)
        if not number.is_finite():
            self._wrong(name, "a number in plain digits is wanted here")
            return None
        if is_beyond_use(number):
            self._wrong(name, "a number with at most 15 digits before the point is wanted here")
            return None
        return number

    def whole(self, name: str) -> int | None:
        """A whole number; one with zeros behind the point is whole."""
        number = self.number(name)
        if number is not None and number != number.to_integral_value():
            self._wrong(name, "a whole number is wanted here")
            return None
        return None if number is None else int(number)

    def flag(self, name: str) -> bool | None:
        """True or false, sent as such or as text."""
        self.taken.add(name)
        value: Any = self.value.get(name)
        if value is None or isinstance(value, bool):
            return value
        known = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
        found = known.get(str(value).strip().lower())
        if found is None:
            self._wrong(name, "true or false is wanted here")
        return found

    def day(self, name: str) -> str | None:
        """An ISO date, or the date of an ISO moment as it is written, as the canonical form has it."""
        text = self.text(name)
        if text is None:
            return None
        try:
            return date.fromisoformat(text[:10]).isoformat()
        except ValueError:
            self._wrong(name, "a date such as 2026-01-31 is wanted here")
            return None

    def moment(self, name: str) -> str | None:
        """An ISO moment as the canonical form has it; without an offset it is UTC."""
        text = self.text(name)
        if text is None:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            self._wrong(name, "a moment such as 2026-01-31T12:00:00Z is wanted here")
            return None
        return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).isoformat()

    def object(self, name: str, kind: type[Fields] | None = None) -> Fields | None:
        """The object in a field, itself under reading, by another kind of getters where `kind` is given."""
        value = self.value.get(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self._wrong(name, "an object is wanted here")
            return None
        return (kind or Fields)(value, self.ledger, (*self.path, name))

    def objects(self, name: str) -> tuple[Fields, ...]:
        """The objects in a list; empty where there is none."""
        value = self.value.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            self._wrong(name, "a list is wanted here")
            return ()
        found = []
        for position, each in enumerate(value):
            if isinstance(each, Mapping):
                found.append(Fields(each, self.ledger, (*self.path, name, position)))
            else:
                self.ledger.refuse((*self.path, name, position), "type", "an object is wanted here")
        return tuple(found)

    def unused(self) -> tuple[Unused, ...]:
        """Every field with a value, here and below, that was neither understood nor named as harmless."""
        found: list[Unused] = []
        if self.path not in self.ledger.understood:
            _look_through(self.value, self.path, self.ledger.understood, found)
        return tuple(found)

    def _wrong(self, name: str, message: str) -> None:
        self.ledger.refuse((*self.path, name), "type", message)


def stated(document: Mapping[str, Any]) -> dict[str, Any]:
    """A canonical document without what is None, an empty list or an empty object; decimals as text."""
    kept: dict[str, Any] = {}
    for name, value in document.items():
        if value.__class__ in _PLAIN:
            kept[name] = value
        elif value is not None and (cleaned := _cleaned(value)) not in (None, [], {}):
            kept[name] = cleaned
    return kept


def _cleaned(value: Any) -> Any:
    if value is None or value.__class__ in _PLAIN:
        return value
    if value.__class__ is dict or isinstance(value, Mapping):
        return stated(value)
    if isinstance(value, (list, tuple)):
        return [_cleaned(each) for each in value]
    if not isinstance(value, Decimal):
        return value
    return str(value) if is_beyond_use(value) else format(value, "f")


def _look_through(holder: Any, path: Path, understood: Understood, found: list[Unused]) -> None:
    """Note what is unused in an object or a list. A line of a vendor's has a hundred fields, most of them empty: those cost least."""
    known = understood.look(path)
    is_object = holder.__class__ is dict or isinstance(holder, Mapping)
    for step, value in holder.items() if is_object else enumerate(holder):
        if value is None or value is False or value == "" or step in known:
            continue
        if value.__class__ in _PLAIN or not isinstance(value, (dict, list, Mapping)):
            if not _is_empty(value):
                where = (*path, step)
                found.append(Unused(path=json_path(where), value=_shown(value), bears_on=_of(where)))
            continue
        _look_through(value, (*path, step), understood, found)


def _read_number(value: int | Decimal | str) -> Decimal:
    """What a number is, or text in plain digits; not a number where it is none."""
    try:
        return Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        return _NO_NUMBER


def is_unix_time(number: int | Decimal) -> bool:
    """Whether a number of seconds lies between the years 1 and 9999. To make 1E+999999999 a whole number never ends."""
    return number == number and _FIRST_SECOND <= number < _END_OF_TIME  # noqa: PLR0124 - not a number is not itself


def is_beyond_use(number: Decimal) -> bool:
    """Whether a number is larger than any amount, or spelt so that writing it out would fill the memory (1E+999999999)."""
    if -6 <= number.adjusted() < _MOST_DIGITS and len(str(number)) <= -_LEAST_EXPONENT:
        return False  # it is spelt in plain digits, and in few: asking for the tuple of them costs ten times as much
    exponent = number.as_tuple().exponent
    return not isinstance(exponent, int) or exponent < _LEAST_EXPONENT or number.adjusted() >= _MOST_DIGITS


def _is_empty(value: Any) -> bool:
    """Whether a field says nothing: absent, empty, off, or zero."""
    return value is None or value == "" or value is False or (not isinstance(value, bool | str) and value == 0)


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def _of(path: Path) -> str | None:
    names: Iterable[str] = (part for part in reversed(path) if isinstance(part, str))
    return next((found for found in map(bears_on, names) if found), None)
