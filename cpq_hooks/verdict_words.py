"""A decision in words for where a rep looks: one verdict and one message for the whole and for each line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

LONGEST: Final = 2_000
"""A text property holds much more; a rep reads no more."""
_RANK: Final = {"block": 2, "flag": 1}
_UNCHECKED: Final = "unchecked"


def verdict_of(decision: Mapping[str, Any]) -> str:
    """The verdict in one word. A check that was not made is no verdict, whatever its fail mode lets pass."""
    return _UNCHECKED if decision.get("checked") is False else str(decision.get("verdict") or _UNCHECKED)


def message_of(decision: Mapping[str, Any]) -> str:
    """The headline, and every finding on the whole document."""
    whole = [each for each in enforced(decision) if not each.get("line_ids")]
    return _told([str(decision.get("headline") or ""), *map(sentence, whole)])


def of_line(decision: Mapping[str, Any], line_id: str) -> tuple[str, str]:
    """The verdict on one line, and every finding on it with what clears it; allow and nothing where there is none."""
    found = [each for each in enforced(decision) if line_id in {str(one) for one in each.get("line_ids") or ()}]
    worst = max((_RANK[str(each["effect"])] for each in found), default=0)
    verdict = {2: "block", 1: "flag", 0: "allow"}[worst]
    return (
        (verdict_of(decision), "")
        if decision.get("checked") is False
        else (verdict, _told([sentence(each) for each in found]))
    )


def lines_of(decision: Mapping[str, Any]) -> tuple[str, ...]:
    """The lines that findings are on, in the order in which they come."""
    ids = [str(one) for each in enforced(decision) for one in each.get("line_ids") or ()]
    return tuple(dict.fromkeys(ids))


def enforced(decision: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Findings that count: no shadow policies, none that somebody consented to or waived."""
    found = decision.get("findings")
    listed = [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
    return [
        each
        for each in listed
        if each.get("effect") in _RANK and not each.get("approved_by") and not each.get("waived_by")
    ]


def sentence(finding: Mapping[str, Any]) -> str:
    """A finding's message, and what clears it."""
    remedy = finding.get("remedy")
    text = remedy.get("text") if isinstance(remedy, Mapping) else None
    message = str(finding.get("message") or "").strip()
    return f"{message} To clear it: {text}" if text else message


def _told(sentences: list[str]) -> str:
    text = "\n".join(each for each in sentences if each)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
