"""A candidate as a policy file: what must not come together, in shadow, with its own tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from app.suggesting.condition import Condition, Example
from app.suggesting.fields import line_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One to three conditions that hold together where deals leak; at most one of them is on a line, and it is the last."""

    conditions: tuple[Condition, ...]

    @classmethod
    def of(cls, *conditions: Condition) -> Candidate:
        """The candidate of conditions in any order."""
        return cls(conditions=tuple(sorted(conditions, key=lambda each: (each.on_line, each.name))))

    @property
    def policy_id(self) -> str:
        return "suggested-" + "-with-".join(each.name for each in self.conditions)

    @property
    def title(self) -> str:
        words = " with ".join(each.words for each in self.conditions)
        return words[0].upper() + words[1:]


def policy_text(candidate: Candidate, pattern: str, header: Sequence[str] = ()) -> str:
    """The policy file; `header` are lines of its comment."""
    *given, last = candidate.conditions
    document: dict[str, Any] = {
        "id": candidate.policy_id,
        "pattern": pattern,
        "title": candidate.title,
        "description": (
            "Deals of this kind leaked more often than others. Suggested from what leaked; in shadow until somebody decides."
        ),
        "applies_to": "quote",
    }
    if last.on_line:
        document["for_each"] = "line"
    if given:
        document["when"] = " and ".join(f"({each.holds})" if len(given) > 1 else each.holds for each in given)
    document |= {
        "require": last.fails,
        "effect": "shadow",
        "message": _message(candidate),
        "owner": "revops",
        "tests": _tests(candidate),
    }
    comment = "".join(f"# {line}\n" for line in header)
    return comment + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def _message(candidate: Candidate) -> str:
    words = candidate.title.replace("{", "{{").replace("}", "}}")
    where = "{line.product_name}: " if candidate.conditions[-1].on_line else ""
    return f"{where}{words}: deals of this kind leaked more often than others"


def _tests(candidate: Candidate) -> list[dict[str, Any]]:
    *given, last = candidate.conditions
    violated = [each.met for each in candidate.conditions]
    satisfied = [*(each.met for each in given), last.unmet]
    return [
        {"name": "as it leaked", **_document(violated), "expect": "violated"},
        {"name": "the same without it", **_document(satisfied), "expect": "satisfied"},
    ]


def _document(examples: Sequence[Example]) -> dict[str, Any]:
    quote: dict[str, Any] = {}
    first: dict[str, Any] = {}
    more: list[Mapping[str, Any]] = []
    for each in examples:
        quote |= each.quote
        first |= each.line
        more += each.more
    lines = [line_of(first), *(line_of(each) for each in more)]
    found: dict[str, Any] = {"quote": quote} if quote else {}
    return found | ({"line": lines[0]} if len(lines) == 1 else {"lines": lines})
