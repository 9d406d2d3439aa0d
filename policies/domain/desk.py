"""The deal desk's own rules: who consents in which order, and what a review may say."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from policies.domain.outcome import OutcomeVerdict
from policies.domain.quote import DealType
from policies.domain.review import ReviewAction

if TYPE_CHECKING:
    from collections.abc import Mapping


class CaseState(StrEnum):
    """How a case stands. The first three wait for somebody; what is settled opens again only by a new decision."""

    OPEN = "open"
    WAITING_FOR_CHANGES = "waiting_for_changes"
    WAITING_FOR_APPROVAL = "waiting_for_approval"
    APPROVED = "approved"
    WAIVED = "waived"
    REJECTED = "rejected"
    CLEARED = "cleared"
    EXPIRED = "expired"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has something to do."""
        return self in (CaseState.OPEN, CaseState.WAITING_FOR_CHANGES, CaseState.WAITING_FOR_APPROVAL)

    @property
    def is_settled(self) -> bool:
        """Whether somebody has decided, so that nobody else decides on the same content."""
        return self in (CaseState.APPROVED, CaseState.WAIVED, CaseState.REJECTED)


class StepState(StrEnum):
    """How one step of an approval stands: not its turn yet, asked, or given."""

    WAITING = "waiting"
    READY = "ready"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainCondition:
    """Which deals a chain is for; what is empty or None matches everything, and all that is stated must fit.

    `roles` are those whose consent the decision asks for, one of them is enough; the same holds for `policies` and
    `patterns` of its findings. `at_risk_from` is in `Company.currency`.
    """

    roles: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    deal_types: tuple[DealType, ...] = ()
    at_risk_from: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainStage:
    """Roles that are asked at the same time."""

    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalChain:
    """Stages of consent, each asked when the one before has consented. Chains that fit the same deal run side by side."""

    name: str
    stages: tuple[ChainStage, ...]
    when: ChainCondition = field(default_factory=ChainCondition)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCode:
    """A reason to choose from: for which actions (none is all), and what it says of the findings, if anything.

    A consent is no evidence that a deal does not leak: only a code that says so outright has a `label`.
    """

    code: str
    title: str
    actions: tuple[ReviewAction, ...] = ()
    label: OutcomeVerdict | None = None


_CONSENT: Final = (ReviewAction.APPROVE, ReviewAction.WAIVE)
DEFAULT_REASONS: Final = (
    ReasonCode(code="strategic-deal", title="Worth it for the customer or the market", actions=_CONSENT),
    ReasonCode(code="competition", title="A competing offer was matched", actions=_CONSENT),
    ReasonCode(code="compensated", title="Made up for elsewhere in the deal", actions=_CONSENT),
    ReasonCode(code="agreed-before", title="The customer was promised it before", actions=_CONSENT),
    ReasonCode(code="transition", title="For a time only, while something is being moved", actions=_CONSENT),
    ReasonCode(
        code="finding-was-wrong",
        title="The finding is wrong: nothing is the matter",
        actions=(*_CONSENT, ReviewAction.REQUEST_CHANGES),
        label=OutcomeVerdict.FALSE_POSITIVE,
    ),
    ReasonCode(
        code="not-a-problem",
        title="The finding is right by the letter, and no money is at risk",
        actions=_CONSENT,
        label=OutcomeVerdict.FALSE_POSITIVE,
    ),
    ReasonCode(code="too-low", title="The price does not bear it", actions=(ReviewAction.REJECT,)),
    ReasonCode(code="against-policy", title="The company does not sell on such terms", actions=(ReviewAction.REJECT,)),
    ReasonCode(code="apply-the-fix", title="Apply the fix that is proposed", actions=(ReviewAction.REQUEST_CHANGES,)),
    ReasonCode(code="more-to-know", title="Something has to be known first", actions=(ReviewAction.REQUEST_CHANGES,)),
    ReasonCode(code="beyond-my-authority", title="Somebody else has to decide", actions=(ReviewAction.ESCALATE,)),
)
"""What a company chooses from that states no codes of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRules:
    """What a review may be. `waiver_role` waives blocks, and what no approver is named for; None is the deal desk.

    `bulk_approval_limit` is the most money at risk of a deal that is approved together with others, in `Company.currency`;
    None is not at all. `api_keys` leaves keys, by name or id, no more than these of their own roles.
    """

    longest_waiver_days: int = 90
    waiver_role: str | None = None
    bulk_approval_limit: Decimal | None = None
    reason_codes: tuple[ReasonCode, ...] = ()
    api_keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def codes(self) -> tuple[ReasonCode, ...]:
        """The codes to choose from."""
        return self.reason_codes or DEFAULT_REASONS
