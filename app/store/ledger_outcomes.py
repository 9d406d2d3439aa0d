"""What outcomes do to the ledgers: a leak that is confirmed, dismissed, newly found, or recovered, each counted once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, or_, select, update

from app.bookkeeping.facts import Json, minor, name_of, read
from app.bookkeeping.money import item_id, shared
from app.store.identifiers import searchable, stamp
from app.store.ledger_posting import Because, Item, Posting
from app.store.ledger_tables import INSIGHT_OUTCOMES, LEDGER_ITEMS
from app.store.packing import unpack
from app.store.tables import DECISIONS, DOCUMENTS

_FOUND: Final = ("audit", "outcome", "case")
_NONE: Final[Json] = {}
_LOTS: Final = frozenset({"lot", "random"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeFacts:
    """An outcome as the books see it; amounts are minor units. `judged` says what it makes of a decision.

    confirmed: what was flagged leaks; dismissed: what was flagged was wrong; missed: it leaks and was not flagged;
    found: it leaks, and no decision is named; clean: it was looked at and does not leak.
    """

    outcome_id: str
    at: str
    contracts: tuple[str, ...]
    finding_id: str
    policy_id: str
    pattern: str
    line_id: str
    tier: str
    source: str
    judged: str
    side: str
    by_lot: bool
    currency: str
    amount: int
    recovered: int
    decision_id: str | None
    consented: bool


def outcome_in(connection: Connection, document: Json, at: str) -> None:
    """Book an outcome. Sent again in other words, only the difference is booked."""
    facts = facts_of_outcome(connection, document, at)
    posting = Posting(connection)
    items = _items(posting, facts)
    earlier = connection.execute(
        select(INSIGHT_OUTCOMES).where(INSIGHT_OUTCOMES.c.outcome_id == facts.outcome_id).with_for_update()
    ).first()
    # History that is brought in belongs to the months in which it happened; what an outcome says later, to when it says so.
    booked_at = min(facts.at, at) if earlier is None else at
    because = Because(event=f"outcome {facts.judged}", at=booked_at, outcome_id=facts.outcome_id)
    was_recovered = 0 if earlier is None else earlier.recovered
    if facts.judged == "dismissed":
        _dismiss(posting, items, because)
    elif facts.judged != "clean":
        if not any(each["kind"] in _FOUND for each in items) and facts.amount:
            items = [posting.open(_item(connection, facts, booked_at))]
        _state(posting, items, facts, because)
        _undo_prevention(posting, items, facts, because)
    found = [each for each in items if each["kind"] in _FOUND]
    moved = _recover(posting, found, facts.recovered - was_recovered, because)
    for each in found:
        names = sorted({*each["found_by"].split(","), facts.source} - {""})
        posting.change(each, found_by=",".join(names))
    posting.finish()
    _keep(connection, facts, found[0] if found else (items[0] if items else None), was_recovered + moved, earlier)


def facts_of_outcome(connection: Connection, document: Json, at: str) -> OutcomeFacts:
    """The facts of an outcome, with what the record knows of the decision and the contract that it is about."""
    currency = str(document.get("currency") or "USD")
    over = minor(document.get("over_billed_amount") or 0, currency)
    decision_id = document.get("decision_id")
    decision = _NONE if not decision_id else _decision(connection, str(decision_id))
    finding = _finding(decision, document.get("finding_id"))
    line_ids = document.get("line_ids") or finding.get("line_ids") or []
    consented = bool(finding.get("approved_by") or finding.get("waived_by"))
    return OutcomeFacts(
        outcome_id=searchable(str(document["outcome_id"])),
        at=_discovered(document.get("discovered_at")) or at,
        contracts=_contracts(connection, document["subject"]),
        finding_id=name_of(document.get("finding_id")),
        policy_id=name_of(document.get("policy_id") or finding.get("policy_id")),
        pattern=name_of(document.get("pattern") or finding.get("pattern")),
        line_id=name_of(line_ids[0]) if len(line_ids) == 1 else "",
        tier=name_of((decision.get("risk") or {}).get("tier")),
        source=name_of(document.get("source")),
        judged=_judged(document, is_over=over > 0),
        side="over" if over and not document.get("leaked") else "under",
        by_lot=document.get("selected_by") in _LOTS,
        currency=currency,
        amount=over if over and not document.get("leaked") else minor(document.get("amount") or 0, currency),
        recovered=minor(document.get("recovered_amount") or 0, currency),
        decision_id=searchable(decision_id) if isinstance(decision_id, str) else None,
        consented=consented,
    )


def _discovered(stated: object) -> str | None:
    """When it was discovered, as the store writes moments; None where that is not stated with its time zone."""
    found = datetime.fromisoformat(stated) if isinstance(stated, str) else None
    return stamp(found) if found is not None and found.tzinfo is not None else None


def _judged(document: Json, *, is_over: bool) -> str:
    verdict = document.get("verdict")
    if verdict == "false_positive":
        return "dismissed"
    if verdict == "true_positive":
        return "confirmed"
    if document.get("leaked") or is_over:
        return "missed" if verdict == "false_negative" else "found"
    return "clean"


def _decision(connection: Connection, decision_id: str) -> Json:
    query = select(DECISIONS.c.document).where(DECISIONS.c.decision_id == searchable(decision_id))
    return read(unpack(connection.execute(query).scalar()))


def _finding(decision: Json, finding_id: object) -> Json:
    found = [each for each in decision.get("findings") or () if each.get("finding_id") == finding_id]
    return found[0] if found else _NONE


def _contracts(connection: Connection, subject: Json) -> tuple[str, ...]:
    """The agreement that an outcome's subject belongs to, where it is known, and the subject itself."""
    kind, name = str(subject.get("type")), searchable(str(subject.get("id")))
    if kind == "agreement":
        return (name,)
    column = DOCUMENTS.c.parent_id if kind == "quote" else DOCUMENTS.c.id
    of_kind = "agreement" if kind == "quote" else kind
    this = (DOCUMENTS.c.kind == of_kind, column == name, DOCUMENTS.c.superseded_at.is_(None))
    agreement = connection.execute(select(DOCUMENTS.c.agreement_id).where(*this).limit(1)).scalar()
    return (name,) if agreement is None else (agreement, name)


def _items(posting: Posting, facts: OutcomeFacts) -> list[Item]:
    """The money that the outcome is about: by the finding that it names, else by pattern."""
    those = LEDGER_ITEMS.c.contract.in_(facts.contracts)
    ours = LEDGER_ITEMS.c.outcome_id == facts.outcome_id
    if facts.finding_id:
        found = posting.load(those, or_(LEDGER_ITEMS.c.finding_id == facts.finding_id, ours))
        if found:
            return found
    alike = (LEDGER_ITEMS.c.pattern == facts.pattern, LEDGER_ITEMS.c.side == facts.side)
    return posting.load(those, or_(LEDGER_ITEMS.c.kind.in_(_FOUND), ours), *alike)


def _item(connection: Connection, facts: OutcomeFacts, at: str) -> Item:
    contract = facts.contracts[0]
    return {
        "item_id": item_id("outcome", contract, facts.line_id, facts.side, facts.pattern),
        "kind": "outcome",
        "contract": contract,
        "line_id": facts.line_id,
        "side": facts.side,
        "currency": facts.currency,
        "pattern": facts.pattern,
        "policy_id": facts.policy_id,
        "finding_id": facts.finding_id,
        "decision_id": facts.decision_id,
        "outcome_id": facts.outcome_id,
        **_whose(connection, facts),
        "opened_at": at,
    }


def _whose(connection: Connection, facts: OutcomeFacts) -> Mapping[str, str]:
    """Rep and source, from the newest decision on the deal."""
    columns = (DECISIONS.c.rep_id, DECISIONS.c.source)
    query = select(*columns).where(DECISIONS.c.subject_type.in_(("quote", "billing_configuration")))
    query = query.where(DECISIONS.c.subject_id.in_(facts.contracts)).order_by(DECISIONS.c.seq.desc()).limit(1)
    row = connection.execute(query).first()
    return {} if row is None else {"rep_id": name_of(row.rep_id), "source": name_of(row.source)}


def _state(posting: Posting, items: list[Item], facts: OutcomeFacts, because: Because) -> None:
    """The amount of what only this outcome knows of; what an audit found has the audit's amounts."""
    for each in items:
        if each["kind"] == "outcome" and each["outcome_id"] == facts.outcome_id:
            stated = each["detected"] + each["recovered"] + each["written_off"]
            posting.post(each, "detected", max(facts.amount - stated, -each["detected"]), because)


def _dismiss(posting: Posting, items: list[Item], because: Because) -> None:
    for each in items:
        for ledger in ("detected", "prevented", "corrected"):
            posting.post(each, ledger, -each[ledger], because)


def _undo_prevention(posting: Posting, items: list[Item], facts: OutcomeFacts, because: Because) -> None:
    """What leaked after all in the very way that it was flagged for was not prevented."""
    those = (LEDGER_ITEMS.c.contract.in_(facts.contracts), LEDGER_ITEMS.c.kind == "quote")
    same = (LEDGER_ITEMS.c.pattern == facts.pattern, LEDGER_ITEMS.c.side == facts.side)
    leaked = sum(each["found"] for each in items if each["kind"] in _FOUND)
    flagged = posting.load(*those, *same) if facts.pattern else []
    for each, taken in zip(flagged, shared(leaked, [item["prevented"] for item in flagged]), strict=True):
        posting.post(each, "prevented", -taken, because)


def _recover(posting: Posting, items: list[Item], amount: int, because: Because) -> int:
    """Move what came back since the outcome was sent before; the answer is how much could be moved."""
    items = sorted(items, key=lambda each: (each["period_start"], each["item_id"]))
    sign = 1 if amount >= 0 else -1
    balances = [each["detected" if amount >= 0 else "recovered"] for each in items]
    taken = shared(abs(amount), balances)
    for each, part in zip(items, taken, strict=True):
        posting.transfer(each, sign * part, "recovered", because)
    return sign * sum(taken)


def _keep(connection: Connection, facts: OutcomeFacts, item: Item | None, recovered: int, earlier: Any) -> None:
    columns = {
        "outcome_id": facts.outcome_id,
        "at": facts.at,
        "contract": facts.contracts[0],
        "policy_id": facts.policy_id or ("" if item is None else item["policy_id"]),
        "pattern": facts.pattern or ("" if item is None else item["pattern"]),
        "tier": facts.tier,
        "source": facts.source,
        "judged": facts.judged,
        "by_lot": facts.by_lot,
        "currency": facts.currency,
        "amount": facts.amount,
        "recovered": recovered,
        "consented": facts.consented,
        "decision_id": facts.decision_id,
        "item_id": None if item is None else item["item_id"],
    }
    if earlier is None:
        connection.execute(insert(INSIGHT_OUTCOMES).values(columns))
    else:
        this = INSIGHT_OUTCOMES.c.outcome_id == facts.outcome_id
        connection.execute(update(INSIGHT_OUTCOMES).where(this).values(columns))
