"""A review is feedback too: what a reason code says of the findings becomes an outcome that later decisions learn from.

Consenting is no evidence that a deal does not leak, and neither is rejecting that it does. Only a code whose label says that
the finding was wrong does say something: a false positive of each finding reviewed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from app.desk.chains import RISK
from app.desk.sitting import Sitting
from app.ingest import OUTCOMES, document_of
from app.store import Document, ReviewChange
from policies.domain.outcome import Outcome, OutcomeSource, OutcomeSubject, OutcomeVerdict


def outcomes_of(change: ReviewChange, sitting: Sitting) -> ReviewChange:
    """The change with the outcomes that its review says."""
    if not change.is_new or change.review.label is not OutcomeVerdict.FALSE_POSITIVE:
        return change
    return replace(change, outcomes=tuple(_outcomes(change, sitting)))


def _outcomes(change: ReviewChange, sitting: Sitting) -> Iterator[Document]:
    review = change.review
    about = {(each.policy_id, each.line_ids) for each in review.covers}
    for number, finding in enumerate(sitting.findings, start=1):
        is_about = (finding["policy_id"], tuple(finding.get("line_ids") or ())) in about
        if finding["policy_id"] == RISK or not is_about:
            continue
        outcome = Outcome(
            outcome_id=f"{review.review_id}-{number}",
            subject=OutcomeSubject(type=review.subject_type, id=review.subject_id),
            leaked=False,
            pattern=finding["pattern"],
            discovered_at=review.reviewed_at,
            source=OutcomeSource.REVIEW,
            decision_id=review.decision_id,
            finding_id=finding["finding_id"],
            verdict=OutcomeVerdict.FALSE_POSITIVE,
        )
        yield replace(document_of(OUTCOMES, outcome), key_id=review.key_id, simulated=review.simulated)
