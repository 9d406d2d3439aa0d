"""The segments of a multi-dimensional line as one line with a ramp, and the bundle that each line belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from cpq_hooks.adapters.salesforce_cpq.model import Row
from cpq_hooks.adapters.salesforce_cpq.reading import Reader, written

_SAME: Final = ("product_id", "charge_type", "price_period", "charge_model", "billing_frequency", "billing_timing")


@dataclass(frozen=True, slots=True)
class Read:
    """A line item and the canonical line that it came to."""

    row: Row
    line: dict[str, Any]


def folded(read: Sequence[Read], reader: Reader) -> list[tuple[dict[str, Any], tuple[str, ...]]]:
    """The lines, segments of one key made one, each with the ids of the line items that it stands for."""
    groups: dict[str, list[Read]] = {}
    for each in read:
        key = each.row.record.text("SBQQ__SegmentKey__c")
        groups.setdefault(f"segment {key}" if key else f"line {each.row.line_id}", []).append(each)
    found: list[tuple[dict[str, Any], tuple[str, ...]]] = []
    for members in groups.values():
        if len(members) == 1:
            found.append((members[0].line, (members[0].row.line_id,)))
        elif (ramp := _ramp(members)) is not None:
            found.append((ramp, tuple(each.row.line_id for each in members)))
        else:
            ids = ", ".join(each.row.line_id for each in members)
            reader.note(
                f"the segments {ids} differ in more than quantity and price, or are not dated: they stay lines of their own"
            )
            found += [(each.line, (each.row.line_id,)) for each in members]
    return found


def _ramp(members: list[Read]) -> dict[str, Any] | None:
    """One line with a step for each segment, called by its first; None where they cannot be one line."""
    ordered = sorted(members, key=lambda each: each.row.record.number("SBQQ__SegmentIndex__c") or Decimal(0))
    lines = [each.line for each in ordered]
    first, last = lines[0], lines[-1]
    same = all(each.get(name) == first.get(name) for each in lines for name in _SAME)
    dated = all(each.get("start_date") and each.get("end_date") and each.get("net_unit_price") for each in lines)
    if not same or not dated or first["charge_type"] != "recurring" or any(each.get("tiers") for each in lines):
        return None
    days = [(each["start_date"], each["end_date"]) for each in lines]
    if any(start > end for start, end in days) or any(end >= start for (_, end), (start, _) in pairwise(days)):
        return None
    ramp = [
        {name: each.get(name) for name in ("start_date", "end_date", "quantity", "net_unit_price")} for each in lines
    ]
    return {**first, "end_date": last["end_date"], "ramp": ramp, "stated_total": _sum(lines), **_discounts(lines)}


def _sum(lines: Sequence[Mapping[str, Any]]) -> str | None:
    totals = [each.get("stated_total") for each in lines]
    return None if None in totals else written(sum((Decimal(str(each)) for each in totals), Decimal(0)))


def _discounts(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The first segment's discounts end with it, where the next has others: the steps state their own prices."""
    first = lines[0].get("discounts")
    if all(
        each.get("discounts") == first and each.get("list_unit_price") == lines[0].get("list_unit_price")
        for each in lines
    ):
        return {}
    until = lines[0]["end_date"]
    return {"discounts": [{**each, "ends_on": until} for each in first or ()]}


def with_parents(
    lines: list[tuple[dict[str, Any], tuple[str, ...]]], rows: Sequence[Row], reader: Reader
) -> list[dict[str, Any]]:
    """The lines with the bundle that each belongs to. A parent that is not among them is said."""
    line_of = {line_id: line["line_id"] for line, ids in lines for line_id in ids}
    by_key = {str(row.item.value.get("key")): row.line_id for row in rows if row.item.value.get("key") is not None}
    by_id = {row.line_id: row for row in rows}
    for line, ids in lines:
        parent = _parent(by_id[ids[0]], by_key)
        if parent is None:
            continue
        known = line_of.get(parent)
        if known is None:
            reader.note(f"line {line['line_id']} belongs to {parent}, which is not on the quote or is left out")
        elif known != line["line_id"]:
            line["parent_line_id"] = known
    return [line for line, _ in lines]


def _parent(row: Row, by_key: Mapping[str, str]) -> str | None:
    required_by = row.record.text("SBQQ__RequiredBy__c")
    if required_by is not None:
        return required_by
    key = row.item.value.get("parentItemKey")
    return None if key is None else by_key.get(str(key), f"item {key}")
