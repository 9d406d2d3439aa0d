"""A remedy: the smallest change that clears a finding, proven by making it and checking again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from policies.domain.finding import Effect

if TYPE_CHECKING:
    from policies.domain.finding import Change, Finding
    from policies.domain.quote import Quote

Effects = Mapping[str, Effect]
"""The effects of all findings, by finding id."""

MOST_PROOFS: Final = 25
MOST_LINES: Final = 5_000
"""Proofs in one answer, and lines judged again for them: past either, the remaining remedies are said to be untried."""


class UnreachableError(LookupError):
    """A change names a place that the document does not have."""


def apply(quote: Quote, changes: Sequence[Change]) -> Quote:
    """The quote after the changes, one after the other. A path is a JSON pointer of field names and 0-based positions."""
    changed: Any = quote
    for change in changes:
        changed = _set(changed, change.path.lstrip("/").split("/"), change.value)
    result: Quote = changed
    return result


def prove(findings: Sequence[Finding], quote: Quote, judge: Callable[[Quote], Effects]) -> tuple[Finding, ...]:
    """The findings, each remedy with whether it clears: its finding is gone and nothing new enforces.

    `judge` evaluates a changed quote. The strongest findings are tried first, within `MOST_PROOFS` and `MOST_LINES`.
    """
    tries = min(MOST_PROOFS, MOST_LINES // max(1, len(quote.lines)))
    before = {finding.finding_id: finding.effect for finding in findings}
    proven: dict[str, bool] = {}
    for finding in sorted(findings, key=_urgency):
        if finding.remedy is None or not finding.remedy.changes or finding.remedy.clears is not None:
            continue
        if len(proven) >= max(1, tries):
            break
        proven[finding.finding_id] = _clears(finding, quote, before, judge)
    return tuple(_with_proof(finding, proven) for finding in findings)


def _clears(finding: Finding, quote: Quote, before: Effects, judge: Callable[[Quote], Effects]) -> bool:
    if finding.remedy is None:
        return False
    after = judge(apply(quote, finding.remedy.changes))
    if finding.finding_id in after:
        return False
    return all(before.get(key) is effect for key, effect in after.items() if effect.enforces)


def _with_proof(finding: Finding, proven: Mapping[str, bool]) -> Finding:
    clears = proven.get(finding.finding_id)
    if clears is None or finding.remedy is None:
        return finding
    return replace(finding, remedy=replace(finding.remedy, clears=clears))


def _urgency(finding: Finding) -> tuple[int, bool]:
    return (_ORDER[finding.effect], finding.amount_at_risk is None)


_ORDER: Final = {Effect.BLOCK: 0, Effect.FLAG: 1, Effect.SHADOW: 2}


def _set(target: Any, path: Sequence[str], value: object) -> Any:
    """A copy of `target` in which `path` holds `value`; "-" appends to a list."""
    if not path:
        return value
    name, rest = path[0], path[1:]
    if isinstance(target, tuple):
        if name == "-":
            return (*target, value)
        if not name.isdigit() or int(name) >= len(target):
            raise UnreachableError(f"there is no position {name!r} in a list of {len(target)}")
        at = int(name)
        return (*target[:at], _set(target[at], rest, value), *target[at + 1 :])
    if not hasattr(target, name):
        raise UnreachableError(f"there is no field {name!r} in {type(target).__name__}")
    changed = {name: _set(getattr(target, name), rest, value)}
    nulls = getattr(target, "nulls", None)
    if nulls and name in nulls:
        changed["nulls"] = nulls - {name}
    return replace(target, **changed)
