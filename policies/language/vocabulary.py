"""The words of the language: which names an expression may use, and which fields stand behind them.

A vocabulary is built once from the dataclasses of the documents. `document` is what every expression is evaluated
against. `names` are the words for it and for what hangs from it, as attribute paths: `""` is the document itself.
`subjects` are what a policy can be applied to one by one (`for_each`): a list of the document and the names that stand
for one item of it. `overlays` says that a class of derived facts also answers for the record behind one of its fields:
with `{LineFacts: "line"}` a line has the fields of LineFacts and, where LineFacts has none of that name, those of Line.
`documents` are classes with such a record that are part of the document all the same, so that their own fields can be set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Final, Literal, TypeAlias

from policies.language.introspection import Attribute, VocabularyError, attributes, keeps_nulls
from policies.language.kinds import Kind, Type, Unit
from policies.language.problem import did_you_mean

Anchor: TypeAlias = Literal["document", "item", "each"]
Key: TypeAlias = tuple[str, ...]
"""One place in the data: the anchor and every Python attribute on the way."""

DEFAULT_MAX_ITEMS: Final = 1000


class Absence(StrEnum):
    """What it means that an optional fact is absent: there is none, or it is not known."""

    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldNote:
    """What type hints do not say about a field. Dataclass field metadata may carry the same names.

    `expected` facts may be used without a guard: where one is absent, the expression is undetermined. `absence`
    UNKNOWN says the same of an optional fact that a policy's `when` tests for null: the policy does not apply, but
    only because something is not known. `because` completes the sentence and may name fields: "no floor for
    {line.product_id} in the catalog". `max_items` bounds a list.
    """

    unit: Unit | None = None
    because: str | None = None
    absence: Absence = Absence.NONE
    expected: bool = False
    max_items: int = DEFAULT_MAX_ITEMS
    meaning: str | None = None
    hidden: bool = False


NO_NOTE: Final = FieldNote()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record as expressions see it. `hops` are the Python attributes that lead to it.

    `stated` fields are part of the document, so that a remedy can set them; others only follow from it. `null_flag`
    are the hops to the set that remembers explicit nulls, empty where there is none.
    """

    name: str
    type: Type
    nullable: bool
    hops: tuple[str, ...]
    note: FieldNote
    unit: Unit | None
    stated: bool
    null_flag: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What `for_each` goes through: the list's path from the document, and the names for one item."""

    items: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Name:
    """A word that an expression may begin a path with: where it starts and the fields that lead to it."""

    name: str
    anchor: Anchor
    steps: tuple[Field, ...]
    type: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """All names, and the fields of every record that can be reached from them."""

    document: type
    names: Mapping[str, str]
    overlays: Mapping[type, str] = field(default_factory=dict)
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    notes: Mapping[str, FieldNote] = field(default_factory=dict)
    documents: frozenset[type] = frozenset()
    _noted: dict[tuple[type, str], FieldNote] = field(default_factory=dict, init=False, repr=False)
    _records: dict[type, Mapping[str, Field]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        located = {path: self._owner(path) for path in self.notes}
        self._records.clear()
        self._noted.update({place: self.notes[path] for path, place in located.items()})
        for subject in (None, *self.subjects):
            for name in self.scope(subject).names.values():
                self._visit(name.type, set())

    def scope(self, subject: str | None) -> Scope:
        """What can be said in a policy on a whole document (None) or on each item of a subject."""
        document = Type(Kind.RECORD, record=self.document)
        names = {name: self._name(name, "document", document, path) for name, path in self.names.items()}
        if subject is None:
            return Scope(self, None, names, None)
        spoken = self.subjects[subject]
        items = self._name(subject, "document", document, spoken.items)
        if items.type.kind is not Kind.LIST or items.type.item is None:
            raise VocabularyError(f"{spoken.items} of {self.document.__name__} is no list")
        item = items.type.item
        names |= {name: self._name(name, "item", item, path) for name, path in spoken.names.items()}
        return Scope(self, subject, names, items)

    def all_fields(self) -> Iterator[Field]:
        """Every field within reach of a name."""
        for known in self._records.values():
            yield from known.values()

    def fields_of(self, record: type) -> Mapping[str, Field]:
        """The fields of a record by name, its overlay's included."""
        if record not in self._records:
            self._records[record] = dict(self._fields(record))
        return self._records[record]

    def _fields(self, record: type) -> Iterator[tuple[str, Field]]:
        own = {attribute.name: attribute for attribute in attributes(record)}
        if record not in self.overlays:
            yield from self._plain_fields(record, own)
            return
        behind = self.overlays[record]
        terms = own[behind].type.record if behind in own else None
        if terms is None or own[behind].nullable:
            raise VocabularyError(f"{record.__name__}.{behind} is not a record that is always there")
        base = dict(self._plain_fields(terms, {each.name: each for each in attributes(terms)}))
        for name, attribute in own.items():
            if name != behind and not self._note(record, attribute).hidden:
                yield name, self._derived(record, attribute, behind, base.pop(name, None))
        for name, each in base.items():
            yield name, replace(each, hops=(behind, *each.hops), null_flag=_behind(behind, each))

    def _plain_fields(self, record: type, own: Mapping[str, Attribute]) -> Iterator[tuple[str, Field]]:
        flag = ("nulls",) if keeps_nulls(record) else ()
        for name, attribute in own.items():
            note = self._note(record, attribute)
            if not note.hidden:
                stated = attribute.stored
                yield name, _field(attribute, note, stated=stated, null_flag=flag if stated else ())

    def _derived(self, record: type, attribute: Attribute, behind: str, base: Field | None) -> Field:
        """A derived fact; where the record behind has a field of that name, it can still be set, and be null."""
        stated = base.stated if base is not None else attribute.stored and record in self.documents
        flag = _behind(behind, base) if base is not None else ()
        return _field(attribute, self._note(record, attribute), stated=stated, null_flag=flag)

    def _note(self, owner: type, attribute: Attribute) -> FieldNote:
        given = self._noted.get((owner, attribute.name))
        return given if given is not None else _from_metadata(attribute.metadata)

    def _name(self, name: str, anchor: Anchor, start: Type, path: str) -> Name:
        steps: list[Field] = []
        reached = start
        for word in path.split(".") if path else ():
            known = self.fields_of(reached.record) if reached.record is not None else {}
            if word not in known:
                raise VocabularyError(f"{name}: {path} has no {word}; {did_you_mean(word, known) or ''}")
            steps.append(known[word])
            reached = known[word].type
        return Name(name, anchor, tuple(steps), reached)

    def _owner(self, path: str) -> tuple[type, str]:
        """The class and attribute behind a path that begins with a name, such as line.floor_price."""
        first, _, rest = path.partition(".")
        scope = next((s for s in map(self.scope, (None, *self.subjects)) if first in s.names), None)
        if scope is None:
            raise VocabularyError(f"a note speaks of {path}, but {first} is no name")
        start = scope.names[first]
        words = rest.split(".") if rest else []
        found = self._name(path, start.anchor, start.type, rest).steps if words else start.steps
        if not found:
            raise VocabularyError(f"a note speaks of {path}, which is no field")
        before = (*start.steps, *found)[:-1] if words else found[:-1]
        record = before[-1].type.record if before else self._root(start.anchor, scope)
        if record is None:
            raise VocabularyError(f"a note speaks of {path}, which no record owns")
        owner = record
        for hop in found[-1].hops[:-1]:
            owner = next(a.type.record or owner for a in attributes(owner) if a.name == hop)
        return owner, found[-1].name

    def _root(self, anchor: Anchor, scope: Scope) -> type | None:
        if anchor == "document":
            return self.document
        item = scope.items.type.item if scope.items is not None else None
        return item.record if item is not None else None

    def _visit(self, reached: Type, seen: set[type]) -> None:
        """Reads every record within reach, so that a class that cannot be read is found when the program starts."""
        record = reached.record if reached.item is None else reached.item.record
        if record is None or record in seen:
            return
        seen.add(record)
        for each in self.fields_of(record).values():
            self._visit(each.type, seen)


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that one policy may use. `items` is the list that `for_each` goes through."""

    vocabulary: Vocabulary
    subject: str | None
    names: Mapping[str, Name]
    items: Name | None

    def fields_of(self, reached: Type) -> Mapping[str, Field]:
        """The fields of a record type; empty for every other type."""
        return self.vocabulary.fields_of(reached.record) if reached.record is not None else {}


def _field(attribute: Attribute, note: FieldNote, *, stated: bool, null_flag: tuple[str, ...]) -> Field:
    return Field(
        name=attribute.name,
        type=attribute.type,
        nullable=attribute.nullable,
        hops=(attribute.name,),
        note=note,
        unit=note.unit or attribute.unit,
        stated=stated,
        null_flag=null_flag,
    )


def _behind(behind: str, base: Field) -> tuple[str, ...]:
    return (behind, *base.null_flag) if base.null_flag else ()


def _from_metadata(metadata: Mapping[str, Any]) -> FieldNote:
    known = {each.name for each in fields(FieldNote)}
    told = {name: value for name, value in metadata.items() if name in known}
    return FieldNote(**told) if told else NO_NOTE
