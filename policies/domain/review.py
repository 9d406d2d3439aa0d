"""A review: what a person does about a decision."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from policies.domain.charge import NOTHING_EXTRA

if TYPE_CHECKING:
    from collections.abc import Mapping


class ReviewAction(StrEnum):
    """approve: let it pass as it is; waive: let a policy not count until a day; reject; or ask for changes."""

    APPROVE = "approve"
    WAIVE = "waive"
    REJECT = "reject"
    REQUEST_CHANGES = "request_changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What is done, to which findings of the decision (none named is all of them), and why.

    A waiver names its findings and the last day on which it holds; nothing else has such a day.
    """

    action: ReviewAction
    reason: str
    finding_ids: tuple[str, ...] = ()
    reason_code: str | None = None
    expires_on: date | None = None
    extra: Mapping[str, object] = field(default=NOTHING_EXTRA, compare=False)
