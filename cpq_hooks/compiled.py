"""Fast decoders, generated from the marshmallow schemas: one definition of each shape, read at two speeds.

marshmallow spends some 50 microseconds on a line. A decoder made here takes what is plainly valid along short cuts that
each field states beside its own `_deserialize`, and asks that very method for everything else. It words no error: where a
value is refused or a rule broken it raises, and the caller has marshmallow load the whole document and name all problems.
So a decoder can only be as fast as marshmallow or faster, never more lenient, as long as each short cut is right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from inspect import isgeneratorfunction
from typing import Any, Final, Protocol

from marshmallow import Schema
from marshmallow import fields as marshmallow_fields

Decoder = Callable[[object], Any]

_INLINE: Final = (None, (), False, True)
_VALUE: Final = re.compile(r"\bx_(\w+)")


class NotPlain(Exception):  # noqa: N818 - a signal to the caller, not an error
    """The document may be valid or not; only marshmallow can say."""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """Python source: where `test` holds for the raw value `v`, the field's value is `value`.

    `test` may bind `x`, `t` and `p` on the way and may raise ArithmeticError or ValueError, which declines the document.
    It sees `places`, the decimals of the document's currency, and the names that its field adds.
    """

    test: str
    value: str = "v"


class Rule(Protocol):
    """What must hold among the fields named in `needs`, where all of them are stated.

    Where the source `holds` is true of the values `x_FIELD`, `check` need not be asked.
    """

    needs: tuple[str, ...]
    holds: str

    def check(self, record: Any, /) -> Iterable[object]: ...  # an iterator, or a sequence that is empty where it holds


class Joined:
    """Two records read as one: what an agreement says for itself, and the terms it holds."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, outer: object, inner: object) -> None:
        self._outer = outer
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        try:
            return getattr(self._outer, name)
        except AttributeError:
            return getattr(self._inner, name)


@cache
def decoder(schema_class: type[Schema]) -> Decoder:
    """The fast decoder of a schema: a parsed JSON object in, the domain record out. Made once, at first use.

    Raises `NotPlain`, ValidationError, ArithmeticError or ValueError for what marshmallow has to judge.
    """
    writer = _Writer()
    name = writer.function(schema_class())
    exec(compile("\n".join(writer.lines), f"<decoder of {schema_class.__name__}>", "exec"), writer.names)  # noqa: S102
    decode = writer.names[name]
    return lambda data: decode(data, _ANY_PLACES)


_ANY_PLACES: Final = 12


def source(schema_class: type[Schema]) -> str:
    """The Python source of a schema's decoder, for a person to read."""
    writer = _Writer()
    writer.function(schema_class())
    return "\n".join(writer.lines)


@cache
def draft_type(record: type) -> type:
    """A class with the slots of a frozen record that can be filled by plain assignment, then become the record.

    Assigning `__class__` costs a tenth of what the record's own `__init__` costs with forty fields, since that goes
    through `object.__setattr__` for each. The interpreter allows it between classes of equal slots only.
    """
    if hasattr(record, "__post_init__"):
        raise TypeError(f"{record.__name__} checks itself when it is made, so it cannot be filled from outside")
    return type(f"{record.__name__}Draft", (), {"__slots__": tuple(item.name for item in fields(record))})


class _Writer:
    """Writes one function a schema, inner ones first, into one namespace."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"NotPlain": NotPlain, "Joined": Joined}
        self._functions: dict[type, str] = {}

    def function(self, schema: Schema) -> str:
        """Write the function for a schema unless it stands already; its name."""
        schema_class = type(schema)
        if schema_class not in self._functions:
            name = f"decode_{schema_class.__name__}"
            self._functions[schema_class] = name
            body = list(_Body(self, schema).lines())
            self.lines += [f"def {name}(d, places):", *(f"    {line}" for line in body), ""]
        return self._functions[schema_class]

    def name(self, wanted: str, value: object) -> str:
        """The name under which the source finds the value; equal names with other values get a number."""
        name, number = wanted, 1
        while name in self.names and self.names[name] is not value:
            number += 1
            name = f"{wanted}_{number}"
        self.names[name] = value
        return name


class _Body:
    """The lines of one function: read each field, hold the rules, keep what is unknown, and turn drafts into records."""

    def __init__(self, writer: _Writer, schema: Any) -> None:
        self._writer = writer
        self._schema = schema
        self._fields: Mapping[str, Any] = schema.load_fields
        self._drafts: dict[str, type] = {"r": schema.record}
        if schema.inner is not None:
            self._drafts["i"] = schema.inner[1].record
        self._slots = {draft: {item.name for item in fields(record)} for draft, record in self._drafts.items()}
        self._needed = {name for rule in schema.conditions for name in (*rule.needs, *_VALUE.findall(rule.holds))}

    def lines(self) -> Iterator[str]:
        yield "if d.__class__ is not dict: raise NotPlain"
        yield "get = d.get"
        if getattr(self._schema, "states_currency", False):
            # A document in another one has its own currency, and its amounts are held to that.
            exponents = self._writer.name("exponents", self._schema.exponents)
            yield "c = get('currency')"
            yield f"places = {exponents}.get(c, {_ANY_PLACES}) if c.__class__ is str else {_ANY_PLACES}"
        yield "n = 0"
        for draft, record in self._drafts.items():
            yield f"{draft} = {self._writer.name(f'Draft{record.__name__}', draft_type(record))}()"
        yield from self._unsent()
        for name, each in self._fields.items():
            yield from self._field(name, each)
        yield from self._stand_ins()
        for rule in self._schema.conditions:
            yield from self._rule(rule)
        yield from self._beyond()
        yield from self._finish()

    def _unsent(self) -> Iterator[str]:
        """Slots that no field of the same name fills begin with their default."""
        for draft, record in self._drafts.items():
            for item in fields(record):
                if item.name not in self._fields and item.default is not MISSING:
                    yield f"{draft}.{item.name} = {self._default(item.name)}"

    def _field(self, name: str, each: Any) -> Iterator[str]:
        key = each.data_key or name
        yield f"v = get({key!r})"
        yield "if v is not None:"
        yield "    n += 1"
        yield from (f"    {line}" for line in self._value(name, each))
        yield from (f"    {line}" for line in self._placing(name, each))
        yield "else:"
        if each.required:
            yield "    raise NotPlain"
            return
        default = self._default(name)
        for draft, slots in self._slots.items():
            if name in slots:
                yield f"    {draft}.{name} = {default}"
        yield f"    x_{name} = {default}" if name in self._needed else "    pass"

    def _value(self, name: str, each: Any) -> Iterator[str]:
        """Lines that bind `x` to the field's value."""
        self._writer.names.update(each.source_names())
        nested = self._nested(each)
        if nested is not None:
            yield from nested
            return
        word = "if"
        for shortcut in each.shortcuts():
            yield f"{word} {shortcut.test}: x = {shortcut.value}"
            word = "elif"
        if getattr(each, "in_minor_units", False):
            yield "else: raise NotPlain"
            return
        slow = self._writer.name(f"slow_{name}", each.deserialize)
        call = f"x = {slow}(v, {name!r}, d)"
        yield call if word == "if" else f"else: {call}"

    def _nested(self, each: Any) -> tuple[str, ...] | None:
        if not each.compiles:
            return None
        if isinstance(each, marshmallow_fields.Nested):
            return (f"x = {self._writer.function(each.schema)}(v, places)",)
        if not each.inner.compiles:
            return None
        decode = self._writer.function(each.inner.schema)
        return (
            f"if v.__class__ is not list or not {each.least} <= len(v) <= {each.most}: raise NotPlain",
            f"x = tuple([{decode}(item, places) for item in v])",
        )

    def _placing(self, name: str, each: Any) -> Iterator[str]:
        placing = each.placing()
        if placing is not None:
            yield from (line.format(r="i" if "i" in self._drafts else "r") for line in placing)
        else:
            for draft, slots in self._slots.items():
                if name in slots:
                    yield f"{draft}.{name} = x"
        if name in self._needed:
            yield f"x_{name} = x"

    def _stand_ins(self) -> Iterator[str]:
        for name, source_name in self._schema.stand_ins.items():
            yield f"if i.{name} is None: i.{name} = r.{source_name}"

    def _rule(self, rule: Rule) -> Iterator[str]:
        conditions = [
            f"x_{name}" if isinstance(self._fields[name], marshmallow_fields.List) else f"x_{name} is not None"
            for name in rule.needs
        ]
        if rule.holds:
            conditions.append(f"not ({rule.holds})")
        subject = "r"
        if "i" in self._drafts:
            subject = "i" if rule in self._schema.inner[1].conditions else "Joined(r, i)"
        call = f"{self._writer.name('broken', rule.check)}({subject})"
        conditions.append(f"any({call})" if isgeneratorfunction(rule.check) else call)
        yield f"if {' and '.join(conditions)}: raise NotPlain"

    def _beyond(self) -> Iterator[str]:
        """Explicit nulls and unknown fields, where there are any."""
        beyond = self._writer.name("beyond", self._schema.beyond)
        known = self._writer.name(f"known_{type(self._schema).__name__}", self._schema.known())
        yield "if n != len(d):"
        yield f"    extra, nulls = {beyond}(d, {known})"
        if not self._schema.takes_unknown:
            yield "    if extra: raise NotPlain"
        for name in ("extra", "nulls"):
            home = next((draft for draft, slots in self._slots.items() if name in slots), None)
            if home is not None:
                yield f"    {home}.{name} = {name}"

    def _finish(self) -> Iterator[str]:
        """The inner draft becomes its record first, since a record's slots can no longer be filled."""
        names = {draft: self._writer.name(record.__name__, record) for draft, record in self._drafts.items()}
        if "i" in names:
            yield f"i.__class__ = {names['i']}"
            yield f"r.{self._schema.inner[0]} = i"
        yield f"r.__class__ = {names['r']}"
        yield "return r"

    def _default(self, name: str) -> str:
        """Source for what the record has where the field was not sent."""
        for record in self._drafts.values():
            for item in fields(record):
                if item.name == name and item.default is not MISSING:
                    return self._literal(name, item.default)
                if item.name == name and item.default_factory is not MISSING:
                    return f"{self._writer.name(f'make_{name}', item.default_factory)}()"
        return "None"

    def _literal(self, name: str, value: object) -> str:
        if any(value is plain for plain in _INLINE):
            return repr(value)
        return self._writer.name(f"default_{name}", value)
