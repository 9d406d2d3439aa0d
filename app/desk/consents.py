"""What reviews on record mean for a later check of the same document: consents to what was approved, and waivers.

They go into the decision's context as they are, so that a replay has the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from app.store import KeptReview
from policies.domain.review import Consent, Covered, ReviewAction
from policies.waiver import Waiver

if TYPE_CHECKING:
    from app.store import Store
    from policies.domain.outcome import SubjectType


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRecord:
    """The consents and waivers of one document. `decisions` has, by content hash, the decision that each consent was given to."""

    consents: tuple[Consent, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    decisions: Mapping[str, str] | None = None

    def context(self) -> dict[str, Any]:
        """What the decision's context has of them; empty where there are none."""
        found: dict[str, Any] = {}
        if self.consents:
            found["consents"] = [
                {
                    "approver_id": each.approver_id,
                    "roles": each.roles,
                    "content_hash": each.content_hash,
                    "covers": [(one.policy_id, one.line_ids) for one in each.covers],
                }
                for each in self.consents
            ]
        if self.waivers:
            found["review_waivers"] = [
                {
                    "policy_id": each.policy_id,
                    "subject_id": each.subject_id,
                    "owner": each.owner,
                    "reason": each.reason,
                    "expires_on": each.expires_on.isoformat(),
                    "line_ids": each.line_ids,
                }
                for each in self.waivers
            ]
        return found


NOTHING: Final = OnRecord()
"""What is on record of a document that nobody reviewed."""


def on_record(store: Store, subject_type: SubjectType, subject_id: str) -> OnRecord:
    """The consents and waivers that reviews of a document have on record."""
    return of_reviews(store.desk.reviews(subject_type, subject_id))


def of_reviews(reviews: Iterable[KeptReview]) -> OnRecord:
    """What reviews mean for a later check. An approval by one of a chain counts once the whole chain has consented."""
    found = tuple(reviews)
    if not found:
        return NOTHING
    complete = {each.content_hash for each in found if each.completes}
    approved = [
        each
        for each in found
        if each.action is ReviewAction.APPROVE and each.covers and (not each.chained or each.content_hash in complete)
    ]
    waived = [each for each in found if each.action is ReviewAction.WAIVE and each.expires_on is not None]
    return OnRecord(
        consents=tuple(
            Consent(approver_id=each.actor_id, roles=each.roles, content_hash=each.content_hash, covers=each.covers)
            for each in approved
        ),
        waivers=tuple(waiver for each in waived for waiver in _waivers(each)),
        decisions={each.content_hash: each.decision_id for each in approved},
    )


def in_context(context: Mapping[str, Any]) -> OnRecord:
    """What `OnRecord.context` kept."""
    consents = tuple(
        Consent(
            approver_id=each["approver_id"],
            roles=tuple(each["roles"]),
            content_hash=each["content_hash"],
            covers=tuple(Covered(policy_id=policy, line_ids=tuple(lines)) for policy, lines in each["covers"]),
        )
        for each in context.get("consents", ())
    )
    waivers = tuple(
        Waiver(**{**each, "expires_on": date.fromisoformat(each["expires_on"]), "line_ids": tuple(each["line_ids"])})
        for each in context.get("review_waivers", ())
    )
    return OnRecord(consents=consents, waivers=waivers)


def _waivers(review: KeptReview) -> list[Waiver]:
    if review.expires_on is None:
        return []
    return [
        Waiver(
            policy_id=each.policy_id,
            subject_id=review.subject_id,
            owner=review.actor_id,
            reason=review.reason,
            expires_on=review.expires_on,
            line_ids=each.line_ids,
        )
        for each in review.covers
    ]
