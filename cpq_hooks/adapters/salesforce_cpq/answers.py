"""The verdict in CPQ's own forms: the validator's list of messages, or fields to write on the quote and on each line.

The validator's form is what CPQ's own validator answers: an empty list is valid, and each text is a reason why not. It can
say nothing else, so that a flag is not in it. The other form is for our Quote Calculator Plugin and the write-back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cpq_hooks.adapter import Delivery, NotUnderstood, Target, VendorCall, VendorReply
from cpq_hooks.adapters.salesforce_cpq.deliveries import read
from cpq_hooks.adapters.salesforce_cpq.model import LINE, QUOTE, line_id_of
from cpq_hooks.connection import Connection
from cpq_hooks.reading import Malformed
from cpq_hooks.salesforce import findings

LONGEST_TEXT: Final = 255
LONGEST_LONG_TEXT: Final = 32_000
_MOST_RECORDS: Final = 200  # of one call to sObject Collections
_USUAL_VERSION: Final = "v62.0"


def wants_fields(delivery: Delivery, connection: Connection) -> bool:
    """Whether the answer is fields: as the address asks for (?answer=fields), else as the connection says."""
    asked = next((value for name, value in delivery.query if name == "answer"), None)
    return (asked or connection.option("answer", "validator")) == "fields"


def answer(decision: Mapping[str, Any], delivery: Delivery, connection: Connection) -> VendorReply:
    """The verdict in the form that was asked for. The verdict itself is in a header too, whatever the form."""
    body: Any = findings.stops(decision)
    if wants_fields(delivery, connection):
        body = fields_of(decision, _lines_of(delivery))
    headers = [("Quoteguard-Verdict", findings.verdict_of(decision))]
    if decision.get("decision_id"):
        headers.append(("Quoteguard-Decision", str(decision["decision_id"])))
    return VendorReply(status=200, body=json.dumps(body, ensure_ascii=False).encode(), headers=tuple(headers))


def fields_of(decision: Mapping[str, Any], lines: list[Line]) -> dict[str, Any]:
    """What to write where. A line without a finding gets an empty text, so that what was corrected is cleared."""
    by_line = _by_line(decision)
    return {
        "checked": decision.get("checked") is not False,
        "verdict": findings.verdict_of(decision),
        "hold": findings.is_held(decision),
        "headline": findings.headline_of(decision),
        "decision_id": decision.get("decision_id"),
        "messages": findings.stops(decision),
        "quote": {"fields": quote_fields(decision)},
        "lines": [
            {"id": each.record_id, "key": each.key, "fields": {"Quoteguard_Finding__c": each.text(by_line)}}
            for each in lines
        ],
    }


def quote_fields(decision: Mapping[str, Any]) -> dict[str, Any]:
    """The quote's own fields, as the list of custom fields in docs/integrations/salesforce-cpq.md has them."""
    every = "\n".join(f"- {findings.in_words(each)}" for each in findings.standing(decision))
    return {
        "Quoteguard_Verdict__c": findings.verdict_of(decision),
        "Quoteguard_Headline__c": findings.shortened(findings.headline_of(decision), LONGEST_TEXT),
        "Quoteguard_Findings__c": findings.shortened(every, LONGEST_LONG_TEXT),
        "Quoteguard_Decision__c": str(decision.get("decision_id") or ""),
        "Quoteguard_Hold__c": findings.is_held(decision),
        "Quoteguard_Checked_At__c": decision.get("evaluated_at"),
    }


class Line:
    """A line of the quote as it was sent: the names that findings may call it by, and where its text goes."""

    __slots__ = ("key", "names", "record_id")

    def __init__(self, item: Mapping[str, Any], first_of_segment: str | None) -> None:
        record = item.get("record")
        identity = record.get("Id") if isinstance(record, Mapping) else None
        self.record_id = identity if isinstance(identity, str) and identity else None
        self.key = item.get("key")
        self.names = tuple(each for each in (line_id_of(item), first_of_segment) if each)

    def text(self, by_line: Mapping[str, list[str]]) -> str:
        """What is found on the line, or on the ramp that it is a segment of; empty where nothing is."""
        said = dict.fromkeys(text for name in self.names for text in by_line.get(name, ()))
        return findings.shortened(" ".join(said), LONGEST_TEXT)


def _by_line(decision: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in findings.standing(decision):
        for line_id in each.get("line_ids") or ():
            found.setdefault(str(line_id), []).append(findings.in_words(each))
    return found


def _lines_of(delivery: Delivery) -> list[Line]:
    try:
        return lines_of(read(delivery).model)
    except (NotUnderstood, Malformed):
        return []


def lines_of(model: Mapping[str, Any]) -> list[Line]:
    """The lines of a QuoteModel."""
    listed = model.get("lineItems")
    items = [each for each in (listed if isinstance(listed, list) else ()) if isinstance(each, Mapping)]
    firsts: dict[str, str] = {}
    for item in sorted(items, key=_segment_index):
        key, line_id = _segment_key(item), line_id_of(item)
        if key is not None and line_id is not None:
            firsts.setdefault(key, line_id)
    return [Line(each, firsts.get(_segment_key(each) or "")) for each in items]


def _segment_key(item: Mapping[str, Any]) -> str | None:
    record = item.get("record")
    found = record.get("SBQQ__SegmentKey__c") if isinstance(record, Mapping) else None
    return str(found) if found else None


def _segment_index(item: Mapping[str, Any]) -> float:
    record = item.get("record")
    try:
        return float(record.get("SBQQ__SegmentIndex__c") or 0) if isinstance(record, Mapping) else 0.0
    except (TypeError, ValueError):
        return 0.0


# ------------------------------------------------------------------------------------------------- write-back


def write_back(target: Target, decision: Mapping[str, Any], connection: Connection) -> tuple[VendorCall, ...]:
    """The verdict on the quote and the findings on its lines, as far as these are known; nothing for other objects."""
    if target.object_type != QUOTE:
        return ()
    records = [_record(QUOTE, target.object_id, quote_fields(decision)), *_lines_to_write(target, decision)]
    version = connection.option("api_version", _USUAL_VERSION)
    return tuple(
        VendorCall(
            method="PATCH",
            path=f"/services/data/{version}/composite/sobjects",
            json={"allOrNone": False, "records": records[start : start + _MOST_RECORDS]},
            purpose=f"write the verdict on quote {target.object_id}",
            idempotency_key=f"quoteguard:verdict:{target.object_id}:{decision.get('decision_id')}:{start}",
        )
        for start in range(0, len(records), _MOST_RECORDS)
    )


def set_hold(
    target: Target, decision: Mapping[str, Any], connection: Connection, *, on: bool
) -> tuple[VendorCall, ...]:
    """The call that sets or clears the field that the validation rule reads; nothing for other objects than a quote."""
    if target.object_type != QUOTE:
        return ()
    fields = {**quote_fields(decision), "Quoteguard_Hold__c": on}
    step = "hold" if on else "release"
    return (
        VendorCall(
            method="PATCH",
            path=f"/services/data/{connection.option('api_version', _USUAL_VERSION)}/sobjects/{QUOTE}/{target.object_id}",
            json=fields,
            purpose=f"{step} quote {target.object_id}",
            idempotency_key=f"quoteguard:{step}:{target.object_id}:{decision.get('decision_id')}",
        ),
    )


def _lines_to_write(target: Target, decision: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The lines whose text differs from the one that stands there: each write makes CPQ calculate the quote again."""
    if not isinstance(target.payload, Mapping) or not isinstance(target.payload.get("record"), Mapping):
        return
    by_line = _by_line(decision)
    items = target.payload.get("lineItems")
    standing = {
        str(each["record"].get("Id")): each["record"].get("Quoteguard_Finding__c") or ""
        for each in (items if isinstance(items, list) else ())
        if isinstance(each, Mapping) and isinstance(each.get("record"), Mapping)
    }
    for line in lines_of(target.payload):
        text = line.text(by_line)
        if line.record_id is not None and standing.get(line.record_id) != text:
            yield _record(LINE, line.record_id, {"Quoteguard_Finding__c": text})


def _record(kind: str, identity: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"attributes": {"type": kind}, "id": identity, **fields}
