"""A decision as the columns of its row, and back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Row

from app.store import chain
from app.store.identifiers import moment, searchable, stamp
from app.store.packing import unpack
from app.store.records import Basis, DecisionSummary, Receipt, RecordedDecision, StoredDecision
from policies.domain.decision import Subject, Verdict
from policies.domain.money import Money
from policies.domain.outcome import SubjectType

_LARGEST: Final = 2**63 - 1


def content_of(decision: RecordedDecision) -> dict[str, Any]:
    """What a decision's row says of it, by column; the documents are not packed yet."""
    summary, basis = decision.summary, decision.basis
    return {
        "format": chain.FORMAT,
        "decision_id": summary.decision_id,
        "created_at": stamp(summary.created_at),
        "subject_type": summary.subject.type.value,
        "subject_id": searchable(summary.subject.id),
        "subject_revision": searchable(summary.subject.revision),
        "content_hash": summary.subject.content_hash,
        "verdict": summary.verdict.value,
        "headline": searchable(summary.headline),
        "currency": summary.currency,
        "at_risk_under": minor_units(summary.at_risk_under, summary.currency),
        "at_risk_over": minor_units(summary.at_risk_over, summary.currency),
        "policy_version": summary.policy_version,
        "model_version": summary.model_version,
        "source": searchable(summary.source),
        "rep_id": searchable(summary.rep_id),
        "account_id": searchable(summary.account_id),
        "key_id": summary.key_id,
        "simulated": summary.simulated,
        "as_of": stamp(basis.as_of),
        "policies_digest": basis.policies,
        "catalog_digest": basis.catalog,
        "company_digest": basis.company,
        "request_format": basis.request_format,
        "context": basis.context,
        "document": decision.document,
        "request": decision.request,
    }


def summary_of(row: Row[Any]) -> DecisionSummary:
    """The record that a row without its documents stands for."""
    return DecisionSummary(
        decision_id=row.decision_id,
        created_at=moment(row.created_at),
        subject=Subject(
            type=SubjectType(row.subject_type),
            id=row.subject_id,
            content_hash=row.content_hash,
            revision=row.subject_revision,
        ),
        verdict=Verdict(row.verdict),
        headline=row.headline,
        currency=row.currency,
        policy_version=row.policy_version,
        at_risk_under=amount_of(row.at_risk_under, row.currency),
        at_risk_over=amount_of(row.at_risk_over, row.currency),
        model_version=row.model_version,
        source=row.source,
        rep_id=row.rep_id,
        account_id=row.account_id,
        key_id=row.key_id,
        simulated=row.simulated,
    )


def stored_of(row: Row[Any]) -> StoredDecision:
    """The record that a whole row stands for."""
    return StoredDecision(
        decision=RecordedDecision(
            summary=summary_of(row), basis=_basis(row), request=unpack(row.request), document=unpack(row.document)
        ),
        receipt=Receipt(seq=row.seq, prev_hash=row.prev_hash, record_hash=row.record_hash),
    )


def _basis(row: Row[Any]) -> Basis:
    return Basis(
        as_of=moment(row.as_of),
        policies=row.policies_digest,
        catalog=row.catalog_digest,
        company=row.company_digest,
        context=unpack(row.context),
        request_format=row.request_format,
    )


def minor_units(amount: Decimal | None, currency: str) -> int | None:
    """The amount to sort by. One beyond 64 bits is shown as the largest that fits; the document has it exactly."""
    if amount is None:
        return None
    return max(-_LARGEST, min(_LARGEST, Money(amount, currency).minor_units()))


def amount_of(units: int | None, currency: str) -> Decimal | None:
    """What `minor_units` wrote, as an amount."""
    return None if units is None else Money.from_minor_units(units, currency).amount
