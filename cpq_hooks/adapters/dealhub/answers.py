"""What DealHub gets as an answer: rows of a playbook, attributes of products, or an error in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cpq_hooks.adapters.dealhub.reading import Reader, named
from cpq_hooks.verdict_words import enforced, message_of, of_line, sentence, verdict_of

_LIST_SEPARATOR: Final = ";"
_WORDS: Final = frozenset({"quoteguard_verdict", "quoteguard_message"})


def rows(decision: Mapping[str, Any], payload: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    """The verdict as one row of playbook answers; with the option rows=findings, one row for each finding."""
    whole = {
        "quoteguard_verdict": verdict_of(decision),
        "quoteguard_needs_approval": "No" if decision.get("verdict") == "allow" else "Yes",
        "quoteguard_reason": plainly(message_of(decision)),
        "quoteguard_decision": str(decision.get("decision_id") or ""),
    }
    found = enforced(decision) if reader.option("rows") == "findings" else []
    if not found:
        return {"playbook_data": [{**whole, "quoteguard_item": ""}]}
    names = _names(payload, reader)
    return {
        "playbook_data": [
            {**whole, "quoteguard_reason": plainly(sentence(each)), "quoteguard_item": plainly(_on(each, names))}
            for each in found
        ]
    }


def plainly(text: str) -> str:
    """Text for a playbook: a semicolon would make a list of it."""
    return " ".join(text.replace(_LIST_SEPARATOR, ",").split())


def _on(finding: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return ", ".join(names.get(str(each), str(each)) for each in finding.get("line_ids") or ())


def _names(payload: Mapping[str, Any], reader: Reader) -> dict[str, str]:
    """What people call each line."""
    found: dict[str, str] = {}
    for number, each in enumerate(_listed(payload.get("product_data")), start=1):
        line_id = str(each.get("id") or number)
        found[line_id] = _name(each, reader) or line_id
        for inner, part in enumerate(_listed(each.get("bundle_line_items")), start=1):
            part_id = str(part.get("id") or f"{line_id}.{inner}")
            found[part_id] = _name(part, reader) or part_id
    return found


def _name(item: Mapping[str, Any], reader: Reader) -> str | None:
    wanted = (reader.attribute("name"), reader.attribute("sku"))
    for name in wanted:
        for own, value in item.items():
            if named(str(own)) == name and isinstance(value, str) and value:
                return value
    return None


def prices(decision: Mapping[str, Any], payload: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    """Each item as it came, with what was asked for of it: the price that it had, and what was found on it."""
    return {"items": [_priced(each, decision, reader) for each in _listed(payload.get("items"))]}


def _priced(item: Mapping[str, Any], decision: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    found: dict[str, Any] = {name: item[name] for name in ("id", "sku") if name in item}
    list_price = reader.attribute("list")
    listed = next((value for own, value in item.items() if named(str(own)) == list_price), None)
    if listed is not None:
        found["list_price"] = listed
    verdict, message = of_line(decision, str(item.get("id")))
    wanted = item.get("returned_attributes")
    for own in wanted if isinstance(wanted, Mapping) else ():
        if named(str(own)) in _WORDS:
            found[own] = verdict if named(str(own)) == "quoteguard_verdict" else plainly(message)
        elif own in item:
            found[own] = item[own]
    if isinstance(item.get("bundle_items"), list):
        found["bundle_items"] = [_priced(each, decision, reader) for each in _listed(item["bundle_items"])]
    return found


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
