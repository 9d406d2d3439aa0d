"""What the schemas of answers share: every field is always there, and a change is an operation of a JSON Patch."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from cpq_hooks.canonical.fields import Choice, Described, Given, Key, Text
from cpq_hooks.canonical.nesting import Items
from cpq_hooks.canonical.patch import plain_value
from cpq_hooks.canonical.record import Record
from policies.domain.finding import Change

_ANY_LENGTH: Final = 10_000_000


def say(description: str, *, null: bool = False) -> Text:
    """A sentence or name; with `null`, nothing may be known."""
    return Text(description, longest=_ANY_LENGTH, required=True, nullable=null)


def word(description: str, *, null: bool = False) -> Key:
    """An id or other short word."""
    return Key(description, required=True, nullable=null)


def many(inner: Described, description: str) -> Items:
    """A list, empty where there is nothing."""
    return Items(inner, description, required=True)


class Answer(Record):
    """A shape that goes out, with all its fields."""

    writes_all = True


class PatchOperation(StrEnum):
    """What an operation of a JSON Patch does."""

    ADD = "add"
    REPLACE = "replace"
    REMOVE = "remove"


class Operation(Choice):
    """The operation of a change: `add` where nothing stood, else `replace`."""

    def value_of(self, record: Any) -> Any:
        return PatchOperation.ADD if record.absent else PatchOperation.REPLACE

    def place(self, values: dict[str, Any]) -> None:
        values["absent"] = values.pop("op") is PatchOperation.ADD


class JsonValue(Given):
    """Any value, as JSON has it."""

    def wire(self, value: Any) -> object:
        return plain_value(value)


class ChangeSchema(Answer):
    """One operation of a JSON Patch, RFC 6902."""

    record = Change

    op = Operation(PatchOperation, "add where nothing stood, replace where something did, remove.", required=True)
    path = say("A JSON pointer into the document that was sent.")
    value = JsonValue("What to put there.")
