"""From a decision to its record: everything that is needed to find it, to trust it and to make it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from app.store import Basis, DecisionSummary, RecordedDecision
from cpq_hooks.canonical import load_quote
from cpq_hooks.reading import read_json
from policies.domain.decision import NotAssessed
from policies.domain.finding import Direction
from policies.domain.material import Material, content_hash, material
from policies.domain.money import round_to_currency

if TYPE_CHECKING:
    from decimal import Decimal

    from app.assess import Call
    from app.rules import Rules
    from app.store import Store
    from policies.domain.decision import Decision
    from policies.domain.quote import Quote

MOST_APPROVALS = 50
"""So many different approved contents are looked up for one quote; later ones first."""


class NotReplayable(LookupError):  # noqa: N818 - it says what is the matter
    """The record lacks something that a decision was made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedContent:
    """What an approval was given to, and the decision that has it on record."""

    decision_id: str
    material: Material


def approved_contents(
    quote: Quote, store: Store, reviewed: Mapping[str, str] | None = None
) -> dict[str, ApprovedContent]:
    """The contents that the quote's approvals name by hash, as far as they are on record and not the present one, and those
    that reviewers consented to: `reviewed` has the decision by content hash.
    """
    known = reviewed or {}
    named = {approval.content_hash: None for approval in reversed(quote.approvals) if approval.content_hash}
    named |= dict.fromkeys(known)
    if not named:
        return {}
    present = content_hash(quote)
    found = {}
    for content in list(named)[:MOST_APPROVALS]:
        if content == present:
            continue
        where = known.get(content)
        stored = store.decisions.by_content_hash(content) if where is None else store.decisions.get(where)
        if stored is not None:
            found[content] = ApprovedContent(
                decision_id=stored.decision.summary.decision_id, material=material_of(stored.decision.request)
            )
    return found


def material_of(request: bytes) -> Material:
    """The material content of a recorded request."""
    return material(load_quote(read_json(request, max_bytes=len(request) + 1), max_lines=None))


def context_of(
    approved: Mapping[str, ApprovedContent],
    rules: Rules,
    notes: tuple[NotAssessed, ...] = (),
    reviewed: Mapping[str, Any] | None = None,
    scored: Mapping[str, Any] | None = None,
) -> bytes | None:
    """What else the evaluation was given, as JSON: which decisions approvals point at, the waivers' text, notes, what
    reviewers let pass, and the features that it was scored from.
    """
    if not approved and rules.files.waivers is None and not notes and not reviewed and not scored:
        return None
    context: dict[str, Any] = {
        "approved": {content: each.decision_id for content, each in approved.items()},
        "waivers": rules.files.waivers,
    }
    context |= notes_context(notes) | dict(reviewed or {}) | dict(scored or {})
    return json.dumps(context, sort_keys=True).encode()


def notes_context(notes: tuple[NotAssessed, ...]) -> dict[str, Any]:
    """What was noted on a document when it was read, as a part of a decision's context; empty where nothing was."""
    return {"notes": [asdict(each) for each in notes]} if notes else {}


def notes_in(context: Mapping[str, Any]) -> tuple[NotAssessed, ...]:
    """What `notes_context` kept."""
    kept = context.get("notes", ())
    return tuple(NotAssessed(**{**each, "line_ids": tuple(each["line_ids"])}) for each in kept)


@dataclass(frozen=True, slots=True)
class RuleDigests:
    """Under which digests the texts of a set of rules are kept."""

    policies: str
    catalog: str | None
    company: str | None


class RuleArchive:
    """Keeps the texts of rules in the record, each once; what was kept before costs nothing."""

    def __init__(self, store: Store) -> None:
        self._artefacts = store.artefacts
        self._kept: dict[str, RuleDigests] = {}

    def digests(self, rules: Rules) -> RuleDigests:
        """The digests of the rules' texts, which are in the record when this returns."""
        known = self._kept.get(rules.version)
        if known is None:
            texts, put = rules.files, self._artefacts.put
            known = self._kept[rules.version] = RuleDigests(
                policies=put("policies", texts.policies_text),
                catalog=put("catalog", texts.catalog.encode()) if texts.catalog is not None else None,
                company=put("company", texts.company.encode()) if texts.company is not None else None,
            )
        return known


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Where a document came from and whose deal it is, as decisions are looked up by."""

    source: str | None = None
    rep_id: str | None = None
    account_id: str | None = None

    @staticmethod
    def of_quote(quote: Quote) -> Sender:
        """That of a quote."""
        return Sender(
            source=quote.source,
            rep_id=quote.rep.rep_id if quote.rep is not None else None,
            account_id=quote.account.account_id if quote.account is not None else None,
        )


def recorded(
    decision: Decision, call: Call, body: bytes, digests: RuleDigests, context: bytes | None, sender: Sender
) -> RecordedDecision:
    """The record of a decision on the document of a call."""
    return RecordedDecision(
        summary=DecisionSummary(
            decision_id=decision.decision_id,
            created_at=decision.evaluated_at,
            subject=decision.subject,
            verdict=decision.verdict,
            headline=decision.headline,
            currency=decision.currency,
            policy_version=decision.policy_version,
            model_version=decision.risk.model_version,
            at_risk_under=_total(decision, Direction.UNDER),
            at_risk_over=_total(decision, Direction.OVER),
            source=sender.source,
            rep_id=sender.rep_id,
            account_id=sender.account_id,
            key_id=call.caller.key_id,
            simulated=decision.simulated,
        ),
        basis=Basis(
            as_of=decision.evaluated_at,
            policies=digests.policies,
            catalog=digests.catalog,
            company=digests.company,
            context=context,
        ),
        request=call.raw,
        document=body,
    )


def _total(decision: Decision, direction: Direction) -> Decimal | None:
    amount = decision.totals.get(direction)
    return round_to_currency(amount, decision.currency) if amount is not None else None
