"""Recovery cases as they are asked for: opened on a stored audit's finding or by hand, moved, and shown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from app.bookkeeping.facts import minor
from app.bookkeeping.money import audit_cells
from app.bookkeeping.recovery import MOVES, CaseState, Move, NotAllowed
from app.identifiers import new_id
from app.ledgers.letters import situation_of
from app.store.recovery_cases import CaseMove, Claim, KeptCase, NewCase
from cpq_hooks.canonical.recovery import CaseRequest, MoveRequest, RecoverySide
from cpq_hooks.problem import Invalid, Problem
from policies.domain.money import Money, amount_string, has_too_many_decimals

if TYPE_CHECKING:
    from app.store import Store
    from app.store.recovery_cases import BesideCase


def open_case(
    store: Store, asked: CaseRequest, by: str, *, simulated: bool = False, beside: BesideCase | None = None
) -> KeptCase:
    """A new case; `beside` is done in its transaction. Raises `Invalid` for what no stored audit has, and `AlreadyClaimed`."""
    case = _by_hand(asked, by) if asked.finding_id is None else _on_finding(store, asked, by)
    return store.recovery.open(replace(case, simulated=simulated), beside)


def move_case(
    store: Store, case_id: str, asked: MoveRequest, by: str, *, beside: BesideCase | None = None
) -> KeptCase | None:
    """The case after a move, with `beside` in its transaction; None where there is none. Raises `Invalid` and `MovedMeanwhile`."""
    case = store.recovery.get(case_id)
    if case is None:
        return None
    move = CaseMove(
        case_id=case_id,
        version=asked.version,
        move=Move(
            to=CaseState(asked.to.value),
            amount=_units("amount", asked.amount, case.currency),
            collected=_units("collected", asked.collected, case.currency),
        ),
        by=by,
        reference=asked.reference,
        note=asked.note,
        owner=asked.owner,
    )
    try:
        return store.recovery.move(move, beside)
    except NotAllowed as error:
        raise _invalid(error.field, str(error), "not_allowed") from None


def case_json(case: KeptCase, history: Sequence[Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """A case as JSON, amounts as decimal strings; with its history where that is given."""
    money, currency = case.money, case.currency
    found = {
        "case_id": case.case_id,
        "version": case.version,
        "state": case.state.value,
        "can_become": [each.value for each in CaseState if each in MOVES[case.state]],
        "agreement_id": case.agreement_id,
        "account_id": case.account_id,
        "finding_id": case.finding_id,
        "pattern": case.pattern,
        "policy_id": case.policy_id or None,
        "direction": case.side,
        "title": case.document.get("title"),
        "situation": case.document.get("situation"),
        "owner": case.owner,
        "opened_at": case.opened_at,
        "opened_by": case.opened_by,
        "updated_at": case.updated_at,
        "currency": currency,
        "recoverable": _text(money.recoverable, currency),
        "invoiced": _text(money.invoiced, currency),
        "recovered": _text(money.recovered, currency),
        "collected": _text(money.collected, currency),
        "written_off": _text(money.written_off, currency),
        "open": _text(money.open, currency),
        "lines": [_line(each, currency) for each in case.document["claims"]],
        "draft_invoice_lines": case.document.get("draft_invoice_lines", []),
        "audit_digest": case.document.get("audit_digest"),
        "simulated": case.simulated,
        "links": {"self": f"/v1/recovery-cases/{case.case_id}"},
    }
    return found if history is None else found | {"history": [_move(each, currency) for each in history]}


def _on_finding(store: Store, asked: CaseRequest, by: str) -> NewCase:
    kept = store.ledgers.audit(asked.agreement_id)
    report = None if kept is None else json.loads(kept.report)
    findings = [] if report is None else [f for f in report["findings"] if f["finding_id"] == asked.finding_id]
    if kept is None or report is None or not findings:
        told = "no stored audit of the agreement has this finding: store one with POST /v1/audits and store: true"
        raise _invalid("finding_id", told, "unknown_finding")
    finding = findings[0]
    cells = [each for each in audit_cells(report) if each.finding_id == finding["finding_id"]]
    if not cells:
        raise _invalid("finding_id", "this finding has no money to recover", "no_money")
    claims = tuple(
        Claim(
            line_id=each.line_id,
            period_start=each.period_start,
            amount=each.amount,
            happened_on=each.happened_on,
            product_id=each.product_id,
        )
        for each in cells
    )
    claimed = {(each.line_id, each.period_start) for each in claims}
    drafts = [each for each in report["draft_invoice_lines"] if (each["line_id"], each["period_start"]) in claimed]
    return NewCase(
        case_id=new_id("rec"),
        agreement_id=asked.agreement_id,
        pattern=finding["pattern"],
        side=finding["direction"],
        currency=report["currency"],
        claims=claims,
        opened_by=by,
        policy_id=finding["policy_id"],
        finding_id=finding["finding_id"],
        owner=asked.owner or finding.get("owner"),
        document={
            "title": asked.title or finding["message"],
            "situation": situation_of(finding["pattern"], finding["direction"]),
            "draft_invoice_lines": drafts if finding["direction"] == "under" else [],
            "audit_digest": kept.digest,
        },
    )


def _by_hand(asked: CaseRequest, by: str) -> NewCase:
    currency, pattern = asked.currency or "", asked.pattern or ""
    side = asked.direction or RecoverySide.UNDER
    claims = tuple(
        Claim(
            line_id=each.line_id,
            period_start="" if each.period_start is None else each.period_start.isoformat(),
            amount=_units(f"lines[{number}].amount", each.amount, currency) or 0,
            happened_on=None if each.period_end is None else each.period_end.isoformat(),
            product_id=each.product_id or "",
        )
        for number, each in enumerate(asked.lines)
    )
    seen = {(each.line_id, each.period_start) for each in claims}
    if len(seen) < len(claims) or not all(each.amount for each in claims):
        raise _invalid("lines", "each line and period stands once, with an amount above zero", "bad_value")
    return NewCase(
        case_id=new_id("rec"),
        agreement_id=asked.agreement_id,
        pattern=pattern,
        side=side.value,
        currency=currency,
        claims=claims,
        opened_by=by,
        owner=asked.owner,
        document={"title": asked.title, "situation": situation_of(pattern, side.value), "draft_invoice_lines": []},
    )


def _units(path: str, amount: Decimal | None, currency: str) -> int | None:
    if amount is None:
        return None
    if has_too_many_decimals(amount, currency):
        raise _invalid(path, f"{currency} has fewer decimals than this amount", "too_many_decimals")
    return minor(amount, currency)


def _invalid(field: str, message: str, code: str) -> Invalid:
    return Invalid([Problem(path=f"$.{field}", message=message, code=code)])


def _text(units: int, currency: str) -> str:
    return amount_string(Money.from_minor_units(units, currency).amount, currency)


def _line(claim: Mapping[str, Any], currency: str) -> dict[str, Any]:
    return {
        "line_id": claim["line_id"],
        "product_id": claim["product_id"] or None,
        "period_start": claim["period_start"] or None,
        "period_end": claim["happened_on"],
        "amount": _text(claim["amount"], currency),
    }


def _move(entry: Mapping[str, Any], currency: str) -> dict[str, Any]:
    found = {
        name: entry[name] for name in ("number", "from_state", "to_state", "at", "by", "reference", "note", "owner")
    }
    for name in ("amount", "collected"):
        found[name] = None if entry[name] is None else _text(entry[name], currency)
    return found
