"""What all canonical schemas share: records in records, rules among fields, unknown fields kept, documents written.

A schema is a marshmallow schema whose fields are those of `cpq_hooks.canonical.fields` and its neighbours. Loading it
gives the domain record that it names. All errors come at once, each where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Final, NamedTuple

from marshmallow import EXCLUDE, Schema, ValidationError, post_load, pre_load, validates_schema
from marshmallow import fields as marshmallow_fields

from cpq_hooks.canonical.fields import Described
from cpq_hooks.canonical.numbers import MOST_DECIMALS, Number, has_at_most, is_countable
from cpq_hooks.canonical.times import moment_text
from cpq_hooks.problem import Flaw, Path, did_you_mean, shown
from policies.domain.charge import NO_NULLS, NOTHING_EXTRA
from policies.domain.money import CURRENCIES, plain

Placed = tuple[Path, Flaw]
"""A flaw and where it stands, from the record at hand."""

_SCHEMA: Final = "_schema"


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold among the fields `needs`, asked only where all of them are stated and could be read.

    `holds` is Python source for the compiled decoder: where it is true of the values `x_FIELD`, nothing is wrong.
    """

    needs: tuple[str, ...]
    check: Callable[[Any], Iterable[Placed]]
    holds: str = ""


class Unread(Exception):  # noqa: N818 - a signal between a rule and its caller
    """A rule asked for a field that was sent and refused: what cannot be read cannot be judged."""


class Partial:
    """What could be read of a record that has problems. A field not sent reads as None; a refused one raises `Unread`."""

    __slots__ = ("_sent", "_values")

    def __init__(self, values: Mapping[str, Any], sent: object) -> None:
        self._values = values
        self._sent: Mapping[str, Any] = sent if isinstance(sent, dict) else {}

    def __getattr__(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        if self._sent.get(name) is not None:
            raise Unread(name)
        return None


class Read(NamedTuple):
    """An entry of a list that a decoder has read already, in its raw place among those that marshmallow has to judge."""

    record: Any
    raw: Any


def legible(record: Any, name: str) -> Any:
    """The field's value; None where it was refused."""
    try:
        return getattr(record, name)
    except Unread:
        return None


class Record(Schema):
    """A canonical shape.

    `record` is the domain class. Where the shape also carries the fields of another one, flat, `inner` names the
    attribute that holds it and its schema; `stand_ins` then says which of the inner fields is taken from which outer one
    where it was not sent. A document that `states_currency` has its amounts held to that currency's decimals.
    """

    class Meta(Schema.Meta):
        unknown = EXCLUDE  # kept all the same: `beyond` collects them into `extra`

    record: ClassVar[type]
    inner: ClassVar[tuple[str, type[Record]] | None] = None
    stand_ins: ClassVar[Mapping[str, str]] = {}
    conditions: ClassVar[tuple[Rule, ...]] = ()
    states_currency: ClassVar[bool] = False
    takes_unknown: ClassVar[bool] = True
    writes_all: ClassVar[bool] = False
    exponents: ClassVar[Mapping[str, int]] = CURRENCIES

    @classmethod
    def known(cls) -> frozenset[str]:
        """The JSON names of all fields that are read."""
        return _known(cls)

    @staticmethod
    def beyond(raw: Mapping[str, Any], known: frozenset[str]) -> tuple[Mapping[str, object], frozenset[str]]:
        """The fields that the schema does not know, as they came, and the names of known ones that are null."""
        extra = {name: value for name, value in raw.items() if name not in known}
        nulls = frozenset(name for name, value in raw.items() if value is None and name in known)
        return extra or NOTHING_EXTRA, nulls or NO_NULLS

    @pre_load
    def _is_an_object(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict):
            raise ValidationError(
                [Flaw("not_an_object", f"{shown(data)} is not an object: send {{…}} with its fields")]
            )
        return data

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def _rules_hold(self, values: dict[str, Any], original: Any, **_: Any) -> None:
        found = list(self._broken(Partial(values, original)))
        if not self.takes_unknown:
            found += _unknown(original, self.known())
        if self.states_currency and values.get("currency") in CURRENCIES:
            found += too_precise(self, original, values["currency"])
        if found:
            raise ValidationError(tree(found))

    def _broken(self, view: Partial) -> Iterator[Placed]:
        for each in self.conditions:
            try:
                if all(_stated(getattr(view, name)) for name in each.needs):
                    yield from each.check(view)
            except Unread:
                continue

    @post_load(pass_original=True)
    def _build(self, values: dict[str, Any], original: Any, **_: Any) -> Any:
        for name, each in self.load_fields.items():
            if name in values and isinstance(each, Described):
                each.place(values)
        extra, nulls = self.beyond(original, self.known())
        beyond = {"extra": extra, "nulls": nulls}
        if self.inner is None:
            return self.record(**_those_of(self.record, {**beyond, **values}))
        attribute, schema = self.inner
        inside = {**beyond, **values}
        for name, source in self.stand_ins.items():
            inside[name] = inside.get(name) or values[source]
        outside = {
            **beyond,
            **values,
            attribute: schema.record(**_those_of(schema.record, inside, without=self.record)),
        }
        return self.record(**_those_of(self.record, outside))


@cache
def schema_of(schema_class: type[Record]) -> Record:
    """The one instance of a schema; loading and dumping leave it as it is."""
    return schema_class()


@cache
def _known(schema_class: type[Record]) -> frozenset[str]:
    return frozenset(each.data_key or name for name, each in schema_of(schema_class).load_fields.items())


@cache
def _names(record: type) -> frozenset[str]:
    return frozenset(item.name for item in fields(record))


@cache
def _without_default(record: type) -> Mapping[str, None]:
    return {item.name: None for item in fields(record) if item.default is MISSING and item.default_factory is MISSING}


def _those_of(record: type, values: Mapping[str, Any], without: type | None = None) -> dict[str, Any]:
    """The stated values that are fields of the record. `extra` that an outer record keeps is not kept twice."""
    kept_outside = {"extra", "nulls"} & _names(without) if without is not None else frozenset()
    names = _names(record) - kept_outside
    stated = {name: value for name, value in values.items() if name in names and value is not None}
    return {**_without_default(record), **stated}


def _stated(value: object) -> bool:
    return value is not None and value != ()


def _unknown(original: Any, known: frozenset[str]) -> Iterator[Placed]:
    if isinstance(original, dict):
        for name in original:
            if name not in known:
                message = f"there is no field {shown(name)} here.{did_you_mean(name, sorted(known))}"
                yield (name,), Flaw("unknown_field", message)


def too_precise(schema: Schema, raw: Any, currency: str, path: Path = ()) -> Iterator[Placed]:
    """Amounts with more decimals than the currency has, anywhere in the raw document but in documents that state their own."""
    if not isinstance(raw, dict):
        return
    places = CURRENCIES[currency]
    for name, each in schema.load_fields.items():
        value = raw.get(each.data_key or name)
        if isinstance(each, Number) and each.in_minor_units:
            number = each.number_of(value)
            # What no currency has decimals for is refused by the field itself.
            is_number = number is not None and is_countable(number) and has_at_most(MOST_DECIMALS, number)
            if number is not None and is_number and not has_at_most(places, number):
                decimals = f"{places} decimals" if places else "no decimals"
                yield (
                    (*path, name),
                    Flaw("too_many_decimals", f"{shown(value)} cannot be paid: {currency} has {decimals}"),
                )
        elif _states_its_own(each):
            continue
        elif isinstance(each, marshmallow_fields.Nested):
            yield from too_precise(each.schema, value, currency, (*path, name))
        elif isinstance(each, marshmallow_fields.List) and isinstance(each.inner, marshmallow_fields.Nested):
            for position, item in enumerate(value if isinstance(value, list) else ()):
                sent = item.raw if isinstance(item, Read) else item
                yield from too_precise(each.inner.schema, sent, currency, (*path, name, position))


def _states_its_own(each: Any) -> bool:
    """Whether the field holds documents with a currency of their own, which look after their amounts themselves."""
    part = each.inner if isinstance(each, marshmallow_fields.List) else each
    return isinstance(part, marshmallow_fields.Nested) and getattr(part.schema, "states_currency", False)


def tree(found: Iterable[Placed]) -> dict[Any, Any]:
    """The flaws as marshmallow keeps errors: nested by name and position, lists of flaws as leaves."""
    root: dict[Any, Any] = {}
    for path, flaw in found:
        node = root
        for step in path:
            node = node.setdefault(step, {})
        node.setdefault(_SCHEMA, []).append(flaw)
    return root


def flaws(errors: object, path: Path = ()) -> Iterator[Placed]:
    """The flaws of marshmallow's nested errors, each with its path: fields as they come, entries of a list by position."""
    if isinstance(errors, Mapping):
        for step, below in sorted(errors.items(), key=_position):
            yield from flaws(below, path if step == _SCHEMA else (*path, step))
    elif isinstance(errors, Sequence) and not isinstance(errors, str):
        for below in errors:
            yield from flaws(below, path)
    else:
        yield path, errors if isinstance(errors, Flaw) else Flaw("invalid", str(errors))


def _position(error: tuple[object, object]) -> int:
    return error[0] if isinstance(error[0], int) else -1


def document(schema: Record, record: Any, currency: str | None = None) -> dict[str, Any]:
    """The record as a JSON document: what was stated, explicit nulls as null, unknown fields as they came.

    A schema that `writes_all` has every field, null where the record holds nothing.
    """
    inside = getattr(record, schema.inner[0]) if schema.inner is not None else record
    currency = getattr(inside, "currency", None) or currency
    nulls = getattr(inside, "nulls", NO_NULLS)
    found: dict[str, Any] = {}
    for name, key, each, within, stands_for, is_plain in _entries(type(schema)):
        holder = inside if within else record
        if is_plain and getattr(holder, name) is None:
            value = None
        else:
            value = each.written(holder, currency)
            if stands_for is not None and value == getattr(record, stands_for):
                value = None
        if value is not None or schema.writes_all or (nulls and key in nulls):
            found[key] = value
    for holder in (record, inside):
        extra = getattr(holder, "extra", NOTHING_EXTRA)
        if extra:
            found.update({name: json_value(value) for name, value in extra.items()})
    return found


class _Entry(NamedTuple):
    """How one field of a document is written: from the record itself or the one inside it."""

    name: str
    key: str
    field: Any
    inside: bool
    stands_for: str | None
    is_plain: bool


@cache
def _entries(schema_class: type[Record]) -> tuple[_Entry, ...]:
    own = _names(schema_class.record)
    return tuple(
        _Entry(
            name=each.attribute or name,
            key=each.data_key or name,
            field=each,
            inside=schema_class.inner is not None and name not in own,
            stands_for=schema_class.stand_ins.get(name) if name not in own else None,
            is_plain=_is_plain(each),
        )
        for name, each in schema_of(schema_class).dump_fields.items()
    )


def _is_plain(each: object) -> bool:
    """Whether the field's value is the record's attribute, and None is all that it writes nothing for."""
    return (
        isinstance(each, Described)
        and type(each).value_of is Described.value_of
        and type(each).written is Described.written
    )


def json_value(value: object) -> object:
    """A value that the schema does not know, as JSON has it; a number that no float holds exactly becomes a text."""
    if isinstance(value, Decimal):
        return float(value) if value.is_finite() and Decimal(repr(float(value))) == value else plain(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): json_value(item) for name, item in value.items()}
    return [json_value(item) for item in value] if isinstance(value, list | tuple) else value
