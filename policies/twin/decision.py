"""The decision on a set-up: what any decision says, and beside it the first months of both sides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from policies.domain.period import Period

if TYPE_CHECKING:
    from policies.domain.decision import Decision
    from policies.twin.model import MatchBasis


class AgreementSource(StrEnum):
    """Where the agreement came from that a configuration was held against, the best first."""

    REQUEST = "request"
    STORED = "stored"
    EARLIER_VERIFICATION = "earlier_verification"
    QUOTE_DECISION = "quote_decision"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedWith:
    """Which agreement a configuration was held against.

    `version` is that of a stored one. `decision_id` is the decision whose request it was, where it came from one.
    """

    agreement_id: str
    source: AgreementSource
    quote_id: str | None = None
    signed_on: date | None = None
    version: int | None = None
    decision_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedCharges:
    """Lines of the agreement, the charges that bill them, and how sure that is. Without charges nothing bills the lines,
    without lines nothing was sold for the charges; `by` and `confidence` are then None.
    """

    line_ids: tuple[str, ...]
    charge_ids: tuple[str, ...]
    product_names: tuple[str, ...]
    by: MatchBasis | None = None
    confidence: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOfMonth:
    """What one match bills in one month; None where that side cannot be told. `at_use` is the use that was assumed."""

    line_ids: tuple[str, ...]
    charge_ids: tuple[str, ...]
    product_names: tuple[str, ...]
    agreement: Decimal | None
    billing: Decimal | None
    preview: Decimal | None = None
    at_use: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstMonth:
    """A calendar month and what is invoiced in it by the agreement, by the set-up, and by billing's own preview."""

    period: Period
    agreement: Decimal | None
    billing: Decimal | None
    preview: Decimal | None
    parts: tuple[PartOfMonth, ...]

    @property
    def difference(self) -> Decimal | None:
        """What the agreement bills less what billing does: positive is a leak."""
        if self.agreement is None or self.billing is None:
            return None
        return self.agreement - self.billing


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumedTerm:
    """A term that a charge does not state: what was taken for it, and from where."""

    charge_id: str
    field: str
    value: str
    taken_from: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of days, first and last."""

    period_start: date
    period_end: date

    @staticmethod
    def of(period: Period | None) -> Span | None:
        """The days of a period."""
        return None if period is None else Span(period_start=period.start, period_end=period.last_day)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpDecision:
    """The whole answer to a billing configuration.

    `term` is the agreement's, `renewal` one renewed term after it where the agreement renews. `first_months` are thirteen,
    from the first month in which either side bills.
    """

    decision: Decision
    compared_with: ComparedWith
    term: Span | None
    renewal: Span | None
    first_months: tuple[FirstMonth, ...]
    matches: tuple[MatchedCharges, ...]
    assumed: tuple[AssumedTerm, ...]
