"""The reference of the language, made from the code: rows of Markdown tables for the documentation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policies.language.functions import FUNCTIONS
from policies.language.kinds import UNIT_WORDS, Kind, Type
from policies.language.vocabulary import Absence, Field, Scope, Vocabulary

_ABSENCES: Mapping[Absence, str] = {
    Absence.NONE: "may be: guard it",
    Absence.UNKNOWN: "may be, and is then not known: guard it",
}


def functions() -> list[str]:
    """A row for each function: how it is written, what it says, an example."""
    head = ["| function | gives | example |", "|---|---|---|"]
    return head + [f"| `{f.signature}` | {_cell(f.meaning)} | `{_cell(f.example)}` |" for f in FUNCTIONS.values()]


def vocabulary(words: Vocabulary) -> list[str]:
    """A section for each name and for each record that hangs from it, with a row for each field."""
    scopes = [words.scope(subject) for subject in (None, *words.subjects)]
    homes: dict[type, str] = {}
    for scope in scopes:
        for name in scope.names.values():
            if name.type.record is not None:
                homes.setdefault(name.type.record, name.name)
    rows: list[str] = []
    told: set[str] = set()
    for scope in scopes:
        for name in scope.names.values():
            if name.name not in told:
                told.add(name.name)
                rows.extend(_Sections(scope, homes).of(name.name, name.type, name.steps[-1:]))
    return rows


class _Sections:
    """The sections of one name. A record is described once, where a name leads to it or else where it is first met."""

    def __init__(self, scope: Scope, homes: dict[type, str]) -> None:
        self._scope = scope
        self._homes = homes

    def of(self, path: str, kind: Type, steps: tuple[Field, ...]) -> Iterator[str]:
        if kind.record is None:
            yield from (f"### `{path}`", "", f"{_type(kind)}. Absent: {_absence(steps[0]) if steps else 'never'}.", "")
            return
        if self._homes.setdefault(kind.record, path) != path:
            return
        yield from (f"### `{path}`", "")
        if steps and steps[0].nullable:
            yield from (f"The record itself {_absence(steps[0]).replace('may be', 'may be absent', 1)}.", "")
        yield from ("| field | type | absent? |", "|---|---|---|")
        fields = self._scope.fields_of(kind)
        yield from (_row(path, field) for field in fields.values())
        yield ""
        for field in fields.values():
            yield from self._below(path, field)

    def _below(self, path: str, field: Field) -> Iterator[str]:
        item = field.type.item
        if item is not None and item.record is not None:
            yield from self.of(f"{path}.{field.name}[]", item, ())
        elif field.type.record is not None:
            yield from self.of(f"{path}.{field.name}", field.type, (field,))


def _row(path: str, field: Field) -> str:
    meaning = f": {field.note.meaning}" if field.note.meaning else ""
    kind = _type(field.type)
    if field.unit is not None:
        whole = field.type.kind is Kind.INTEGER
        kind = UNIT_WORDS[field.unit].replace("a number", "a whole number" if whole else "a number")
    return f"| `{path}.{field.name}` | {_cell(kind + meaning)} | {_absence(field)} |"


def _type(kind: Type) -> str:
    if kind.members is not None:
        return "one of " + ", ".join(f"`{member.value}`" for member in kind.members)
    if kind.kind is Kind.INTEGER:
        return "a whole number"
    return "a record" if kind.kind is Kind.RECORD else str(kind)


def _absence(field: Field) -> str:
    if not field.nullable:
        return "never, but may be empty" if field.type.kind is Kind.LIST else "never"
    if field.note.expected:
        return "expected: no guard needed; where it is absent, the policy is undetermined"
    return _ABSENCES[field.note.absence]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
