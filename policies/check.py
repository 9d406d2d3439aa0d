"""A check: code that judges one line, a whole quote or a whole set-up, where an expression would not suffice.

A check is a pure function. It knows no clock, reads nothing and raises nothing on a valid document; what it cannot
tell is `Undetermined`, and the policy that uses it says what this means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeAlias

from policies.domain.finding import Change, Direction, Effect, Evidence, Exposure

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Satisfied:
    """What had to hold holds."""


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The document has nothing that the check speaks of."""


@dataclass(frozen=True, slots=True)
class Undetermined:
    """A fact is missing; `because` says which, as part of a sentence that a person reads.

    `counts` False: the fact was only asked for by the policy's guard, so the answer is listed and changes no verdict.
    """

    because: str
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Money at risk in the document's currency; None is not assessed. `exposures` says on which line and when it lies.

    Without exposures the amount lies on the lines of the violation, over the term. `is_exposure`: the amount could be
    lost and is not, so it is shown with the finding and counted in no total.
    """

    per_period: Decimal | None = None
    remaining_term: Decimal | None = None
    already_lost: Decimal | None = ZERO
    assumptions: tuple[str, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    is_exposure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Violated:
    """Something does not hold.

    `reports` are the values that the policy's message may name as `{found.NAME}`. `changes` is the smallest edit that
    should clear it and `remedy_text` says it in words. What is None is taken from the policy.
    """

    evidence: tuple[Evidence, ...]
    loss: Loss | None = None
    reports: Mapping[str, object] = field(default_factory=dict)
    line_ids: tuple[str, ...] | None = None
    changes: tuple[Change, ...] = ()
    remedy_text: str | None = None
    approver: str | None = None
    clears_without_approval: str | None = None
    direction: Direction | None = None
    effect: Effect | None = None
    confidence: Decimal | None = None
    discriminator: str = ""


CheckResult: TypeAlias = Satisfied | NotApplicable | Undetermined | Violated | tuple[Violated, ...]

SATISFIED: Final = Satisfied()
NOT_APPLICABLE: Final = NotApplicable()


class Scope(StrEnum):
    """What a check is called with: each line beside its quote, the quote alone, or a billing configuration's set-up."""

    LINE = "line"
    QUOTE = "quote"
    SETUP = "setup"


@dataclass(frozen=True, slots=True)
class NoParameters:
    """For checks that have nothing to set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A named check.

    `run` takes (LineFacts, QuoteFacts, parameters) for a line check, (QuoteFacts, parameters) for a quote check and
    (SetUpFacts, parameters) for a check of a billing configuration.
    `parameters` is a frozen dataclass whose fields a policy may set. `reports` are the names that a message may use.
    `reads` are the material fields on which the answer depends: an approval of a finding holds until one of them
    gets worse.
    """

    name: str
    scope: Scope
    run: Callable[..., CheckResult]
    summary: str
    parameters: type[Any] = NoParameters
    reports: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()


class DuplicateCheckError(ValueError):
    """Two checks carry one name."""


def registry(checks: Iterable[Check]) -> Mapping[str, Check]:
    """Checks by name; a name used twice is refused."""
    by_name: dict[str, Check] = {}
    for check in checks:
        if check.name in by_name:
            raise DuplicateCheckError(f"two checks are called {check.name!r}")
        by_name[check.name] = check
    return by_name
