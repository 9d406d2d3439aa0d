"""Following a mapping: a payload of any system in, canonical documents out, with every fault and every unread field named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any, Final

from cpq_hooks.adapter import Unused
from cpq_hooks.mapping.model import Entries, Group, Kind, Node, Section, Source, Unit
from cpq_hooks.problem import Path, one_of, shown
from cpq_hooks.vendor_fields import Fields, Ledger, is_beyond_use, stated
from policies.domain.money import CURRENCIES

_TIMES: Final[Mapping[Unit, int]] = {Unit.FRACTION: 100, Unit.YEARS: 12, Unit.QUARTERS: 3}
_FLAGS: Final = {"true": True, "yes": True, "y": True, "1": True, "false": False, "no": False, "n": False, "0": False}
_ABSENT: Final = object()
_QUOTIENT: Final = Decimal("1E-12")
"""Canonical numbers have at most so many decimals."""
_DIVIDING: Final = Context(prec=40, rounding=ROUND_HALF_EVEN)


def translate(
    section: Section, payload: Any, *, position: int = 1
) -> Iterator[tuple[dict[str, Any], tuple[Unused, ...]]]:
    """Every canonical document of a payload, with the fields that were not read. Raises `Invalid` with all faults.

    `position` is that of the first document: a row of a file is a payload, and counts from the first row.
    """
    ledger = Ledger()
    made = []
    if section.missing and isinstance(payload, Mapping):
        payload = {name: value for name, value in payload.items() if not _is_missing(value, section.missing)}
    entries = _entries(payload, (), section.each, section.only, ledger)
    for at, (path, entry) in enumerate(entries, start=position):
        if not isinstance(entry, Mapping):
            ledger.refuse(path, "type", "an object with fields is wanted here")
            continue
        follower = _Follower(ledger, _currency(section.group, entry))
        document = stated(follower.group(section.group, entry, path, at))
        ledger.understood.update((*path, *each.split(".")) for each in section.ignore)
        made.append((document, Fields(entry, ledger, path)))
    ledger.settle()
    return iter([(document, fields.unused()) for document, fields in made])


def _currency(group: Group, entry: Mapping[str, Any]) -> str | None:
    """The document's currency, which amounts in minor units depend on."""
    source = group.fields.get("currency")
    if not isinstance(source, Source):
        return None
    if source.constant is not None:
        return str(source.constant)
    found = next((value for value, _ in _candidates(entry, source.paths)), _ABSENT)
    word = source.default if found is _ABSENT or found in (None, "") else found
    if source.values is not None:
        word = source.values.get(_word(word), word)
    return None if word is None else str(word)


class _Follower:
    """Makes one document."""

    def __init__(self, ledger: Ledger, currency: str | None) -> None:
        self._ledger = ledger
        self._currency = currency

    def group(self, group: Group, entry: Mapping[str, Any], path: Path, position: int) -> dict[str, Any]:
        return {
            name: self._value(node, entry, path, position)
            if node.__class__ is Source
            else self._node(node, entry, path, position)
            for name, node in group.fields.items()
        }

    def _node(self, node: Node, entry: Mapping[str, Any], path: Path, position: int) -> Any:
        if isinstance(node, Group):
            return self.group(node, entry, path, position)
        if isinstance(node, Entries):
            return list(self._listed(node, entry, path))
        return self._value(node, entry, path, position)

    def _listed(self, node: Entries, entry: Mapping[str, Any], path: Path) -> Iterator[dict[str, Any]]:
        for position, (where, each) in enumerate(_entries(entry, path, node.each, node.only, self._ledger), start=1):
            if isinstance(each, Mapping):
                yield self.group(node.group, each, where, position)
            else:
                self._ledger.refuse(where, "type", "an object with fields is wanted here")

    def _value(self, source: Source, entry: Mapping[str, Any], path: Path, position: int) -> Any:
        if source.position:
            return f"{source.prefix}{position}" if source.kind is Kind.TEXT else position
        if source.constant is not None:
            return source.constant
        for each in source.paths:
            value: Any = entry.get(each, _ABSENT)
            steps: Path = (each,)
            if value is _ABSENT:
                value, steps = _inside(entry, each) if "." in each else (_ABSENT, ())
                if value is _ABSENT:
                    continue
            if len(steps) == 1:
                self._ledger.understood.within(path).add(steps[0])
            else:
                self._ledger.understood.add((*path, *steps))
            if value is not None and value != "":
                found = self._read(source, value, path, steps)
                if source.divided_by:
                    found = self._divided(source, found, entry, path)
                if found is not None:
                    return source.prefix + found if source.prefix else found
                break
        return source.default if source.otherwise is None else self._value(source.otherwise, entry, path, position)

    def _divided(self, source: Source, number: Any, entry: Mapping[str, Any], path: Path) -> Decimal | None:
        """The number divided by what stands beside it: exactly where it comes out even, else rounded to 12 decimals."""
        value, steps = next(_candidates(entry, source.divided_by), (None, ()))
        if steps:
            self._ledger.understood.add((*path, *steps))
        if number is None or value is None or value == "":
            return None
        try:
            quotient = _DIVIDING.divide(number, _decimal(source, value))
            return quotient.quantize(_QUOTIENT, context=_DIVIDING).normalize(_DIVIDING) if quotient else quotient
        except (ValueError, ArithmeticError) as error:
            told = "it is zero" if isinstance(error, ZeroDivisionError) else error
            self._ledger.refuse((*path, *steps), "unreadable", f"nothing can be divided by {shown(value)}: {told}")
            return None

    def _read(self, source: Source, value: Any, path: Path, steps: Path) -> Any:
        if source.values is not None:
            word = _word(value)
            if word in source.values:
                return source.values[word]
            if source.choices and word in source.choices:
                return word
            where = (*path, *steps)
            self._ledger.refuse(where, "unknown_value", f"{shown(value)} is not one of {one_of(list(source.values))}")
            return None
        try:
            return self._of_kind(source, value)
        except (ValueError, ArithmeticError, OverflowError) as error:
            where = (*path, *steps)
            self._ledger.refuse(where, "unreadable", f"{shown(value)} cannot be read as a {source.kind}: {error}")
            return None

    def _of_kind(self, source: Source, value: Any) -> Any:
        match source.kind:
            case Kind.NUMBER:
                return self._number(source, value)
            case Kind.WHOLE:
                number = self._number(source, value)
                if number != number.to_integral_value():
                    raise ValueError("it is not whole")
                return int(number)
            case Kind.FLAG:
                return _flag(value)
            case Kind.DAY:
                day = _day(source, value)
                return (day - timedelta(days=1) if source.ends_before else day).isoformat()
            case Kind.MOMENT:
                return _moment(source, value)
        is_plain = value.__class__ is str or not isinstance(value, (Mapping, list))
        return _word(value) if is_plain else _refused("text is wanted")

    def _number(self, source: Source, value: Any) -> Decimal:
        number = _decimal(source, value)
        if source.unit is Unit.MINOR:
            if self._currency is None or self._currency not in CURRENCIES:
                raise ValueError("the document's currency is not known, so its minor unit is not")
            number = number.scaleb(-CURRENCIES[self._currency])
        elif source.unit is not None:
            number *= _TIMES.get(source.unit, 1)
        return number if source.factor is None else number * source.factor


def _entries(
    value: Any, path: Path, each: str | None, only: Mapping[str, tuple[str, ...]], ledger: Ledger
) -> Iterator[tuple[Path, Any]]:
    """The entries of a list in a document that count, each with its place; without a path the document itself."""
    if each is None:
        found = [(path, value)]
    else:
        steps = tuple(each.split("."))
        inside = value
        for step in steps:
            inside = inside.get(step) if isinstance(inside, Mapping) else None
        if inside is not None and not isinstance(inside, list):
            ledger.refuse((*path, *steps), "type", "a list is wanted here")
        listed = inside if isinstance(inside, list) else []
        found = [((*path, *steps, number), entry) for number, entry in enumerate(listed)]
    for where, entry in found:
        if only and isinstance(entry, Mapping) and not _counts(entry, where, only, ledger):
            if where:  # a payload that does not count by itself is no field of anything
                ledger.understood.add(where)
            continue
        yield where, entry


def _counts(entry: Mapping[str, Any], where: Path, only: Mapping[str, tuple[str, ...]], ledger: Ledger) -> bool:
    """Whether an entry's fields have the values of `only`, all of which are understood by that."""
    counts = True
    for name, wanted in only.items():
        value, steps = next(_candidates(entry, (name,)), (None, ()))
        if steps:
            ledger.understood.add((*where, *steps))
        counts = counts and _word(value) in wanted
    return counts


def _candidates(entry: Mapping[str, Any], paths: tuple[str, ...]) -> Iterator[tuple[Any, Path]]:
    """The values at the paths that are there. A field that has the path's very name comes before one inside another."""
    for path in paths:
        if path in entry:
            yield entry[path], (path,)
        elif "." in path:
            value, steps = _inside(entry, path)
            if value is not _ABSENT:
                yield value, steps


def _inside(entry: Mapping[str, Any], path: str) -> tuple[Any, Path]:
    """The value at a path of several steps, and these; `_ABSENT` where there is none."""
    value: Any = entry
    steps: list[str | int] = []
    for step in path.split("."):
        key = int(step) if isinstance(value, list) and step.isdigit() else step
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return _ABSENT, ()
        steps.append(key)
    return value, tuple(steps)


def _is_missing(value: Any, missing: frozenset[str]) -> bool:
    return value.__class__ is str and value.strip() in missing


def _word(value: Any) -> str:
    if value.__class__ is str:
        return str.strip(value)
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def _decimal(source: Source, value: Any) -> Decimal:
    if value.__class__ is int:
        return Decimal(value)
    if isinstance(value, (bool, Mapping, list)):
        _refused("a number is wanted")
    text = str(value).strip()
    if isinstance(value, str):
        if source.group_mark:
            text = text.replace(source.group_mark, "")
        if source.decimal_mark != ".":
            text = text.replace(source.decimal_mark, ".")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("it is no number in plain digits") from None
    if number.is_finite() and is_beyond_use(number):
        raise ValueError("it is beyond any amount, or has more decimals than any has")
    if not number.is_finite():
        raise ValueError("it is no number in plain digits")
    return number


def _flag(value: Any) -> bool:
    found = value if isinstance(value, bool) else _FLAGS.get(_word(value).lower())
    if found is None:
        raise ValueError("it is neither true nor false")
    return found


def _day(source: Source, value: Any) -> date:
    if source.unit in (Unit.EPOCH_SECONDS, Unit.EPOCH_MILLISECONDS):
        return _at(source, value).date()
    text = _word(value)
    if source.day_format is not None:
        return datetime.strptime(text, source.day_format).replace(tzinfo=UTC).date()
    return date.fromisoformat(text[:10]) if len(text) > 10 and text[10] in "T " else date.fromisoformat(text)


def _moment(source: Source, value: Any) -> str:
    if source.unit in (Unit.EPOCH_SECONDS, Unit.EPOCH_MILLISECONDS):
        return _at(source, value).isoformat().replace("+00:00", "Z")
    text = _word(value)
    if source.day_format is not None:
        found = datetime.strptime(text, source.day_format)  # noqa: DTZ007 - the next line gives it a zone
        return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).isoformat().replace("+00:00", "Z")
    return text


def _at(source: Source, value: Any) -> datetime:
    seconds = _decimal(source, value) / (1000 if source.unit is Unit.EPOCH_MILLISECONDS else 1)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(seconds * 1_000_000))


def _refused(reason: str) -> Any:
    raise ValueError(reason)
