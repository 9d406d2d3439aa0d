"""Random expressions and random documents, to hold the language to its promises.

The expressions are well formed and mostly well typed, so that many are accepted; guards are sometimes written and
sometimes forgotten. The documents are valid and full of edges: absent facts, zeros, the greatest and least numbers,
empty lists, moments with and without a zone.
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random

from policies.language.introspection import attributes
from policies.language.kinds import Kind, Type
from policies.language.vocabulary import Scope, Vocabulary

DECIMALS = [
    *map(Decimal, ("0", "0", "0.0", "1", "1", "-3", "3", "2")),
    *map(Decimal, ("0", "0.00", "1", "-1", "0.5", "12", "100", "0.000000000001", "-0.000000000001", "3", "7", "2.50")),
    Decimal("999999999999999.999999999999"),
    Decimal("-999999999999999.999999999999"),
]
TEXTS = ["", "SEAT", "CUSTOM-1", "é\u20ac", "enterprise", "İ", '"', "{x}", "a" * 300]
DATES = [date.min, date.max, date(2026, 1, 1), date(2024, 2, 29), date(2026, 12, 31)]
ZONES = [None, UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))]
INTEGERS = [0, 0, 1, 1, -1, 12, 30, 36, 10**15 - 1]


class Expressions:
    """Random conditions, numbers and texts in one scope."""

    def __init__(self, random: Random, scope: Scope, tables: tuple[str, ...] = ()) -> None:
        self.random = random
        self.tables = tables
        self.scope = scope
        self.paths = _paths(scope)
        self.each: list[tuple[str, Type, bool]] = []

    def condition(self, depth: int = 4) -> str:
        if depth <= 0:
            return self._comparison(0)
        make = self.random.choices(
            [self._logical, self._not, self._comparison, self._null_test, self._guarded, self._quantifier, self._leaf],
            weights=[4, 1, 5, 1, 4, 1 if not self.each else 0, 1],
        )[0]
        return make(depth - 1)

    def number(self, depth: int = 3) -> str:
        if depth <= 0 or self.random.random() < 0.4:
            return self._atom(Kind.DECIMAL, Kind.INTEGER) if self.random.random() < 0.7 else self._number_literal()
        one, two = self.number(depth - 1), self.number(depth - 1)
        choice = self.random.randrange(13)
        if choice < 4:
            return f"({one} {self.random.choice('+-*')} {two})"
        if choice < 6:
            return f"{one} / {self.random.choice(['12', '0.5', two])}"
        return [
            f"coalesce({one}, {two})",
            f"coalesce({one} / {two}, 0)",
            f"min({one}, {two})",
            f"abs(-{one})",
            f"round({one}, {self.random.choice([0, 2, 12])})",
            f"({one} if {self.condition(depth - 1)} else {two})",
            self._amount(depth - 1),
        ][choice - 6]

    def _logical(self, depth: int) -> str:
        word = self.random.choice([" and ", " or "])
        parts = [self.condition(depth) for _ in range(self.random.choice([2, 2, 3]))]
        return f"({word.join(parts)})"

    def _not(self, depth: int) -> str:
        return f"not {self.condition(depth)}"

    def _leaf(self, depth: int) -> str:
        text = self._atom(Kind.TEXT)
        return self.random.choice(
            [
                self._atom(Kind.BOOLEAN),
                f"coalesce({self._atom(Kind.BOOLEAN)}, {self.random.choice(['true', 'false'])})",
                f"contains({text}, {self._text_literal()})",
                f"lower(coalesce({text}, {self._text_literal()})) == {self._text_literal()}",
                f"starts_with(coalesce({text}, ''), {self._text_literal()})",
                f"stated_null({self.random.choice(self.paths)[0]})",
                f"coalesce({self.condition(depth)}, {self.random.choice(['true', 'false'])})",
                f"({self.condition(depth)} if {self.condition(depth)} else {self.condition(depth)})",
            ]
        )

    def _comparison(self, depth: int) -> str:
        operator = self.random.choice(["<", "<=", ">", ">=", "==", "!="])
        choice = self.random.randrange(8)
        if choice < 4:
            chain = f" {self.random.choice(['<', '<='])} {self.number(depth)}" if choice == 0 else ""
            return f"{self.number(depth)} {operator} {self.number(depth)}{chain}"
        if choice == 4:
            return f"{self._atom(Kind.DATE)} {operator} {self._date(depth)}"
        if choice == 5:
            return f"{self._atom(Kind.DATETIME)} {operator} {self._atom(Kind.DATETIME)}"
        if choice == 6:
            return self._enumerated()
        words = ", ".join(self._text_literal() for _ in range(2))
        return f"{self._atom(Kind.TEXT)} {self.random.choice(['in', 'not in'])} [{words}]"

    def _null_test(self, depth: int) -> str:
        tested = self.random.choice([self.random.choice(self.paths)[0], f"({self.number(depth)})"])
        return f"{tested} {self.random.choice(['==', '!='])} null"

    def _guarded(self, depth: int) -> str:
        """A fact with its guard, in one of the forms that a person would write."""
        path = self._atom(Kind.DECIMAL, Kind.INTEGER)
        operator = self.random.choice(["<", ">=", "==", "!="])
        use = f"{path} {operator} {self.number(depth)}"
        divided = f"{self.number(depth - 1)} / {path} {operator} {self.number(depth - 1)}"
        return self.random.choice(
            [
                f"({path} != null and {use})",
                f"({path} == null or {use})",
                f"not ({path} == null or not {use})",
                f"({use} if {path} != null else {self.condition(depth - 1)})",
                f"({path} != null and {path} > 0 and {divided})",
                f"({path} != null and ({path} == 0 or {divided}))",
                f"(not ({path} == null) and 0 < {path} and {divided})",
                f"({path} > 0 and {divided})",
                f"({self.condition(depth - 1)} and {path} != null and {use})",
            ]
        )

    def _quantifier(self, depth: int) -> str:
        path, items, _ = self.random.choice([each for each in self.paths if each[1].kind is Kind.LIST])
        self.each = _fields_of(self.scope, "x", items.item, 2)
        before = self.paths
        self.paths = [*before, *self.each * 3]
        test = f" if {self.condition(depth - 1)}" if self.random.random() < 0.5 else ""
        choice = self.random.randrange(4)
        made = [
            f"any({self.condition(depth)} for x in {path}{test})",
            f"all({self.condition(depth)} for x in {path}{test})",
            f"sum({self.number(depth)} for x in {path}{test}) > {self._number_literal()}",
            f"count(x for x in {path}{test}) >= {self._number_literal()}",
        ][choice]
        self.paths, self.each = before, []
        return made

    def _amount(self, depth: int) -> str:
        if self.each:
            return self._number_literal()
        lists = [path for path, kind, _ in self.paths if kind.kind is Kind.LIST]
        tabled = [f"{table}[{self.number(depth)}]" for table in self.tables]
        days = f"days_between({self._date(0)}, {self._date(0)})"
        return self.random.choice([f"count({self.random.choice(lists)})", days, *tabled, *self.tables])

    def _enumerated(self) -> str:
        path, kind, _ = self.random.choice([each for each in self.paths if each[1].kind is Kind.ENUM])
        values = [f'"{member.value}"' for member in kind.members]
        if self.random.random() < 0.3:
            return f"coalesce({path}, {self.random.choice(values)}) != {self.random.choice(values)}"
        if self.random.random() < 0.5:
            return f"{path} {self.random.choice(['in', 'not in'])} [{', '.join(self.random.sample(values, 2))}]"
        test = f"{path} != null and " if self.random.random() < 0.5 else ""
        return f"({test}{path} {self.random.choice(['==', '!='])} {self.random.choice(values)})"

    def _atom(self, *kinds: Kind) -> str:
        """A path of one of the kinds, mostly one that is always there or expected."""
        fitting = [each for each in self.paths if each[1].kind in kinds]
        easy = [each for each in fitting if each[2]]
        return self.random.choice(easy if easy and self.random.random() < 0.6 else fitting)[0]

    def _date(self, _depth: int) -> str:
        moment = f"date_of({self._atom(Kind.DATETIME)})"
        return self.random.choice([self._atom(Kind.DATE), 'date("2026-01-31")', moment, "today"])

    def _number_literal(self) -> str:
        return self.random.choice(["0", "1", "12", "100", "0.5", "-3", "999999999999999", "0.000000000001"])

    def _text_literal(self) -> str:
        return self.random.choice(['"SEAT"', '"a"', "''", '"é"'])


class Puzzles:
    """Conditions that guard and use the same few facts in every combination, right and wrong.

    Where the checker believes a guard that proves nothing, the compiled code meets a null or a zero that it does not
    expect. Few facts and small parts make such a combination likely.
    """

    def __init__(self, random: Random, scope: Scope) -> None:
        self.random = random
        numbers = [(path, free) for path, kind, free in _paths(scope) if kind.is_number and path.count(".") < 2]
        easy = [path for path, free in numbers if free]
        self.facts = [*random.choices(easy, k=random.choice([0, 1, 2])), *random.choices([p for p, _ in numbers], k=1)]
        self.lists = [path for path, kind, _ in _paths(scope) if kind.kind is Kind.LIST and kind.item.record]
        self.scope = scope
        self.inside = False

    def condition(self, depth: int = 4) -> str:
        pick = self.random.random()
        if depth <= 0 or pick < 0.25:
            return self._part()
        if pick < 0.85:
            word = self.random.choice([" and ", " or "])
            return f"({word.join(self.condition(depth - 1) for _ in range(self.random.choice([2, 2, 3])))})"
        if pick < 0.92:
            return f"not {self.condition(depth - 1)}"
        if pick < 0.97 or self.inside:
            parts = [self.condition(depth - 1) for _ in range(3)]
            return f"({parts[0]} if {parts[1]} else {parts[2]})"
        return self._quantifier(depth - 1)

    def _part(self) -> str:
        fact, other = self.random.choice(self.facts), self.random.choice(self.facts)
        bound = self.random.choice(["0", "0", "0", "1", "-5", "3"])
        operator = self.random.choice(["<", "<=", ">", ">=", "==", "!="])
        return self.random.choice(
            [
                f"{fact} != null",
                f"{fact} != null",
                f"{fact} == null",
                f"{fact} {operator} {bound}",
                f"{bound} {operator} {fact}",
                f"0 < {fact} <= {other}",
                f"{fact} {self.random.choice(['in', 'not in'])} [0, 1]",
                f"{fact} {operator} {other}",
                f"3 / {fact} {operator} {other}",
                f"1 / {fact} < 2",
                f"coalesce({fact}, {other}) {operator} {bound}",
                f"min({fact}, {other}) / ({other} if {other} > 0 else 2) {operator} {bound}",
                f"coalesce({other} / {fact}, {bound}) {operator} {fact}",
            ]
        )

    def _quantifier(self, depth: int) -> str:
        path, kind = self.random.choice([(p, k) for p, k, _ in _paths(self.scope) if p in self.lists])
        own = [p for p, k, _ in _fields_of(self.scope, "x", kind.item, 1) if k.is_number]
        before, self.inside = self.facts, True
        self.facts = self.random.choices(before, k=2) + self.random.choices(own or before, k=2)
        test = f" if {self.condition(depth - 1)}" if self.random.random() < 0.6 else ""
        fact, other = self.random.choices(self.facts, k=2)
        made = self.random.choice(
            [
                f"any({self.condition(depth - 1)} for x in {path}{test})",
                f"all({self.condition(depth - 1)} for x in {path}{test})",
                f"count(x for x in {path}{test}) > 0",
                f"sum({fact} / {other} for x in {path}{test}) > 1",
                f"sum({fact} for x in {path}{test}) > 1",
            ]
        )
        self.facts, self.inside = before, False
        return made


def _paths(scope: Scope) -> list[tuple[str, Type, bool]]:
    found = []
    for name in scope.names.values():
        always = not any(step.nullable for step in name.steps)
        found.append((name.name, name.type, always)) if name.steps else None
        found.extend(_fields_of(scope, name.name, name.type, 3, always=always))
    return found


def _fields_of(scope, path, kind, depth, *, always=True) -> list[tuple[str, Type, bool]]:
    """Paths below a record with their types, and whether they may be used without a guard."""
    if kind.record is None or depth == 0:
        return [(path, kind, always)] if kind.is_scalar else []
    found = []
    for field in scope.fields_of(kind).values():
        free = always and (not field.nullable or field.note.expected)
        found.append((f"{path}.{field.name}", field.type, free))
        if field.type.record is not None:
            found.extend(_fields_of(scope, f"{path}.{field.name}", field.type, depth - 1, always=free))
    return found


def document(random: Random, vocabulary: Vocabulary):
    """A valid document with random content."""
    return _record(random, vocabulary.document, random.choice([0.1, 0.5, 0.9]))


def _record(random: Random, record: type, absent: float):
    told = {}
    for attribute in attributes(record):
        if not attribute.stored:
            continue
        if attribute.nullable and random.random() < absent:
            told[attribute.name] = None
        else:
            told[attribute.name] = _value(random, attribute.type, absent)
    if any(field.name == "nulls" for field in dataclasses.fields(record)):
        told["nulls"] = frozenset(name for name, value in told.items() if value is None and random.random() < 0.5)
    for field in dataclasses.fields(record):
        if field.name not in told and field.default is dataclasses.MISSING is field.default_factory:
            told[field.name] = {}  # a mapping, which has no place in the language
    try:
        return record(**told)
    except ValueError:  # what does not hang together (a period that ends before it begins) is no valid document
        return _record(random, record, absent)


def _value(random: Random, kind: Type, absent: float):
    match kind.kind:
        case Kind.RECORD:
            return _record(random, kind.record, absent)
        case Kind.LIST:
            return tuple(_value(random, kind.item, absent) for _ in range(random.choice([0, 0, 1, 2, 3])))
        case Kind.ENUM:
            return random.choice(list(kind.members))
        case Kind.DATETIME:
            day = random.choice([datetime.min, datetime.max, datetime(2026, 5, 4, 3, 2)])  # noqa: DTZ001, DTZ901
            return day.replace(tzinfo=random.choice(ZONES))
        case Kind.BOOLEAN:
            return random.choice([True, False])
        case other:
            plain = {Kind.DECIMAL: DECIMALS, Kind.INTEGER: INTEGERS, Kind.TEXT: TEXTS, Kind.DATE: DATES}
            return random.choice(plain[other])
