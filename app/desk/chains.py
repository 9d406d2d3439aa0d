"""Approval chains: whose consent a decision needs, in which order, and how far it has come.

Every chain of the company's table that fits runs, side by side with the others; its stages one after the other. A role that is
asked for and that no such chain asks is asked by itself, at once. Without a table that is all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from app.store import Step
from policies.approval import entitles
from policies.domain.business_time import due_at
from policies.domain.company import BusinessCalendar
from policies.domain.decision import Verdict
from policies.domain.desk import StepState
from policies.domain.review import DESK

if TYPE_CHECKING:
    from policies.domain.company import Company
    from policies.domain.desk import ApprovalChain, ChainCondition

DESK_HOURS: Final = 8
"""So many working hours has a role for which company.yaml states none."""

RISK: Final = "risk"
"""The policy that stands for the risk among findings."""

Finding = Mapping[str, Any]
"""A finding as the decision's document has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """What chains are chosen by: the findings that somebody may consent to, the deal's type, its money at risk in the
    company's currency, and since when it waits.
    """

    flagged: tuple[Finding, ...]
    since: datetime
    deal_type: str | None = None
    at_risk: Decimal | None = None

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that are asked for, each once."""
        return tuple(dict.fromkeys(needed_for(each) for each in self.flagged))


def needed_for(finding: Finding) -> str:
    """The role that may consent to a finding."""
    return finding.get("approver") or DESK


def enforces(finding: Finding) -> bool:
    """Whether a finding stands in the way."""
    return finding["effect"] != "shadow" and not finding.get("approved_by") and not finding.get("waived_by")


def findings_in(document: Mapping[str, Any]) -> list[Finding]:
    """The findings of a decision's document; a risk that asks for somebody is one of them, on the whole document."""
    found: list[Finding] = list(document.get("findings") or ())
    risk = document.get("risk") or {}
    is_flagged = document.get("verdict") == Verdict.FLAG.value and not any(map(enforces, found))
    effect = risk.get("effect") or ("flag" if is_flagged else None)
    if effect is None or risk.get("released"):
        return found
    required = (document.get("approval") or {}).get("required") or ()
    role = next((each.get("role") for each in required if RISK in (each.get("because") or ())), None)
    as_one = {
        "finding_id": RISK,
        "policy_id": RISK,
        "pattern": "",
        "effect": effect,
        "approver": role,
        "line_ids": (),
        "message": risk.get("effect_because") or "",
        "approved_by": risk.get("approved_by"),
        "waived_by": risk.get("waived_by"),
    }
    return [*found, as_one]


def in_the_way(document: Mapping[str, Any]) -> list[Finding]:
    """The findings of a decision's document that stand in the way."""
    return [each for each in findings_in(document) if enforces(each)]


def steps_of(deal: Deal, company: Company | None) -> tuple[Step, ...]:
    """The steps that a deal's approval takes; none where nobody can consent to anything."""
    if not deal.roles:
        return ()
    found: list[Step] = []
    for chain in company.approval_chains if company is not None else ():
        if _fits(chain.when, deal, company):
            found += _of_chain(chain, deal.since, company)
    asked = {step.role for step in found}
    for role in deal.roles:
        if not any(entitles(each, role, company) for each in asked):
            found.append(Step(number=0, role=role, due_at=due(role, company, deal.since)))
    return tuple(replace(step, number=number) for number, step in enumerate(found, start=1))


def advanced(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps, each asked whose turn has come."""
    return tuple(
        replace(step, state=StepState.READY)
        if step.state is StepState.WAITING and not any(_is_before(each, step) for each in steps)
        else step
        for step in steps
    )


def roles_asked(steps: Sequence[Step]) -> tuple[str, ...]:
    """The roles whose turn it is."""
    return tuple(dict.fromkeys(step.role for step in steps if step.state is StepState.READY))


def carried(before: Sequence[Step], now: Sequence[Step]) -> tuple[Step, ...]:
    """The steps of a new decision, each that was taken before on content that was no better taken already."""
    taken = {(step.chain, step.role): step for step in before if step.state is StepState.APPROVED}
    kept = []
    for step in now:
        earlier = taken.get((step.chain, step.role)) if step.chain is not None else None
        kept.append(step if earlier is None else replace(earlier, number=step.number, stage=step.stage))
    return advanced(kept)


def findings_of(step: Step, flagged: Sequence[Finding], company: Company | None) -> list[Finding]:
    """The findings that a step is a consent to: those for which its role is asked; in a chain that may be none."""
    return [each for each in flagged if entitles(step.role, needed_for(each), company)]


def due(role: str, company: Company | None, since: datetime) -> datetime | None:
    """When a role has to have answered that is asked now."""
    calendar = company.calendar if company is not None else BusinessCalendar()
    hours = company.approval_hours.get(role, DESK_HOURS) if company is not None else DESK_HOURS
    return due_at(calendar, since, hours)


def _of_chain(chain: ApprovalChain, since: datetime, company: Company | None) -> Iterator[Step]:
    """A chain's steps. What is not asked yet is due as if everybody before took all their time."""
    asked_at = since
    for number, stage in enumerate(chain.stages, start=1):
        ends = []
        for role in stage.roles:
            end = due(role, company, asked_at)
            ends.append(end or asked_at)
            state = StepState.READY if number == 1 else StepState.WAITING
            yield Step(number=0, role=role, stage=number, chain=chain.name, state=state, due_at=end)
        asked_at = max(ends)


def _fits(when: ChainCondition, deal: Deal, company: Company | None) -> bool:
    asked = set(deal.roles)
    if when.roles and not any(entitles(role, each, company) for role in asked for each in when.roles):
        return False
    if when.policies and not {each["policy_id"] for each in deal.flagged} & set(when.policies):
        return False
    if when.patterns and not {each["pattern"] for each in deal.flagged} & set(when.patterns):
        return False
    if when.deal_types and deal.deal_type not in {each.value for each in when.deal_types}:
        return False
    # What is not known to be below the amount is asked about.
    return when.at_risk_from is None or deal.at_risk is None or deal.at_risk >= when.at_risk_from


def _is_before(one: Step, other: Step) -> bool:
    """Whether a step has to be taken before another can be."""
    return one.chain == other.chain and one.stage < other.stage and one.state is not StepState.APPROVED
