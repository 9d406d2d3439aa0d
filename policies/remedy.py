"""A remedy: the smallest change that clears a finding, proven by making it and checking again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from policies.domain.finding import Effect

if TYPE_CHECKING:
    from policies.domain.billing import BillingConfiguration
    from policies.domain.finding import Change, Finding, Remedy
    from policies.domain.quote import Quote

Document = TypeVar("Document", "Quote", "BillingConfiguration")
Findings = Mapping[str, "Finding"]
"""All findings of a document, by finding id."""

MOST_PROOFS: Final = 25
MOST_LINES: Final = 5_000
"""Proofs in one answer, and lines judged again for them: past either, the remaining remedies are said to be untried."""

LINES_PER_CHARGE: Final = 20


class UnreachableError(LookupError):
    """A change names a place that the document does not have."""


def apply(document: Document, changes: Sequence[Change]) -> Document:
    """The document after the changes, one after the other. A path is a JSON pointer of field names and 0-based positions."""
    changed: Any = document
    for change in changes:
        changed = _set(changed, change.path.lstrip("/").split("/"), change.value)
    result: Document = changed
    return result


def prove(
    findings: Sequence[Finding], document: Document, judge: Callable[[Document], Findings]
) -> tuple[Finding, ...]:
    """The findings, each remedy with whether it clears: its finding is gone and nothing new enforces.

    `judge` evaluates a changed document. Totals that a quote states, and that no longer add up once a price is changed, are
    restated along with it. The strongest findings are tried first, within `MOST_PROOFS` and `MOST_LINES`.
    """
    tries = max(1, min(MOST_PROOFS, MOST_LINES // max(1, _size(document))))
    before = {finding.finding_id: finding for finding in findings}
    proven: dict[str, Remedy] = {}
    for finding in sorted(findings, key=_urgency):
        if finding.remedy is None or not finding.remedy.changes or finding.remedy.clears is not None:
            continue
        if len(proven) >= tries:
            break
        proven[finding.finding_id] = _proven(finding.finding_id, finding.remedy, document, before, judge)
    return tuple(
        replace(finding, remedy=proven[finding.finding_id]) if finding.finding_id in proven else finding
        for finding in findings
    )


def _proven(
    finding_id: str, remedy: Remedy, document: Document, before: Findings, judge: Callable[[Document], Findings]
) -> Remedy:
    after = judge(apply(document, remedy.changes))
    restated: list[Change] = _restated(before, after)
    if restated:
        remedy = replace(remedy, changes=(*remedy.changes, *restated))
        after = judge(apply(document, remedy.changes))
    return replace(remedy, clears=finding_id not in after and not _new(before, after))


def _size(document: Any) -> int:
    """What one proof costs, in lines. A charge is held against its line at every use that matters."""
    return len(document.lines) if hasattr(document, "lines") else len(document.charges) * LINES_PER_CHARGE


def _new(before: Findings, after: Findings) -> list[Finding]:
    """What enforces now and did not before, or not as strongly."""
    return [
        finding
        for key, finding in after.items()
        if finding.effect.enforces and (key not in before or before[key].effect is not finding.effect)
    ]


def _restated(before: Findings, after: Findings) -> list[Change]:
    """The edits of stated totals that were right before the change and are not any more."""
    remedies = [finding.remedy for finding in _new(before, after) if finding.remedy is not None]
    return [change for remedy in remedies for change in remedy.changes if _is_stated_total(change)]


def _is_stated_total(change: Change) -> bool:
    return change.path.startswith("/stated_totals/") or change.path.endswith("/stated_total")


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
    if not hasattr(target, name) and hasattr(target, "terms"):
        # The terms of a charge stand beside its own fields in the document.
        return replace(target, terms=_set(target.terms, path, value))
    if not hasattr(target, name):
        raise UnreachableError(f"there is no field {name!r} in {type(target).__name__}")
    changed = {name: _set(getattr(target, name), rest, value)}
    nulls = getattr(target, "nulls", None)
    if nulls and name in nulls:
        changed["nulls"] = nulls - {name}
    return replace(target, **changed)
