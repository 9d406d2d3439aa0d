"""The reference of the language, made from the code: rows of Markdown tables for the documentation."""

from __future__ import annotations

from collections.abc import Iterator

from policies.language.functions import FUNCTIONS
from policies.language.kinds import UNIT_WORDS, Kind, Type
from policies.language.vocabulary import Absence, Field, Scope, Vocabulary

_ABSENCES = {
    Absence.NONE: "may be absent: guard it",
    Absence.UNKNOWN: "may be absent: guard it; absent means not known",
}


def functions() -> list[str]:
    """A row for each function: how it is written, what it says, an example."""
    head = ["| function | gives | example |", "|---|---|---|"]
    return head + [f"| `{f.signature}` | {_cell(f.meaning)} | `{_cell(f.example)}` |" for f in FUNCTIONS.values()]


def vocabulary(words: Vocabulary) -> list[str]:
    """A section for each name and for each record that hangs from it, with a row for each field."""
    rows: list[str] = []
    told: set[type] = set()
    for subject in (None, *words.subjects):
        scope = words.scope(subject)
        for name in scope.names.values():
            steps = name.steps[-1:] if name.steps else ()
            rows.extend(_section(scope, name.name, name.type, steps, told))
    return rows


def _section(scope: Scope, path: str, kind: Type, steps: tuple[Field, ...], told: set[type]) -> Iterator[str]:
    record = kind.record if kind.kind is Kind.RECORD else None
    if record is None:
        if steps and kind.is_scalar:
            yield from (f"### `{path}`", "", f"{_type(kind)}; {_absence(steps[0])}.", "")
        return
    if record in told:
        return
    told.add(record)
    yield from (f"### `{path}`", "")
    if steps and steps[0].nullable:
        yield from (f"The record itself {_absence(steps[0])}.", "")
    yield from ("| field | type | absent? |", "|---|---|---|")
    fields = scope.fields_of(kind)
    for field in fields.values():
        note = f" {field.note.meaning}." if field.note.meaning else ""
        yield f"| `{path}.{field.name}` | {_cell(_measure(field))}{note} | {_absence(field)} |"
    yield ""
    for field in fields.values():
        if field.type.kind is Kind.LIST and field.type.item is not None:
            yield from _section(scope, f"{path}.{field.name}[]", field.type.item, (), told)
        else:
            yield from _section(scope, f"{path}.{field.name}", field.type, (field,), told) if field.type.record else ()


def _type(kind: Type) -> str:
    if kind.kind is Kind.ENUM and kind.members is not None:
        return "one of " + ", ".join(f"`{member.value}`" for member in kind.members)
    if kind.kind is Kind.INTEGER:
        return "a whole number"
    if kind.kind is Kind.RECORD:
        return "a record"
    return str(kind)


def _measure(field: Field) -> str:
    return f"{_type(field.type)} ({UNIT_WORDS[field.unit]})" if field.unit is not None else _type(field.type)


def _absence(field: Field) -> str:
    if field.type.kind is Kind.LIST and not field.nullable:
        return "never; may be empty"
    if not field.nullable:
        return "never"
    if field.note.expected:
        return "expected: use it freely; where absent, the policy is undetermined"
    return _ABSENCES[field.note.absence]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
