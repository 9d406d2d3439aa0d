"""A decision in words for people who work in Salesforce: short lines, the reason first and then the edit that clears it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

_STANDING: Final = ("block", "flag")


def standing(decision: Mapping[str, Any], effects: Iterable[str] = _STANDING) -> list[Mapping[str, Any]]:
    """The findings that enforce and that nobody consented to, those that block first."""
    wanted = frozenset(effects)
    found = decision.get("findings")
    standing_ones = [
        each
        for each in (found if isinstance(found, list) else [])
        if isinstance(each, Mapping)
        and each.get("effect") in wanted
        and not (each.get("waived_by") or each.get("approved_by"))
    ]
    return sorted(standing_ones, key=lambda each: each.get("effect") != "block")


def in_words(finding: Mapping[str, Any]) -> str:
    """A finding and its remedy, on one line."""
    message = _sentence(finding.get("message"))
    remedy = finding.get("remedy")
    fix = _sentence(remedy.get("text")) if isinstance(remedy, Mapping) else ""
    return f"{message} {fix}".strip() if fix and fix not in message else message


def is_held(decision: Mapping[str, Any]) -> bool:
    """Whether work stops: by the verdict, or because there is none and the stage's fail mode holds."""
    if decision.get("checked") is False:
        return decision.get("fail_mode") != "open"
    return decision.get("verdict") not in {"allow", "flag"}


def stops(decision: Mapping[str, Any]) -> list[str]:
    """Why the quote cannot be saved as it is, a sentence each; empty where it can."""
    if not is_held(decision):
        return []
    blocking = [in_words(each) for each in standing(decision, ("block",))]
    return blocking or [headline_of(decision)]


def headline_of(decision: Mapping[str, Any]) -> str:
    return _sentence(decision.get("headline")) or "Quoteguard gave no reason."


def verdict_of(decision: Mapping[str, Any]) -> str:
    """allow, flag, block, or unchecked where there is no verdict yet."""
    return "unchecked" if decision.get("checked") is False else str(decision.get("verdict") or "unchecked")


def shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _sentence(text: Any) -> str:
    said = " ".join(str(text or "").split())
    return said if not said or said[-1] in ".!?…" else said + "."
