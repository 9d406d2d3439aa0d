"""The schemas of what is asked of recovery cases and of the log of fixes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from cpq_hooks.canonical.fields import Choice, Currency, Key, Statement, Text
from cpq_hooks.canonical.loading import load
from cpq_hooks.canonical.nesting import Items, Part
from cpq_hooks.canonical.numbers import Number, Whole
from cpq_hooks.canonical.record import Placed, Record, Rule
from cpq_hooks.canonical.times import Day
from cpq_hooks.problem import Flaw

_MOST_LINES = 1000
_LARGEST = 1_000_000_000


class RecoverySide(StrEnum):
    """under is money that is owed to the company, over is money that the company owes to the customer."""

    UNDER = "under"
    OVER = "over"


class RecoveryTarget(StrEnum):
    """The states that a case can be moved to."""

    DETECTED = "detected"
    CONFIRMED = "confirmed"
    CONTACTED = "contacted"
    INVOICED = "invoiced"
    RECOVERED = "recovered"
    WRITTEN_OFF = "written_off"


class FixKind(StrEnum):
    """What a fix was made to."""

    PATTERN = "pattern"
    POLICY = "policy"
    PRODUCT = "product"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """Money of a case that no audit has found: one line in one period."""

    line_id: str
    amount: Decimal
    period_start: date | None = None
    period_end: date | None = None
    product_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRequest:
    """A case to be opened: on a finding of the stored audit, or by hand on lines with their amounts."""

    agreement_id: str
    finding_id: str | None = None
    pattern: str | None = None
    direction: RecoverySide | None = None
    currency: str | None = None
    title: str | None = None
    owner: str | None = None
    lines: tuple[CaseLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRequest:
    """A move of a case. `version` is that of the case as the mover saw it."""

    to: RecoveryTarget
    version: int
    amount: Decimal | None = None
    collected: Decimal | None = None
    reference: str | None = None
    note: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FixRequest:
    """A fix that was made at the source."""

    kind: FixKind
    value: str
    made_on: date
    title: str
    owner: str | None = None
    note: str | None = None


def _is_whole(request: Any) -> Sequence[Placed]:
    if request.finding_id is not None:
        if request.lines:
            told = "a case on a finding has the finding's lines: leave lines out, or finding_id"
            return ((("lines",), Flaw("conflict", told)),)
        return ()
    missing = [name for name in ("pattern", "currency", "title") if getattr(request, name) is None]
    found: list[Placed] = [
        ((name,), Flaw("required", f"{name} is missing: a case without finding_id states it")) for name in missing
    ]
    if not request.lines:
        found.append(
            (("lines",), Flaw("required", "lines is missing: name the lines, or finding_id of a stored audit"))
        )
    return found


class CaseLineSchema(Record):
    """Money of a case: one line in one period."""

    record = CaseLine

    line_id = Key("The agreement's line.", required=True)
    amount = Number("How much, in the case's currency.", required=True)
    period_start = Day("The first day of the period; without it, the whole term.")
    period_end = Day("The last day of the period.")
    product_id = Key("The product.")


class CaseRequestSchema(Record):
    """A recovery case to be opened."""

    record = CaseRequest

    agreement_id = Key("The agreement.", required=True)
    finding_id = Key("A finding of the agreement's stored audit; pattern, lines and amounts are then the finding's.")
    pattern = Key("The leakage pattern, such as U05.")
    direction = Choice(RecoverySide, "under: to be invoiced; over: to be given back. Unless stated, under.")
    currency = Currency("The currency of the amounts, ISO 4217.")
    title = Text("What the case is about, in a sentence.")
    owner = Key("Who looks after it.")
    lines = Items(Part(CaseLineSchema, "One amount."), "The money.", most=_MOST_LINES, noun="lines")

    conditions = (Rule((), _is_whole),)


class MoveRequestSchema(Record):
    """A move of a recovery case."""

    record = MoveRequest

    to = Choice(RecoveryTarget, "The state that the case goes to.", required=True)
    version = Whole("The version of the case as you saw it.", most=_LARGEST, required=True)
    amount = Number("What is invoiced, recovered or taken back by it; without it, all that is open.")
    collected = Number("How much of what is recovered has been paid.")
    reference = Text("The invoice, payment or credit note.")
    note = Text("A note for whoever reads the history.")
    owner = Key("Who looks after it from now on.")


class FixRequestSchema(Record):
    """A fix that was made at the source."""

    record = FixRequest

    kind = Choice(FixKind, "What it was made to.", required=True)
    value = Key("The pattern, the policy's id or the product's id.", required=True)
    made_on = Day("The day from which on it works.", required=True)
    title = Statement("What was done, in a sentence.", required=True)
    owner = Key("Who did it.")
    note = Text("More about it.")


def load_case_request(data: object) -> CaseRequest:
    """What was sent to open a case. Raises `Invalid`."""
    found: CaseRequest = load(CaseRequestSchema, data)
    return found


def load_move_request(data: object) -> MoveRequest:
    """What was sent to move a case. Raises `Invalid`."""
    found: MoveRequest = load(MoveRequestSchema, data)
    return found


def load_fix_request(data: object) -> FixRequest:
    """What was sent to note a fix. Raises `Invalid`."""
    found: FixRequest = load(FixRequestSchema, data)
    return found
