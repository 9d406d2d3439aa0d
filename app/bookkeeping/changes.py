"""What changed between the deal as it was flagged and the deal as it was signed, and what the change is worth.

The worth is found by asking what the signed deal would come to with the flagged fields as they were before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from app.bookkeeping.facts import Json, lines_of, minor
from cpq_hooks.canonical import load_quote
from cpq_hooks.problem import Invalid
from policies.derivation import derive

_PATH: Final = re.compile(r"lines\[(?P<line>.*?)\]\.(?P<field>\w+)")
_NAMES: Final = frozenset({"line_id", "product_name", "stated_total"})
_ANY_DAY: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of the flagged fields. `worth` is in minor units: None where no stated total shows it."""

    changed: tuple[str, ...]
    worth: int | None = None


def change_of(flagged: Json, signed: Json, line_id: str, fields: Sequence[str], currency: str) -> Change:
    """The change of one line (or of the whole document, "") from the flagged to the signed deal.

    A line that is no longer sold, and a deal in another currency, has no change of terms: there is nothing to compare.
    """
    if signed.get("currency", currency) != flagged.get("currency", currency):
        return Change(changed=())
    before, after = _part(flagged, line_id), _part(signed, line_id)
    if before is None or after is None:
        return Change(changed=())
    names = _stated(before, after, line_id, fields) or _differing(before, after)
    changed = tuple(name for name in names if before.get(name) != after.get(name))
    return Change(changed=changed, worth=_worth(before, signed, line_id, changed, currency) if changed else None)


def _part(document: Json, line_id: str) -> Json | None:
    return document if not line_id else lines_of(document).get(line_id)


def _stated(before: Json, after: Json, line_id: str, fields: Sequence[str]) -> list[str]:
    """The names of the flagged fields that stand in one of the two documents; others are worked out from those."""
    found = []
    for path in fields:
        on_line = _PATH.match(path)
        if bool(line_id) != (on_line is not None) or (on_line is not None and on_line["line"] != line_id):
            continue
        name = on_line["field"] if on_line is not None else re.split(r"[.\[]", path)[0]
        if name in before or name in after:
            found.append(name)
    return found


def _differing(before: Json, after: Json) -> list[str]:
    return [name for name in sorted({*before, *after} - _NAMES) if before.get(name) != after.get(name)]


def _worth(before: Json, signed: Json, line_id: str, changed: Iterable[str], currency: str) -> int | None:
    """The signed total less what it would be with the changed fields as they were; None where it does not move."""
    with_changes, without = _total(signed), _total(_reverted(before, signed, line_id, changed))
    if with_changes is None or without is None or with_changes == without:
        return None
    return minor(with_changes - without, currency)


def _reverted(before: Json, signed: Json, line_id: str, changed: Iterable[str]) -> Json:
    if not line_id:
        return _with(signed, before, changed)
    lines = [_with(each, before, changed) if each.get("line_id") == line_id else each for each in signed["lines"]]
    return {**signed, "lines": lines}


def _with(part: Json, before: Json, names: Iterable[str]) -> dict[str, Any]:
    found = dict(part)
    for name in names:
        if name in before:
            found[name] = before[name]
        else:
            found.pop(name, None)
    return found


def _total(document: Json) -> Decimal | None:
    """The fixed price over the whole term; None where the document does not determine it."""
    try:
        quote = load_quote({"quote_id": "-", **document}, max_lines=None)
        return derive(quote, as_of=_ANY_DAY).tcv
    except (Invalid, ArithmeticError, ValueError, TypeError, KeyError):
        return None
