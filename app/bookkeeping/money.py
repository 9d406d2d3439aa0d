"""How much money is in which ledger: what a signature prevents, what an audit restates, how a recovery is shared out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from app.bookkeeping.changes import Change
from app.bookkeeping.facts import Json, minor, name_of

DEFINITIONS_VERSION = 1
"""The version of the definitions that entries are made by; each entry keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """Money that a quote's line was flagged for: the most that it ever was, and what was left of it last."""

    item_id: str
    side: str
    peak: int
    at_risk: int
    sent_with_it: bool
    change: Change


def prevented(items: Sequence[Flagged], budgets: Mapping[str, int]) -> dict[str, int]:
    """What the signature makes prevented, by item: min(money at risk that was cleared, worth of the changed terms).

    Unchanged terms, and terms that changed after the quote was sent, prevent nothing. `budgets` is by side what the whole quote
    was cleared of, so that money that moved from one finding to another is counted once.
    """
    found = {each.item_id: _prevented(each) for each in items}
    left = dict(budgets)
    for each in sorted(items, key=lambda each: (-found[each.item_id], each.item_id)):
        found[each.item_id] = min(found[each.item_id], max(0, left.get(each.side, 0)))
        left[each.side] = left.get(each.side, 0) - found[each.item_id]
    return found


def _prevented(item: Flagged) -> int:
    cleared = item.peak - item.at_risk
    if cleared <= 0 or item.sent_with_it or not item.change.changed:
        return 0
    worth = item.change.worth
    if worth is not None and item.side == "over":
        worth = -worth
    return cleared if worth is None else max(0, min(cleared, worth))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCell:
    """What an audit found on one line in one period for one cause. `billed` is what was invoiced there by then."""

    line_id: str
    period_start: str
    side: str
    pattern: str
    policy_id: str
    finding_id: str
    product_id: str
    amount: int
    happened_on: str | None
    billed: int


def audit_cells(report: Json) -> list[AuditCell]:
    """The money of a report, each amount once: by line, period, side and pattern."""
    currency = str(report["currency"])
    billed = billed_by_period(report)
    products = {str(each.get("line_id")): name_of(each.get("product_id")) for each in report["draft_invoice_lines"]}
    found: dict[tuple[str, str, str, str], AuditCell] = {}
    for finding in report["findings"]:
        side = finding["direction"]
        if side not in ("under", "over") or finding["root"] is not None:
            continue
        for each in finding["exposures"]:
            line_id, start = name_of(each["line_id"]), each["period_start"] or ""
            key = line_id, start, side, finding["pattern"]
            earlier = found[key].amount if key in found else 0
            found[key] = AuditCell(
                line_id=line_id,
                period_start=start,
                side=side,
                pattern=finding["pattern"],
                policy_id=finding["policy_id"],
                finding_id=finding["finding_id"],
                product_id=products.get(line_id, ""),
                amount=earlier + minor(each["amount"], currency),
                happened_on=each["period_end"],
                billed=billed.get((line_id, start), 0),
            )
    return [each for each in found.values() if each.amount > 0]


def billed_by_period(report: Json) -> dict[tuple[str, str], int]:
    """What was invoiced, by line and first day of the period."""
    found: dict[tuple[str, str], int] = {}
    for each in report["periods"]:
        key = name_of(each["line_id"]), each["period_start"]
        found[key] = found.get(key, 0) + minor(each["billed_amount"] or 0, str(report["currency"]))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Restated:
    """What a later audit changes: what came back meanwhile, and by how much the first amount was wrong."""

    recovered: int
    detected: int


def restated(*, found: int, detected: int, recovered: int, outstanding: int, rise: int) -> Restated:
    """What is left of an amount that an audit found when a later one looks again.

    `found` is all that was ever found there, `detected` what of it is open, `outstanding` what the later audit still finds and
    `rise` how much more was billed since (for over-billing: how much less).
    """
    came_back = max(0, min(rise, found))
    newly = max(0, min(detected, came_back - recovered))
    wrong = outstanding + came_back - found
    return Restated(recovered=newly, detected=wrong if wrong >= 0 else -min(detected - newly, -wrong))


def shared(amount: int, balances: Sequence[int]) -> list[int]:
    """The amount taken from balances in order, each as far as it goes."""
    taken = []
    for balance in balances:
        taken.append(min(balance, amount))
        amount -= taken[-1]
    return taken


def item_id(*words: str) -> str:
    """The id of what the ledgers count once: the same words are the same money."""
    return "led_" + sha256("\x1f".join(words).encode("utf-8", "replace")).hexdigest()[:24]
