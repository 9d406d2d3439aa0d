"""A waiver: a named person lets a policy pass for one document, for a reason and until a day.

This is the one place that decides whether a waiver holds; API, batch and command line all ask here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.domain.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """`expires_on` is the last day on which it holds. Without `line_ids` it covers the whole document."""

    policy_id: str
    subject_id: str
    owner: str
    reason: str
    expires_on: date
    line_ids: tuple[str, ...] = ()

    def covers(self, finding: Finding, subject_id: str, on: date) -> bool:
        """Whether the waiver holds for a finding of a document on a day."""
        return (
            self.policy_id == finding.policy_id
            and self.subject_id == subject_id
            and on <= self.expires_on
            and (not self.line_ids or set(finding.line_ids) <= set(self.line_ids))
        )


def apply_waivers(
    findings: Iterable[Finding], waivers: Sequence[Waiver], subject_id: str, on: date
) -> tuple[Finding, ...]:
    """The findings, each waived one with the waiver's owner."""
    if not waivers:
        return tuple(findings)
    return tuple(_waived(finding, waivers, subject_id, on) for finding in findings)


def _waived(finding: Finding, waivers: Sequence[Waiver], subject_id: str, on: date) -> Finding:
    for waiver in waivers:
        if waiver.covers(finding, subject_id, on):
            return replace(finding, waived_by=waiver.owner)
    return finding
