"""A review: what a person does about a decision, and what of it counts for later decisions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from policies.domain.charge import NOTHING_EXTRA

if TYPE_CHECKING:
    from collections.abc import Mapping

DESK: Final = "deal-desk"
"""The role that consents where a policy names none."""


class ReviewAction(StrEnum):
    """approve: let it pass as it is; waive: let a policy not count until a day; reject; ask for changes; or pass it up."""

    APPROVE = "approve"
    WAIVE = "waive"
    REJECT = "reject"
    REQUEST_CHANGES = "request_changes"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What is done, to which findings of the decision (none named is all of them), and why.

    A waiver names its findings and the last day on which it holds; nothing else has such a day. `escalate_to` is the role
    that an escalation goes to; None is the next one up the ladder. `case_version` is the version of the case that the
    reviewer saw; a review of a case that has changed since is refused.
    """

    action: ReviewAction
    reason: str
    finding_ids: tuple[str, ...] = ()
    reason_code: str | None = None
    expires_on: date | None = None
    escalate_to: str | None = None
    case_version: int | None = None
    extra: Mapping[str, object] = field(default=NOTHING_EXTRA, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """A finding that somebody consented to: the policy, and the lines that it was on; none is the whole document."""

    policy_id: str
    line_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A recorded approval: by whom, in which roles, on which content, of which findings."""

    approver_id: str
    roles: tuple[str, ...]
    content_hash: str
    covers: tuple[Covered, ...]
