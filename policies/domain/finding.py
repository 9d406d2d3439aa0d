"""A finding: one policy that does not hold, with its evidence, its money and what clears it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policies.domain.period import Period


class Effect(StrEnum):
    """What a violated policy does. `SHADOW` is recorded and counted, never enforced."""

    BLOCK = "block"
    FLAG = "flag"
    SHADOW = "shadow"

    @property
    def enforces(self) -> bool:
        return self is not Effect.SHADOW


class Direction(StrEnum):
    """Whose loss it is: under is a leak, over a credit and churn exposure; the two are never netted."""

    UNDER = "under"
    OVER = "over"
    TIMING = "timing"
    COMPLIANCE = "compliance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One field as it is and as it should be. `field` is a path such as `lines[2].overage_unit_price`, by line id."""

    field: str
    actual: str | None
    expected: str | None = None
    expected_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountAtRisk:
    """The pattern's four numbers, in `currency`. None is not assessed, never zero."""

    currency: str
    per_period: Decimal | None = None
    remaining_term: Decimal | None = None
    already_lost: Decimal | None = None
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Where a finding's money lies: on one line (None is the whole document) and in one period (None is the term)."""

    line_id: str | None
    amount: Decimal
    period: Period | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One edit of a document. `path` is a JSON pointer into its canonical form; `absent` says that nothing stood there."""

    path: str
    value: object
    absent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """The smallest change that clears a finding. `clears` None means that it was not tried."""

    text: str
    changes: tuple[Change, ...] = ()
    clears: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One policy that does not hold, on the lines named.

    `root` is the finding that owns the money where several speak of the same line and period; None where it is itself.
    `approved_by` names the approver whose consent, given to this very content, covers the finding.
    """

    finding_id: str
    policy_id: str
    pattern: str
    effect: Effect
    direction: Direction
    message: str
    line_ids: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    amount_at_risk: AmountAtRisk | None = None
    exposures: tuple[Exposure, ...] = ()
    remedy: Remedy | None = None
    owner: str | None = None
    approver: str | None = None
    clears_without_approval: str | None = None
    confidence: Decimal | None = None
    root: str | None = None
    approved_by: str | None = None
    waived_by: str | None = None

    @property
    def enforces(self) -> bool:
        """Whether the finding counts for the verdict: it is no shadow, and nobody entitled consented to it."""
        return self.effect.enforces and self.approved_by is None and self.waived_by is None
