"""The first-invoice gate: when a billing configuration is held, released and escalated.

A decision that blocks holds the configuration; a later one that does not, because it was mended or what stood in the way
was waived, releases it. As the first invoice comes near, a hold that still stands is escalated, and once its day has passed
it is overdue. The vendor's own hold is placed elsewhere, from the history that this leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from policies.domain.billing import first_invoice_of
from policies.domain.business_time import working_day_after, working_day_before
from policies.domain.company import BusinessCalendar, FirstInvoiceGate
from policies.domain.decision import Verdict
from policies.domain.finding import Direction, Effect
from policies.domain.period import local_date
from policies.domain.wording import listed

if TYPE_CHECKING:
    from policies.domain.billing import BillingConfiguration
    from policies.domain.company import Company
    from policies.domain.decision import Decision


class HoldState(StrEnum):
    """How a configuration stands: never held, held, held with the first invoice near, or let go."""

    NONE = "none"
    HELD = "held"
    ESCALATED = "escalated"
    RELEASED = "released"

    @property
    def holds(self) -> bool:
        """Whether the first invoice must wait."""
        return self in (HoldState.HELD, HoldState.ESCALATED)


class HoldEvent(StrEnum):
    """What happened to a hold. `KEPT` is a recheck that found something else in the way."""

    HELD = "held"
    KEPT = "kept"
    ESCALATED = "escalated"
    OVERDUE = "overdue"
    RELEASED = "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReason:
    """One finding that stands in the way."""

    finding_id: str
    policy_id: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """How one billing configuration stands at the gate. `decision_id` is the newest decision on it.

    `since` is when the state began, `held_since` when the configuration was first held without a release since. Amounts
    at risk are in `currency`, None where they could not be assessed.
    """

    billing_configuration_id: str
    state: HoldState
    since: datetime
    decision_id: str
    currency: str
    held_since: datetime | None = None
    reasons: tuple[HoldReason, ...] = ()
    revision: str | None = None
    agreement_id: str | None = None
    account_id: str | None = None
    first_invoice_date: date | None = None
    is_overdue: bool = False
    released_by: str | None = None
    released_why: str | None = None
    at_risk_under: Decimal | None = None
    at_risk_over: Decimal | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldChange:
    """A hold as it is from now on, and what happened to it, in order; nothing where only its details are newer."""

    hold: Hold
    at: datetime
    events: tuple[HoldEvent, ...] = ()


def hold_after(
    decision: Decision,
    configuration: BillingConfiguration,
    previous: Hold | None,
    company: Company | None,
    as_of: datetime,
) -> HoldChange:
    """How the configuration stands after a decision on it, given how it stood before."""
    gate = FirstInvoiceGate() if company is None else company.first_invoice
    fresh = _fresh(decision, configuration, as_of)
    if decision.verdict is Verdict.BLOCK or (decision.verdict is Verdict.FLAG and gate.hold_flagged):
        return _held(replace(fresh, reasons=_reasons(decision, gate)), previous, company, as_of)
    return _let_go(fresh, decision, previous, as_of)


def escalated(hold: Hold, company: Company | None, as_of: datetime) -> HoldChange | None:
    """The hold, escalated or overdue, where its time has come; None where nothing changes."""
    if not hold.state.holds:
        return None
    today, events = _today(company, as_of), []
    if hold.state is HoldState.HELD and today >= escalates_on(hold, company, as_of):
        hold = replace(hold, state=HoldState.ESCALATED, since=as_of)
        events.append(HoldEvent.ESCALATED)
    if not hold.is_overdue and hold.first_invoice_date is not None and today > hold.first_invoice_date:
        hold = replace(hold, is_overdue=True)
        events.append(HoldEvent.OVERDUE)
    return HoldChange(hold=hold, at=as_of, events=tuple(events)) if events else None


def released_by_hand(hold: Hold, by: str, why: str, as_of: datetime) -> HoldChange | None:
    """The hold as a person lets it go, who answers for what still stands in the way; None where nothing is held.

    The reasons stay with it: a later decision that finds those and nothing else does not hold it again.
    """
    if not hold.state.holds:
        return None
    let_go = replace(
        hold, state=HoldState.RELEASED, since=as_of, is_overdue=False, held_since=None, released_by=by, released_why=why
    )
    return HoldChange(hold=let_go, at=as_of, events=(HoldEvent.RELEASED,))


def _reasons(decision: Decision, gate: FirstInvoiceGate) -> tuple[HoldReason, ...]:
    """The findings that stand in the way; where none does, the verdict came from the risk, and the headline says it."""
    found = tuple(
        HoldReason(finding_id=each.finding_id, policy_id=each.policy_id, message=each.message)
        for each in decision.findings
        if each.enforces and (each.effect is Effect.BLOCK or gate.hold_flagged)
    )
    return found or (HoldReason(finding_id=decision.decision_id, policy_id="risk", message=decision.headline),)


def _fresh(decision: Decision, configuration: BillingConfiguration, as_of: datetime) -> Hold:
    """What the decision and the configuration say, whatever was before."""
    return Hold(
        billing_configuration_id=configuration.billing_configuration_id,
        state=HoldState.NONE,
        since=as_of,
        decision_id=decision.decision_id,
        currency=decision.currency,
        revision=configuration.revision,
        agreement_id=configuration.agreement_id,
        account_id=None if configuration.account is None else configuration.account.account_id,
        first_invoice_date=first_invoice_of(configuration),
        at_risk_under=decision.totals.get(Direction.UNDER),
        at_risk_over=decision.totals.get(Direction.OVER),
        simulated=decision.simulated,
    )


def _held(fresh: Hold, previous: Hold | None, company: Company | None, as_of: datetime) -> HoldChange:
    if previous is not None and _is_answered_for(previous, fresh):
        let_go = {"state": previous.state, "since": previous.since, "reasons": previous.reasons}
        by = {"released_by": previous.released_by, "released_why": previous.released_why}
        return HoldChange(hold=replace(fresh, **let_go, **by), at=as_of)  # type: ignore[arg-type]
    if previous is None or not previous.state.holds:
        hold = replace(fresh, state=HoldState.HELD, held_since=as_of)
        events: tuple[HoldEvent, ...] = (HoldEvent.HELD,)
    else:
        # A later first invoice takes an escalation back; the days until then are counted anew.
        is_later = previous.first_invoice_date != fresh.first_invoice_date
        state = HoldState.HELD if is_later else previous.state
        hold = replace(
            fresh,
            state=state,
            since=previous.since if state is previous.state else as_of,
            held_since=previous.held_since,
            is_overdue=previous.is_overdue and not is_later,
        )
        events = (HoldEvent.KEPT,) if _differs(previous, hold) else ()
    near = escalated(hold, company, as_of)
    change = HoldChange(hold=hold, at=as_of, events=events)
    return change if near is None else replace(near, events=(*events, *near.events))


def _is_answered_for(previous: Hold, fresh: Hold) -> bool:
    """Whether a person let go what stands in the way now, word for word: the money is in the words, so more of it is news."""
    return previous.state is HoldState.RELEASED and set(fresh.reasons) <= set(previous.reasons)


def _differs(previous: Hold, hold: Hold) -> bool:
    before = {(each.policy_id, each.finding_id) for each in previous.reasons}
    now = {(each.policy_id, each.finding_id) for each in hold.reasons}
    return before != now or previous.first_invoice_date != hold.first_invoice_date


def _let_go(fresh: Hold, decision: Decision, previous: Hold | None, as_of: datetime) -> HoldChange:
    if previous is None or previous.state is HoldState.NONE:
        since = fresh.since if previous is None else previous.since
        return HoldChange(hold=replace(fresh, since=since), at=as_of)
    if previous.state is HoldState.RELEASED:
        # Nothing stands in the way any more, so nobody answers for anything from now on.
        kept = replace(
            fresh,
            state=previous.state,
            since=previous.since,
            released_by=previous.released_by,
            released_why=previous.released_why,
        )
        return HoldChange(hold=kept, at=as_of)
    by, why = _release_of(decision)
    hold = replace(fresh, state=HoldState.RELEASED, released_by=by, released_why=why)
    return HoldChange(hold=hold, at=as_of, events=(HoldEvent.RELEASED,))


def _release_of(decision: Decision) -> tuple[str, str]:
    """Who let the configuration go, and why: whoever consented to what stood in the way, else the recheck itself."""
    consents = [
        (name, finding.policy_id)
        for finding in decision.findings
        if finding.effect.enforces and (name := finding.waived_by or finding.approved_by)
    ]
    if not consents:
        return "recheck", f"{decision.decision_id} found nothing that stands in the way"
    names, policies = (sorted(set(column)) for column in zip(*consents, strict=True))
    return listed(names), f"{listed(policies)} waived, as {decision.decision_id} has it on record"


def escalates_on(hold: Hold, company: Company | None, as_of: datetime) -> date:
    """The day on which a hold is escalated: so many working days before the first invoice; where its day is not known, so many after the hold began."""
    calendar = BusinessCalendar() if company is None else company.calendar
    days = (FirstInvoiceGate() if company is None else company.first_invoice).escalate_business_days
    if hold.first_invoice_date is not None:
        return working_day_before(calendar, hold.first_invoice_date, days)
    return working_day_after(calendar, _today(company, hold.held_since or as_of), days)


def _today(company: Company | None, as_of: datetime) -> date:
    return local_date(as_of, "UTC" if company is None else company.calendar.time_zone)
