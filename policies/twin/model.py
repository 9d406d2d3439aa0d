"""What the twin says: which charge bills which line, where the bills part, and the first months of both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from policies.domain.period import Period

if TYPE_CHECKING:
    from policies.domain.charge import Line
    from policies.domain.decision import NotAssessed
    from policies.domain.finding import Change, Direction, Evidence, Exposure
    from policies.domain.terms import Terms


class Side(StrEnum):
    """Whose description of the deal it is: what was signed, what is set up, or what billing itself previews."""

    AGREEMENT = "agreement"
    BILLING = "billing"
    PREVIEW = "preview"


class MatchBasis(StrEnum):
    """By what a charge was found to bill a line, the surest first."""

    LINE_ID = "line_id"
    PRODUCT = "product"
    TERMS = "terms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Lines and the charges that bill them, by id. Several of either are one group: their bills are added up.

    `confidence` is how sure it is that these belong together; it bounds the confidence of every finding on them.
    """

    line_ids: tuple[str, ...]
    charge_ids: tuple[str, ...]
    basis: MatchBasis
    confidence: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Every line and every charge once: in a match, or alone."""

    matches: tuple[Match, ...]
    lines_alone: tuple[str, ...] = ()
    charges_alone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """A term that a document does not state and that no bill can be made without: what was taken, and from where."""

    field: str
    value: str
    taken_from: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One line of the agreement, or one charge of the configuration, as it will bill over the horizon.

    `terms` follow each other in time: the signed line, each amendment's version of it, the renewal. `line` is the first of
    them. `id` is the line's or the charge's, `index` its place in its document, for patches. Where nothing determines the
    schedule, `unscheduled` says why and `terms` is empty.
    """

    side: Side
    id: str
    index: int
    line: Line
    terms: tuple[Terms, ...]
    renewal: Period | None = None
    assumed: tuple[Assumed, ...] = ()
    unscheduled: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parting:
    """One place where the bills part: for which service days, on which invoice date, at which use, and what each side bills.

    `quantity` is None where the amount does not depend on use.
    """

    period: Period
    invoice_date: date
    agreement: Decimal
    billing: Decimal
    quantity: Decimal | None = None

    @property
    def difference(self) -> Decimal:
        """What the agreement bills less what billing does: positive is a leak."""
        return self.agreement - self.billing


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One reason why the bills part, with everything that a finding says of it.

    `cause` is its name and the name of the check that reports it; all differences with one cause on one match are one.
    `under` and `over` are the two totals over the term at the use that is assumed, never netted; `renewal_under` and
    `renewal_over` what the renewed term would add. `changes` patch the billing configuration so that the bills are equal;
    they were tried. `reports` are values for the policy's message.
    """

    cause: str
    direction: Direction
    line_ids: tuple[str, ...]
    charge_ids: tuple[str, ...]
    first: Parting | None
    largest: Parting | None
    under: Decimal | None
    over: Decimal | None
    per_period: Decimal | None
    already_lost: Decimal | None
    confidence: Decimal
    renewal_under: Decimal | None = None
    renewal_over: Decimal | None = None
    evidence: tuple[Evidence, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    assumptions: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    remedy_text: str = ""
    reports: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPart:
    """What one match bills in one month, by invoice date, on each side; None where that side has no schedule.

    `at_use` is the quantity that was assumed where the amount depends on use.
    """

    line_ids: tuple[str, ...]
    charge_ids: tuple[str, ...]
    agreement: Decimal | None
    billing: Decimal | None
    preview: Decimal | None = None
    at_use: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A calendar month and what is invoiced in it on each side, in total and part by part."""

    period: Period
    agreement: Decimal | None
    billing: Decimal | None
    preview: Decimal | None
    parts: tuple[MonthPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """Both descriptions of a deal, expanded and compared.

    `term` is the agreement's, `renewal` one renewed term after it where the agreement renews. `months` are the first
    thirteen from the first day that either side bills.
    """

    currency: str
    term: Period | None
    renewal: Period | None
    matching: Matching
    differences: tuple[Difference, ...]
    months: tuple[Month, ...]
    not_assessed: tuple[NotAssessed, ...] = ()
    assumed: tuple[tuple[str, Assumed], ...] = ()

    def of(self, cause: str) -> tuple[Difference, ...]:
        """The differences with a cause."""
        return tuple(each for each in self.differences if each.cause == cause)
