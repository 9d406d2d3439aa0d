"""A policy: what must hold, what it means when it does not, and how it proves itself.

Policies are data. What must hold is a named check with parameters or an expression; the rest of the policy says what
a violation does, costs, and who owns it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policies.check import Check
    from policies.domain.finding import Direction, Effect
    from policies.language import Expression, Message, Scope
    from policies.patterns import Pattern


class AppliesTo(StrEnum):
    """The kind of document that a policy judges."""

    QUOTE = "quote"
    AGREEMENT = "agreement"
    BILLING_CONFIGURATION = "billing_configuration"


class WhenUndetermined(StrEnum):
    """What a missing fact means: it is only listed as not assessed, or it also flags or blocks."""

    NOT_ASSESSED = "not_assessed"
    FLAG = "flag"
    BLOCK = "block"


class Expected(StrEnum):
    """What a policy's own test expects."""

    VIOLATED = "violated"
    SATISFIED = "satisfied"
    NOT_APPLICABLE = "not_applicable"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountRule:
    """The money of an expression policy: `remaining_term`, and the rest where the policy states it."""

    remaining_term: Expression | None = None
    per_period: Expression | None = None
    already_lost: Expression | None = None
    assumptions: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemedyRule:
    """Set one field to the value of an expression.

    `hops` lead from the document to the field, or from the line or charge where `on_item`.
    """

    hops: tuple[str, ...]
    on_item: bool
    value: Expression
    text: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTest:
    """One example: documents in canonical form, the tables they are held against, and what must come out.

    A policy on quotes has a `quote`. One on billing configurations has an `agreement` and a `billing`, and may have the
    invoices that billing previews, the configuration before a change, and the quote whose content was approved.
    """

    name: str
    expect: Expected
    quote: Mapping[str, object] = field(default_factory=dict)
    agreement: Mapping[str, object] = field(default_factory=dict)
    billing: Mapping[str, object] = field(default_factory=dict)
    previews: tuple[Mapping[str, object], ...] = ()
    previous: Mapping[str, object] | None = None
    approved: Mapping[str, object] | None = None
    catalog: Mapping[str, object] | None = None
    company: Mapping[str, object] | None = None
    as_of: date | None = None
    amount: Decimal | None = None
    clears: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy, checked and compiled.

    Either `require` or `check` is set. `scope` says whether it judges each line or the document as a whole. `reads`
    are the material fields that its answer depends on. `source` names the file for messages.
    """

    id: str
    pattern: Pattern
    title: str
    applies_to: AppliesTo
    scope: Scope
    effect: Effect
    message: Message
    when: Expression | None = None
    require: Expression | None = None
    check: Check | None = None
    parameters: Any = None
    when_undetermined: WhenUndetermined = WhenUndetermined.NOT_ASSESSED
    amount: AmountRule | None = None
    remedy: RemedyRule | None = None
    approver: str | None = None
    owner: str | None = None
    direction: Direction | None = None
    confidence: Decimal | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    description: str = ""
    tests: tuple[PolicyTest, ...] = ()
    reads: frozenset[str] = field(default_factory=frozenset)
    source: str = ""

    @property
    def for_each_item(self) -> bool:
        """Whether it judges each line of a quote, or each charge of a billing configuration, by itself."""
        return self.scope.subject is not None

    def in_force(self, day: date) -> bool:
        """Whether the policy is in force on a day; both its bounds are within it."""
        return (self.effective_from is None or self.effective_from <= day) and (
            self.effective_to is None or day <= self.effective_to
        )
