"""The findings of a decision, each root cause with what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

Json = Mapping[str, Any]

_ORDER: Final = {"block": 0, "flag": 1, "shadow": 2}
RISK_FIX: Final = "risk"
"""What stands for the change that lowers the risk among the fixes to choose from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A change of the quote that can be tried: of a finding, or what lowers the risk."""

    finding_id: str
    text: str
    operations: tuple[Json, ...]
    proven: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A root cause: the finding that owns the money, and those that say the same in other words."""

    finding: Json
    others: tuple[Json, ...] = ()
    fix: Fix | None = None

    @property
    def stands(self) -> bool:
        """Whether it is in the way."""
        return stands(self.finding)


def stands(finding: Json) -> bool:
    """Whether a finding is in the way: it enforces, and nobody entitled let it pass."""
    return finding["effect"] != "shadow" and not finding.get("approved_by") and not finding.get("waived_by")


def causes(document: Json) -> tuple[Cause, ...]:
    """The root causes: what is in the way first, blocks before flags, then by money, and the same money by line."""
    found: Sequence[Json] = document.get("findings") or ()
    known = {each["finding_id"]: each for each in found}
    followers: dict[str, list[Json]] = {}
    for each in found:
        root = str(each.get("root") or "")
        if root in known:
            followers.setdefault(root, []).append(each)
    roots = [each for each in found if each.get("root") not in known]
    grouped = [
        Cause(finding=each, others=tuple(followers.get(each["finding_id"], ())), fix=fix_of(each)) for each in roots
    ]
    return tuple(sorted(grouped, key=_place))


def _place(cause: Cause) -> tuple[bool, int, Decimal, int, str]:
    line = str(next(iter(cause.finding.get("line_ids") or ()), ""))
    return not cause.stands, _ORDER.get(cause.finding["effect"], 3), -_money(cause), len(line), line


def fixes(document: Json) -> tuple[Fix, ...]:
    """Every change that can be tried: those of findings in the way, and what lowers the risk."""
    found = [fix_of(each) for each in document.get("findings") or () if stands(each)]
    return tuple(each for each in (*found, risk_fix(document)) if each is not None)


def fix_of(finding: Json) -> Fix | None:
    """The change that clears a finding, where there is one."""
    remedy = finding.get("remedy") or {}
    operations = tuple(remedy.get("patch") or ())
    if not operations:
        return None
    return Fix(
        finding_id=finding["finding_id"],
        text=remedy["text"],
        operations=operations,
        proven=remedy.get("clears") is True,
    )


def risk_fix(document: Json) -> Fix | None:
    """The change that brings the risk under the thresholds, where one was found."""
    found = (document.get("risk") or {}).get("counterfactual")
    if not found or not found.get("patch"):
        return None
    return Fix(finding_id=RISK_FIX, text=found["text"], operations=tuple(found["patch"]), proven=True)


def _money(cause: Cause) -> Decimal:
    at_risk = cause.finding.get("amount_at_risk") or {}
    try:
        return Decimal(at_risk.get("remaining_term") or 0)
    except InvalidOperation:
        return Decimal(0)
