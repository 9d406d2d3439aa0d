"""Consent: which findings an earlier approval covers, and which consents are still missing.

An approval is bound to the content that it was given to. It covers a finding of a later content as long as no field
that the finding depends on got worse, so a resubmission asks again only for what did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from policies.domain.business_time import due_at
from policies.domain.decision import ApprovalNeeds, RequiredApproval
from policies.domain.finding import Effect
from policies.domain.material import Worsening, material, worsened
from policies.domain.review import DESK

if TYPE_CHECKING:
    from datetime import datetime

    from policies.domain.company import Company
    from policies.domain.finding import Finding
    from policies.domain.quote import Approval
    from policies.domain.review import Consent, Covered
    from policies.facts import QuoteFacts


def cover(
    findings: Iterable[Finding],
    facts: QuoteFacts,
    reads: Callable[[str], frozenset[str]],
    consents: Sequence[Consent] = (),
) -> tuple[Finding, ...]:
    """The findings, each one that an approval covers with the approver's id.

    `reads` gives the material fields on which a policy's answer depends, by policy id. `consents` are recorded reviews; each
    counts for the findings that it was given to and for no other.
    """
    given = [_Given.of_approval(each) for each in facts.quote.approvals if _counts(each, facts)]
    given += [_Given.of_consent(each) for each in consents if not _is_own(each.approver_id, facts)]
    if not given:
        return tuple(findings)
    changes = _changes_since(given, facts)
    return tuple(_covered(finding, given, changes, facts, reads) for finding in findings)


def cover_same(
    findings: Iterable[Finding], consents: Sequence[Consent], company: Company | None
) -> tuple[Finding, ...]:
    """The findings, each one that a consent to this very content covers with the approver's id."""
    given = [_Given.of_consent(each) for each in consents]
    return tuple(
        replace(finding, approved_by=by)
        if finding.effect is Effect.FLAG
        and (by := next((each.approver_id for each in given if each.speaks_of(finding, company)), None))
        else finding
        for finding in findings
    )


def entitles(role: str | None, needed: str, company: Company | None) -> bool:
    """Whether a role may consent where `needed` is asked: the same role, or one higher on the authority ladder."""
    if role is None or role == needed:
        return role is not None
    table = company.discount_authority if company is not None else None
    if table is None or role not in table.ladder or needed not in table.ladder:
        return False
    return table.ladder.index(role) > table.ladder.index(needed)


def needs(findings: Sequence[Finding], company: Company | None, as_of: datetime) -> ApprovalNeeds:
    """The consents that are missing, by role, with the policies that ask for them and the time they are due."""
    because: dict[str, list[str]] = {}
    clears: list[str] = []
    for finding in findings:
        if finding.effect is Effect.FLAG and finding.enforces and finding.approver is not None:
            policies = because.setdefault(finding.approver, [])
            if finding.policy_id not in policies:
                policies.append(finding.policy_id)
            if finding.clears_without_approval and finding.clears_without_approval not in clears:
                clears.append(finding.clears_without_approval)
    required = tuple(
        RequiredApproval(role=role, because=tuple(policies), due_at=_due(role, company, as_of))
        for role, policies in because.items()
    )
    return ApprovalNeeds(required=required, clears_without_approval="; ".join(clears) or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """An approval that the quote brings, or a recorded consent. `covers` None is every finding on the content."""

    approver_id: str
    roles: tuple[str, ...]
    content_hash: str
    covers: tuple[Covered, ...] | None = None

    @staticmethod
    def of_approval(approval: Approval) -> _Given:
        roles = () if approval.role is None else (approval.role,)
        return _Given(approver_id=approval.approver_id, roles=roles, content_hash=approval.content_hash or "")

    @staticmethod
    def of_consent(consent: Consent) -> _Given:
        return _Given(
            approver_id=consent.approver_id,
            roles=consent.roles,
            content_hash=consent.content_hash,
            covers=consent.covers,
        )

    def speaks_of(self, finding: Finding, company: Company | None) -> bool:
        """Whether it was given to such a finding, by somebody whose consent is asked for."""
        if self.covers is None:
            needed = finding.approver
            return needed is not None and any(entitles(role, needed, company) for role in self.roles)
        needed = finding.approver or DESK
        return any(entitles(role, needed, company) for role in self.roles) and any(
            each.policy_id == finding.policy_id and (not each.line_ids or set(finding.line_ids) <= set(each.line_ids))
            for each in self.covers
        )


def _counts(approval: Approval, facts: QuoteFacts) -> bool:
    """An approval without a hash is bound to nothing, and nobody approves a deal of their own."""
    return approval.content_hash is not None and not _is_own(approval.approver_id, facts)


def _is_own(approver_id: str, facts: QuoteFacts) -> bool:
    rep = facts.quote.rep
    return rep is not None and rep.rep_id == approver_id


def _changes_since(approvals: Iterable[_Given], facts: QuoteFacts) -> Mapping[str, tuple[Worsening, ...]]:
    """What got worse since each approved content that is known, by its hash."""
    current = facts.content()
    changes: dict[str, tuple[Worsening, ...]] = {}
    for approval in approvals:
        approved = approval.content_hash
        if approved == current:
            changes[approved] = ()
        elif approved in facts.approved:
            changes[approved] = worsened(facts.approved[approved], material(facts.quote))
    return changes


def _covered(
    finding: Finding,
    approvals: Sequence[_Given],
    changes: Mapping[str, tuple[Worsening, ...]],
    facts: QuoteFacts,
    reads: Callable[[str], frozenset[str]],
) -> Finding:
    if finding.effect is not Effect.FLAG:
        return finding
    fields = reads(finding.policy_id)
    for approval in approvals:
        worse = changes.get(approval.content_hash)
        if worse is None or not approval.speaks_of(finding, facts.company):
            continue
        if not any(_concerns(each, finding, fields) for each in worse):
            return replace(finding, approved_by=approval.approver_id)
    return finding


def _concerns(worse: Worsening, finding: Finding, fields: frozenset[str]) -> bool:
    if worse.field in ("line", "quote_id"):
        return worse.line_id is None or not finding.line_ids or worse.line_id in finding.line_ids
    on_its_lines = worse.line_id is None or not finding.line_ids or worse.line_id in finding.line_ids
    return on_its_lines and (not fields or worse.field in fields)


def _due(role: str, company: Company | None, as_of: datetime) -> datetime | None:
    hours = company.approval_hours.get(role) if company is not None else None
    return due_at(company.calendar, as_of, hours) if company is not None and hours is not None else None
