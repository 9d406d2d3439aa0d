"""A fix tried: the patched quote is judged by the gate, and nothing of it is recorded."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import jsonpatch
from jsonpointer import JsonPointerException

from app.assess import Call, Caller, Gate
from app.recording import notes_in
from app.scorecards.findings import Fix
from app.scorecards.reading import Deal, Difference, difference, told

Json = Mapping[str, Any]

_SECONDS: Final = 20.0
_BROKEN: Final = (jsonpatch.JsonPatchException, JsonPointerException, KeyError, TypeError, ValueError)


class NotTried(Exception):  # noqa: N818 - it says what happened
    """The fixes could not be tried; why is the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One value that a fix sets: where, what stood there and what stands there then. None is nothing."""

    place: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """The new answer beside the old one. `other_rules` says that policies have changed since the decision was made."""

    fixes: tuple[Fix, ...]
    edits: tuple[Edit, ...]
    document: Json
    difference: Difference
    other_rules: bool

    @property
    def operations(self) -> list[Json]:
        return [each for fix in self.fixes for each in fix.operations]


def try_fixes(deal: Deal, fixes: Sequence[Fix], gate: Gate) -> Tried:
    """Judge the quote with the fixes applied. Raises `NotTried`, and what the gate raises of a document that it cannot take."""
    if not fixes:
        raise NotTried("Choose at least one fix.")
    patched, edits = apply(deal.sent, fixes)
    context = json.loads(deal.stored.decision.basis.context or b"{}")
    answer = gate.check_quote(
        Call(
            raw=json.dumps(patched, default=str).encode("utf-8", "backslashreplace"),
            caller=Caller(key_id=None),
            dry_run=True,
            wait_seconds=_SECONDS,
            notes=notes_in(context),
            document=patched,
        )
    )
    if answer.status != 200:
        raise NotTried("The check takes longer than usual; try again in a while.")
    document = told(answer.body)
    return Tried(
        fixes=tuple(fixes),
        edits=edits,
        document=document,
        difference=difference(deal.document, document),
        other_rules=document.get("policy_version", "") != deal.summary.policy_version,
    )


def apply(sent: Any, fixes: Iterable[Fix]) -> tuple[Any, tuple[Edit, ...]]:
    """The quote with the fixes applied one after the other, and what that sets. Raises `NotTried` where two contradict."""
    patched, edits = copy.deepcopy(sent), []
    names = _line_names(sent)
    done: set[str] = set()
    for fix in fixes:
        for operation in fix.operations:
            spelt = json.dumps(operation, sort_keys=True, default=str)
            if spelt in done and operation.get("op") != "remove":
                continue
            done.add(spelt)
            before = _at(patched, operation["path"])
            try:
                patched = jsonpatch.apply_patch(patched, [dict(operation)])
            except _BROKEN:
                raise NotTried(f"“{fix.text}” does not go together with the other fixes: try it by itself.") from None
            after = None if operation["op"] == "remove" else operation.get("value")
            edits.append(Edit(place=_place(operation["path"], names), before=_told(before), after=_told(after)))
    return patched, tuple(edits)


def _line_names(sent: Any) -> list[str]:
    return [str(each.get("line_id", number)) for number, each in enumerate(sent.get("lines") or ())]


def _place(path: str, names: Sequence[str]) -> str:
    """A JSON pointer in words: "/lines/0/overage_unit_price" is "line 1: overage unit price"."""
    parts = [each.replace("~1", "/").replace("~0", "~") for each in path.split("/")[1:]]
    if len(parts) > 1 and parts[0] == "lines" and parts[1].isdecimal() and int(parts[1]) < len(names):
        rest = " ".join(parts[2:]) or "the whole line"
        return f"line {names[int(parts[1])]}: {rest.replace('_', ' ')}"
    return " ".join(parts).replace("_", " ")


def _at(document: Any, path: str) -> Any:
    for part in path.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, Mapping):
            document = document.get(key)
        elif isinstance(document, list) and key.isdecimal() and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document


def _told(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return json.dumps(value, default=str, ensure_ascii=False) if isinstance(value, Mapping | list) else str(value)
