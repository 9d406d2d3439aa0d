"""Fixes of a set-up tried: the patched configuration is verified, and nothing of it is recorded."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import jsonpatch
from jsonpointer import JsonPointerException

from app.assess import Call, Caller, Verifier
from app.store import StoredDecision
from cpq_hooks.reading import read_json

Json = Mapping[str, Any]

_SECONDS: Final = 20.0
_BROKEN: Final = (jsonpatch.JsonPatchException, JsonPointerException, KeyError, TypeError, ValueError)


class NotTried(Exception):  # noqa: N818 - it says what happened
    """The fixes could not be tried; why is the text, ready to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldToSet:
    """One value that a fix sets: on which charge, which field, what stands there and what should. None is nothing."""

    where: str
    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """The answer with the fixes, and what they set."""

    document: Json
    fields: tuple[FieldToSet, ...]
    texts: tuple[str, ...]


def sent_of(stored: StoredDecision) -> Any:
    """The configuration as it was sent, numbers read exactly."""
    request = stored.decision.request
    return read_json(request, max_bytes=len(request) + 1)


def fields_to_set(sent: Any, operations: Iterable[Json]) -> tuple[FieldToSet, ...]:
    """What a patch sets, in words that somebody at the billing system can follow."""
    names = [str(each.get("charge_id", number)) for number, each in enumerate(sent.get("charges") or ())]
    return tuple(_field(sent, operation, names) for operation in operations)


def try_fixes(stored: StoredDecision, finding_ids: Sequence[str], verifier: Verifier) -> Tried:
    """Verify the configuration as it would be with the fixes of these findings. Raises `NotTried`, and what a verifier raises."""
    document = json.loads(stored.decision.document, parse_float=str)
    wanted = [each for each in document["findings"] if each["finding_id"] in finding_ids and _patch(each)]
    if not wanted:
        raise NotTried("Choose at least one fix.")
    sent = sent_of(stored)
    operations = _together([operation for each in wanted for operation in _patch(each)])
    answer = verifier.verify(
        Call(
            raw=json.dumps(_applied(sent, operations), default=str).encode("utf-8", "backslashreplace"),
            caller=Caller(key_id=None),
            dry_run=True,
            wait_seconds=_SECONDS,
        )
    )
    if answer.status != HTTPStatus.OK:
        raise NotTried("The check takes longer than usual; try again in a while.")
    return Tried(
        document=json.loads(answer.body, parse_float=str),
        fields=fields_to_set(sent, operations),
        texts=tuple(each["remedy"]["text"] for each in wanted),
    )


def _patch(finding: Json) -> Sequence[Json]:
    return (finding.get("remedy") or {}).get("patch") or ()


def _together(operations: Iterable[Json]) -> list[Json]:
    """Each operation once: two findings may be mended by the same change."""
    told = {json.dumps(each, sort_keys=True, default=str): each for each in operations}
    return list(told.values())


def _applied(sent: Any, operations: Sequence[Json]) -> Any:
    try:
        return jsonpatch.apply_patch(copy.deepcopy(sent), [dict(each) for each in operations])
    except _BROKEN:
        raise NotTried("These fixes do not go together: try them one by one.") from None


def _field(sent: Any, operation: Json, names: Sequence[str]) -> FieldToSet:
    parts = [each.replace("~1", "/").replace("~0", "~") for each in str(operation["path"]).split("/")[1:]]
    where, rest = "the configuration", parts
    if len(parts) > 1 and parts[0] == "charges":
        known = parts[1].isdecimal() and int(parts[1]) < len(names)
        where, rest = (f"charge {names[int(parts[1])]}" if known else "a new charge"), parts[2:]
    after = None if operation["op"] == "remove" else operation.get("value")
    name = " ".join(rest).replace("_", " ") or "all of it"
    return FieldToSet(where=where, field=name, before=_told(_at(sent, parts)), after=_told(after))


def _at(document: Any, parts: Sequence[str]) -> Any:
    for part in parts:
        if isinstance(document, Mapping):
            document = document.get(part)
        elif isinstance(document, list) and part.isdecimal() and int(part) < len(document):
            document = document[int(part)]
        else:
            return None
    return document


def _told(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return json.dumps(value, default=str, ensure_ascii=False) if isinstance(value, Mapping | list) else str(value)
