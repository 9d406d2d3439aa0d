"""Reading a mapping file: every field that it names has to be one of the canonical schema, and every fault is told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any, Final

from cpq_hooks.canonical import SCHEMAS, Record
from cpq_hooks.canonical.fields import Choice, Described, Flag
from cpq_hooks.canonical.nesting import Items, Part
from cpq_hooks.canonical.numbers import Number, Whole
from cpq_hooks.canonical.record import schema_of
from cpq_hooks.canonical.times import Day, Moment
from cpq_hooks.mapping.model import Entries, Group, Kind, MappingFile, Node, Section, Source, Unit
from cpq_hooks.problem import Invalid, did_you_mean, one_of, shown
from cpq_hooks.yaml_files import Located, read_yaml

Path = tuple[str | int, ...]

SHAPES: Final[Mapping[str, str]] = {
    "quote": "Quote",
    "agreement": "Agreement",
    "billing-configuration": "BillingConfiguration",
    "usage": "UsageRecord",
    "invoice": "Invoice",
    "outcome": "Outcome",
}
_SECTION_KEYS: Final = ("each", "only", "fields", "ignore", "missing")
_SOURCE_KEYS: Final = (
    "path", "constant", "default", "position", "values", "unit", "factor", "format", "ends_before", "decimal", "group",
    "prefix", "divided_by", "otherwise",
)  # fmt: skip
_KINDS: Final[tuple[tuple[type[Described], Kind], ...]] = (
    (Choice, Kind.CHOICE),
    (Flag, Kind.FLAG),
    (Day, Kind.DAY),
    (Moment, Kind.MOMENT),
    (Whole, Kind.WHOLE),
    (Number, Kind.NUMBER),
)
_UNITS: Final[Mapping[Unit, frozenset[Kind]]] = {
    Unit.MINOR: frozenset({Kind.NUMBER}),
    Unit.FRACTION: frozenset({Kind.NUMBER}),
    Unit.YEARS: frozenset({Kind.WHOLE, Kind.NUMBER}),
    Unit.QUARTERS: frozenset({Kind.WHOLE, Kind.NUMBER}),
    Unit.EPOCH_SECONDS: frozenset({Kind.DAY, Kind.MOMENT}),
    Unit.EPOCH_MILLISECONDS: frozenset({Kind.DAY, Kind.MOMENT}),
}


class MappingRefused(ValueError):  # noqa: N818 - it says what happened
    """The file is not taken; `reasons` has a sentence for each fault, with the file's line."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        super().__init__("\n".join(reasons))


def read_mapping(text: str, name: str = "mapping") -> MappingFile:
    """The mapping that a file describes. Raises `MappingRefused` with every fault."""
    try:
        located = read_yaml(text, name)
    except Invalid as invalid:
        raise MappingRefused(tuple(f"{name}:{each.line or 1}: {each.message}" for each in invalid.problems)) from None
    reading = _Reading(located, name)
    found = reading.file()
    if reading.reasons:
        raise MappingRefused(tuple(reading.reasons))
    return found


@dataclass(slots=True)
class _Reading:
    """One file under reading; faults gather in `reasons`."""

    located: Located
    name: str
    reasons: list[str] = field(default_factory=list)

    def file(self) -> MappingFile:
        value = self.located.data
        if not isinstance(value, dict) or not value:
            self._refuse((), f"a mapping file says for each shape how it is made: {one_of(SHAPES)}")
            return MappingFile(sections={})
        sections = {}
        for shape, given in value.items():
            if shape not in SHAPES:
                self._refuse((shape,), f"there is no shape {shown(shape)}.{did_you_mean(shape, tuple(SHAPES))}")
                continue
            sections[shape] = self._section(shape, given)
        return MappingFile(sections=sections)

    def _section(self, shape: str, given: Any) -> Section:
        path: Path = (shape,)
        keys = self._keys(path, given, _SECTION_KEYS)
        return Section(
            shape=shape,
            group=self._group((*path, "fields"), keys.get("fields"), SCHEMAS[SHAPES[shape]]),
            each=self._text((*path, "each"), keys.get("each")),
            only=self._only((*path, "only"), keys.get("only")),
            ignore=tuple(str(each) for each in keys.get("ignore") or ()),
            missing=self._words((*path, "missing"), keys.get("missing")),
        )

    def _group(self, path: Path, given: Any, schema: type[Record]) -> Group:
        if not isinstance(given, dict):
            self._refuse(path, "fields by their canonical names are wanted here, each with where it comes from")
            return Group(fields={})
        known = dict(_fields(schema))
        nodes: dict[str, Node] = {}
        for name, value in given.items():
            if name not in known:
                self._refuse((*path, name), f"there is no field {shown(name)} here.{did_you_mean(name, tuple(known))}")
                continue
            nodes[name] = self._node((*path, name), value, known[name])
        self._check_required(path, nodes, known)
        return Group(fields=nodes)

    def _check_required(self, path: Path, nodes: Mapping[str, Node], known: Mapping[str, Described]) -> None:
        missing = [name for name, each in known.items() if each.required and name not in nodes]
        if missing:
            self._refuse(path, f"{', '.join(missing)} cannot be left out: say where it comes from")

    def _node(self, path: Path, given: Any, canonical: Described) -> Node:
        if isinstance(canonical, Part):
            return self._group(path, given, type(canonical.schema))  # type: ignore[arg-type]
        inner: Any = canonical.inner if isinstance(canonical, Items) else None
        if isinstance(inner, Part):
            keys = self._keys(path, given, ("each", "only", "fields"))
            return Entries(
                each=self._text((*path, "each"), keys.get("each")),
                group=self._group((*path, "fields"), keys.get("fields"), type(inner.schema)),  # type: ignore[arg-type]
                only=self._only((*path, "only"), keys.get("only")),
            )
        return self._source(path, given, canonical)

    def _source(self, path: Path, given: Any, canonical: Described) -> Source:
        kind = next((kind for of, kind in _KINDS if isinstance(canonical, of)), Kind.TEXT)
        choices = tuple(canonical.choices) if isinstance(canonical, Choice) else ()
        if not isinstance(given, dict):
            return Source(kind=kind, paths=self._paths(path, given), choices=choices)
        keys = self._keys(path, given, _SOURCE_KEYS)
        stated = [name for name in ("path", "constant", "position") if name in keys]
        if len(stated) != 1:
            self._refuse(path, "a value comes from a path, is a constant, or is the entry's position: say one of them")
        source = Source(
            kind=kind,
            paths=self._paths((*path, "path"), keys["path"]) if "path" in keys else (),
            constant=keys.get("constant"),
            default=keys.get("default"),
            position=bool(keys.get("position")),
            values=self._values((*path, "values"), keys.get("values"), choices),
            unit=self._unit((*path, "unit"), keys.get("unit"), kind),
            factor=self._factor((*path, "factor"), keys.get("factor"), kind),
            day_format=self._text((*path, "format"), keys.get("format")),
            ends_before=bool(keys.get("ends_before")),
            decimal_mark=str(keys.get("decimal", ".")),
            group_mark=str(keys.get("group", "")),
            choices=choices,
            prefix=self._text((*path, "prefix"), keys.get("prefix")) or "",
            divided_by=self._paths((*path, "divided_by"), keys["divided_by"]) if "divided_by" in keys else (),
            otherwise=self._source((*path, "otherwise"), keys["otherwise"], canonical) if "otherwise" in keys else None,
        )
        self._check_fixed(path, source)
        self._check_fitting(path, source)
        return source

    def _check_fitting(self, path: Path, source: Source) -> None:
        """Keys that make sense with others only."""
        if source.prefix and source.kind is not Kind.TEXT:
            self._refuse(path, "prefix is for texts, such as ids")
        if source.divided_by and (source.kind is not Kind.NUMBER or not source.paths):
            self._refuse(path, "divided_by is for numbers that come from a path")
        if source.otherwise is not None and (not source.paths or source.default is not None):
            self._refuse(path, "otherwise goes with a path, and in place of default")

    def _check_fixed(self, path: Path, source: Source) -> None:
        """What is written into the file itself has to be a canonical word where one of a list is wanted."""
        for value in (source.constant, source.default):
            if value is not None and source.choices and str(value) not in source.choices:
                self._refuse(path, f"{shown(value)} is not one of {one_of(source.choices)}")
        if source.ends_before and source.kind is not Kind.DAY:
            self._refuse(path, "ends_before is for dates")

    def _words(self, path: Path, given: Any) -> frozenset[str]:
        if given is None:
            return frozenset()
        if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
            self._refuse(path, "a list of texts that state nothing is wanted here, such as [NA]")
            return frozenset()
        return frozenset(each.strip() for each in given)

    def _values(self, path: Path, given: Any, choices: tuple[str, ...]) -> Mapping[str, object] | None:
        if given is None:
            return None
        if not isinstance(given, dict) or not given:
            self._refuse(path, "values by the sender's word are wanted here, such as {M: monthly}")
            return None
        for word, value in given.items():
            if choices and value is not None and str(value) not in choices:
                guess = did_you_mean(value, choices)
                self._refuse((*path, word), f"{shown(value)} is not one of {one_of(choices)}.{guess}")
        return {_word(word): value for word, value in given.items()}

    def _unit(self, path: Path, given: Any, kind: Kind) -> Unit | None:
        if given is None:
            return None
        try:
            unit = Unit(str(given))
        except ValueError:
            self._refuse(path, f"{shown(given)} is not one of {one_of([each.value for each in Unit])}")
            return None
        if kind not in _UNITS[unit]:
            self._refuse(path, f"{unit} does not fit here: the field holds a {kind}")
        return unit

    def _factor(self, path: Path, given: Any, kind: Kind) -> Decimal | None:
        if given is None:
            return None
        if kind not in (Kind.NUMBER, Kind.WHOLE) or isinstance(given, bool):
            self._refuse(path, "factor is for numbers")
            return None
        try:
            return Decimal(str(given))
        except ArithmeticError:
            self._refuse(path, f"{shown(given)} is not a number")
            return None

    def _only(self, path: Path, given: Any) -> Mapping[str, tuple[str, ...]]:
        if given is None:
            return {}
        if not isinstance(given, dict):
            self._refuse(path, "paths with the values that count are wanted here, such as {type: recurring}")
            return {}
        return {
            str(name): tuple(_word(each) for each in (value if isinstance(value, list) else [value]))
            for name, value in given.items()
        }

    def _paths(self, path: Path, given: Any) -> tuple[str, ...]:
        texts = given if isinstance(given, list) else [given]
        if not texts or not all(isinstance(each, str) and each.strip() for each in texts):
            self._refuse(path, "a path into the sender's document is wanted here, or a list of paths to try in order")
            return ()
        return tuple(texts)

    def _text(self, path: Path, given: Any) -> str | None:
        if given is None or isinstance(given, str):
            return given
        self._refuse(path, f"text is wanted here, not {shown(given)}")
        return None

    def _keys(self, path: Path, given: Any, known: tuple[str, ...]) -> Mapping[str, Any]:
        if not isinstance(given, dict):
            self._refuse(path, f"keys such as {one_of(known)} are wanted here")
            return {}
        for key in given:
            if key not in known:
                self._refuse((*path, key), f"there is no key {shown(key)} here.{did_you_mean(key, known)}")
        return given

    def _refuse(self, path: Path, reason: str) -> None:
        where = ".".join(str(each) for each in path)
        self.reasons.append(f"{self.name}:{self.located.line(path) or 1}: {where + ': ' if where else ''}{reason}")


def _word(value: object) -> str:
    """A sender's value as a word to compare: true and false as JSON spells them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@cache
def _fields(schema: type[Record]) -> tuple[tuple[str, Described], ...]:
    return tuple(_of(schema))


def _of(schema: type[Record]) -> Iterator[tuple[str, Described]]:
    """The fields of a shape by their JSON names, with those of a record that is written flat into it."""
    for name, each in schema_of(schema).load_fields.items():
        if isinstance(each, Described):
            yield each.data_key or name, each
