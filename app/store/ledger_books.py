"""What happens in the ledgers when a decision, an agreement, an outcome or an audit comes in: steps in their transactions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from app.bookkeeping.changes import Change, change_of
from app.bookkeeping.counting import QuoteStanding, counts_of, standing_after
from app.bookkeeping.facts import DecisionFacts, Json, LineMoney, name_of, read
from app.bookkeeping.money import (
    AuditCell,
    Flagged,
    audit_cells,
    billed_by_period,
    item_id,
    prevented,
    restated,
)
from app.store.database import Prepared
from app.store.identifiers import searchable
from app.store.ledger_posting import Because, Item, Posting, add_to
from app.store.ledger_tables import INSIGHT_DAYS, INSIGHT_QUOTES, LEDGER_ITEMS
from app.store.packing import unpack
from app.store.tables import DECISIONS
from policies.holding import HoldChange, HoldEvent

_QUOTE, _SET_UP, _AUDIT, _OUTCOME = "quote", "billing_configuration", "audit", "outcome"
_STANDING: Final = tuple(column.name for column in INSIGHT_QUOTES.columns)
_THE_QUOTE: Final = Prepared(
    select(INSIGHT_QUOTES).where(INSIGHT_QUOTES.c.quote_id == bindparam("this")).with_for_update()
)
_NEW_QUOTE: Final = Prepared(insert(INSIGHT_QUOTES).values({name: bindparam(name) for name in _STANDING}))
_CHANGE_QUOTE: Final = Prepared(
    update(INSIGHT_QUOTES)
    .where(INSIGHT_QUOTES.c.quote_id == bindparam("this"))
    .values({name: bindparam(name) for name in _STANDING if name != "quote_id"})
)
_KEPT: Final = (_QUOTE, _SET_UP)
_SENT, _ACCEPTED = "sent", "accepted"
COUNTED: Final = ("decisions", "allowed", "flagged", "blocked", "findings", "consented", "shadow", "under", "over")


def decided(connection: Connection, facts: DecisionFacts, request: bytes, change: HoldChange | None) -> None:
    """Book a decision: its line money, how its quote stands, a signature or a release that it brings, and the counts."""
    count_decision(connection, facts)
    if facts.subject_type not in _KEPT:
        return
    before = _standing(connection, facts.subject_id) if facts.subject_type == _QUOTE else None
    posting = Posting(connection)
    is_known = (
        facts.lines or facts.subject_type == _SET_UP or (before is not None and before.peak_under + before.peak_over)
    )
    items = posting.load(*_of(facts.subject_type, facts.subject_id)) if is_known else []
    _flag(posting, items, facts)
    if facts.subject_type == _QUOTE:
        after = standing_after(before, facts)
        _keep(connection, after, is_new=before is None)
        if facts.stage == _ACCEPTED:
            _sign(posting, after, read(request), Because(event="signed", at=facts.at, decision_id=facts.decision_id))
    elif change is not None and HoldEvent.RELEASED in change.events:
        _release(posting, facts, change)
    posting.finish()


def count_decision(connection: Connection, facts: DecisionFacts) -> None:
    """Add a decision to the counts of its day."""
    counts: dict[tuple[str, ...], dict[str, int]] = {}
    for (dimension, value, currency, day), tally in counts_of(facts).items():
        counts[dimension, day, value, currency] = {name: getattr(tally, name) for name in COUNTED}
    add_to(connection, INSIGHT_DAYS, COUNTED, counts)


def signed(connection: Connection, quote_id: str, agreement: Json, at: str) -> None:
    """Book the signature of a quote: what was flagged on it and changed before it was sent is prevented."""
    standing = _standing(connection, quote_id)
    if standing is not None:
        posting = Posting(connection)
        posting.load(*_of(_QUOTE, quote_id))
        _sign(posting, standing, agreement, Because(event="signed", at=at))
        posting.finish()


def audited(connection: Connection, report: Json, account: Mapping[str, str], at: str) -> None:
    """Book what an audit found, and what a later look at the same periods changes about what was found before."""
    posting = Posting(connection)
    contract = str(report["agreement_id"])
    earlier = posting.load(LEDGER_ITEMS.c.contract == searchable(contract), LEDGER_ITEMS.c.kind.in_(("audit", "case")))
    cells = {_audit_id(contract, each): each for each in audit_cells(report)}
    billed = billed_by_period(report)
    rises = _rises(earlier, billed)
    because = Because(event="audited", at=at)
    for each in earlier:
        cell = cells.pop(each["item_id"], None)
        if cell is not None or (each["line_id"], each["period_start"]) in billed:
            _restate(posting, each, cell, rises, at)
            if each["kind"] != _AUDIT:
                # Opened by hand: from now on it is known what was billed when it was found.
                posting.change(each, kind=_AUDIT, billed=billed.get((each["line_id"], each["period_start"]), 0))
    for name, cell in cells.items():
        item = posting.open(_audit_item(name, contract, str(report["currency"]), cell, account, at))
        posting.post(item, "detected", cell.amount, because)
    _replace_outcomes(posting, contract, list(cells.values()), at)
    posting.finish()


def _standing(connection: Connection, quote_id: str) -> QuoteStanding | None:
    row = _THE_QUOTE.run(connection, {"this": searchable(quote_id)}).first()
    return None if row is None else QuoteStanding(**row._mapping)  # noqa: SLF001 - its public name


def _keep(connection: Connection, standing: QuoteStanding, *, is_new: bool) -> None:
    columns = {name: getattr(standing, name) for name in _STANDING} | {"quote_id": searchable(standing.quote_id)}
    if is_new:
        _NEW_QUOTE.run(connection, columns)
    else:
        _CHANGE_QUOTE.run(connection, columns | {"this": columns["quote_id"]})


def _of(kind: str, contract: str) -> tuple[Any, ...]:
    return LEDGER_ITEMS.c.contract == searchable(contract), LEDGER_ITEMS.c.kind == kind


def _flag(posting: Posting, items: Sequence[Item], facts: DecisionFacts) -> None:
    """Note what each line is flagged for now; what is no longer found stands at nothing."""
    present = {(each.line_id, each.side): each for each in facts.lines}
    for item in items:
        line = present.pop((item["line_id"], item["side"]), None)
        posting.change(item, at_risk=0 if line is None else line.at_risk)
        if line is not None and line.flagged > item["peak"]:
            fields = list(dict.fromkeys((*item["fields"], *line.fields)))
            posting.change(item, peak=line.flagged, decision_id=facts.decision_id, fields=fields)
    for line in present.values():
        if line.flagged:
            items = [*items, posting.open(_flagged_item(facts, line))]
    if facts.stage == _SENT:
        for item in items:
            if item["at_risk"] and item["at_risk"] >= item["peak"]:
                posting.change(item, sent_with_it=True)


def _flagged_item(facts: DecisionFacts, line: LineMoney) -> Item:
    contract = searchable(facts.subject_id)
    return {
        "item_id": item_id(facts.subject_type, contract, line.line_id, line.side),
        "kind": facts.subject_type,
        "contract": contract,
        "line_id": line.line_id,
        "side": line.side,
        "currency": facts.currency,
        "pattern": line.pattern,
        "policy_id": line.policy_id,
        "finding_id": line.finding_id,
        "decision_id": facts.decision_id,
        "rep_id": facts.rep_id,
        "product_id": line.product_id,
        "segment": facts.segment,
        "source": facts.source,
        "opened_at": facts.at,
        "found_by": "check",
        "peak": line.flagged,
        "at_risk": line.at_risk,
        "fields": list(line.fields),
    }


def _sign(posting: Posting, standing: QuoteStanding, document: Json, because: Because) -> None:
    """Book what is prevented; signed again with other terms, the difference."""
    items = [
        each for each in posting.items.values() if each["kind"] == _QUOTE and each["contract"] == standing.quote_id
    ]
    requests: dict[str, Json] = {}
    flagged = [_as_flagged(posting.connection, each, document, requests) for each in items if each["peak"]]
    budgets = {"under": standing.peak_under - standing.under, "over": standing.peak_over - standing.over}
    amounts = prevented(flagged, budgets)
    for item in items:
        posting.post(item, "prevented", amounts.get(item["item_id"], 0) - item["prevented"], because)
    if standing.signed_at is None:
        this = INSIGHT_QUOTES.c.quote_id == searchable(standing.quote_id)
        posting.connection.execute(update(INSIGHT_QUOTES).where(this).values(signed_at=because.at))


def _as_flagged(connection: Connection, item: Item, signed_as: Json, requests: dict[str, Json]) -> Flagged:
    change = Change(changed=())
    if item["peak"] > item["at_risk"] and not item["sent_with_it"]:
        flagged_as = requests.setdefault(item["decision_id"], _request(connection, item["decision_id"]))
        change = change_of(flagged_as, signed_as, item["line_id"], item["fields"], item["currency"])
    return Flagged(
        item_id=item["item_id"],
        side=item["side"],
        peak=item["peak"],
        at_risk=item["at_risk"],
        sent_with_it=item["sent_with_it"],
        change=change,
    )


def _request(connection: Connection, decision_id: str) -> Json:
    query = select(DECISIONS.c.request).where(DECISIONS.c.decision_id == decision_id)
    return read(unpack(connection.execute(query).scalar()))


def _release(posting: Posting, facts: DecisionFacts, change: HoldChange) -> None:
    """A recheck that lets a held configuration go before its first invoice corrects what the earlier one found."""
    hold = change.hold
    first = hold.first_invoice_date
    if hold.released_by != "recheck" or hold.is_overdue or (first is not None and facts.day > first.isoformat()):
        return
    because = Because(event="released", at=facts.at, decision_id=facts.decision_id)
    for item in list(posting.items.values()):
        posting.post(item, "corrected", max(0, item["peak"] - item["at_risk"] - item["corrected"]), because)


def _audit_id(contract: str, cell: AuditCell) -> str:
    return found_id(contract, cell.line_id, cell.period_start, cell.side, cell.pattern)


def found_id(contract: str, line_id: str, period_start: str, side: str, pattern: str) -> str:
    """The id of money that was found after billing, by an audit or by hand: one for each line, period and pattern."""
    return item_id("found", contract, line_id, period_start, side, pattern)


def _audit_item(name: str, contract: str, currency: str, cell: AuditCell, account: Mapping[str, str], at: str) -> Item:
    return {
        "item_id": name,
        "kind": _AUDIT,
        "contract": searchable(contract),
        "line_id": cell.line_id,
        "period_start": cell.period_start,
        "side": cell.side,
        "currency": currency,
        "pattern": cell.pattern,
        "policy_id": cell.policy_id,
        "finding_id": cell.finding_id,
        "rep_id": account.get("rep_id", ""),
        "product_id": cell.product_id or account.get(f"product {cell.line_id}", ""),
        "segment": account.get("segment", ""),
        "source": account.get("source", ""),
        "opened_at": at,
        "happened_on": cell.happened_on,
        "found_by": _AUDIT,
        "billed": cell.billed,
    }


def _rises(items: Iterable[Item], billed: Mapping[tuple[str, str], int]) -> dict[tuple[str, str, str], int]:
    """How much more (for over-billing: less) was billed in each period since it was found; shared by what was found there."""
    found: dict[tuple[str, str, str], int] = {}
    for each in items:
        key = each["line_id"], each["period_start"]
        if key in billed and each["kind"] == _AUDIT:
            rise = billed[key] - each["billed"]
            found[*key, each["side"]] = max(0, rise if each["side"] == "under" else -rise)
    return found


def _restate(
    posting: Posting, item: Item, cell: AuditCell | None, rises: dict[tuple[str, str, str], int], at: str
) -> None:
    key = item["line_id"], item["period_start"], item["side"]
    rise = min(rises.get(key, 0), item["found"])
    rises[key] = rises.get(key, 0) - rise
    what = restated(
        found=item["found"],
        detected=item["detected"],
        recovered=item["recovered"],
        outstanding=0 if cell is None else cell.amount,
        rise=rise,
    )
    posting.transfer(item, what.recovered, "recovered", Because(event="billed since", at=at))
    posting.post(item, "detected", what.detected, Because(event="audited again", at=at))
    found_by = ",".join(sorted({*item["found_by"].split(","), _AUDIT} - {""}))
    posting.change(item, found_by=found_by)


def _replace_outcomes(posting: Posting, contract: str, cells: Sequence[AuditCell], at: str) -> None:
    """An outcome without periods gives way to the audit that knows them."""
    sums: dict[tuple[str, str], int] = {}
    for each in cells:
        sums[each.pattern, each.side] = sums.get((each.pattern, each.side), 0) + each.amount
    if not sums:
        return
    for item in posting.load(*_of(_OUTCOME, contract)):
        taken = min(item["detected"], sums.get((item["pattern"], item["side"]), 0))
        posting.post(item, "detected", -taken, Because(event="found in detail by an audit", at=at))


def account_of(agreement: Json) -> dict[str, str]:
    """Whose deal an agreement is, and which product each of its lines is."""
    rep, account = agreement.get("rep") or {}, agreement.get("account") or {}
    found = {
        "rep_id": name_of(rep.get("rep_id")),
        "segment": name_of(account.get("segment")),
        "source": name_of(agreement.get("source")),
        "account_id": name_of(account.get("account_id")),
    }
    for line in agreement.get("lines") or ():
        found[f"product {name_of(line.get('line_id'))}"] = name_of(line.get("product_id"))
    return found
