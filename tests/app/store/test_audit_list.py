"""Kept audits as a list and the cases' money together, on each database."""

import json

import pytest

from app.bookkeeping.recovery import CaseState
from app.store import BadPageToken
from app.store.audit_list import audit_page, currencies
from app.store.recovery_cases import Claim, NewCase
from app.store.recovery_sums import case_sums


def audited(store, agreement_id, under, currency="USD"):
    totals = {"expected": under, "billed": "0.00", "under": under, "over": "0.00", "unknown_periods": 0}
    report = {"agreement_id": agreement_id, "currency": currency, "audited_through": "2026-01-31", "totals": totals}
    store.ledgers.audited(json.dumps(report | {"periods": [], "findings": [], "draft_invoice_lines": []}).encode())


def test_the_most_that_was_billed_too_little_comes_first_page_by_page(store):
    for agreement_id, under in (("AG-1", "10.00"), ("AG-2", "30.00"), ("AG-3", "20.00"), ("AG-4", "20.00")):
        audited(store, agreement_id, under)
    first, token = audit_page(store.ledgers, limit=2)
    rest, last = audit_page(store.ledgers, limit=2, page=token)
    assert [each.agreement_id for each in (*first, *rest)] == ["AG-2", "AG-4", "AG-3", "AG-1"]
    assert last is None
    with pytest.raises(BadPageToken):
        audit_page(store.ledgers, page="junk")


def test_a_currency_is_listed_alone(store):
    audited(store, "AG-1", "10.00")
    audited(store, "AG-2", "500", "JPY")
    assert currencies(store.ledgers) == ("JPY", "USD")
    [entry], _ = audit_page(store.ledgers, currency="JPY")
    assert (entry.agreement_id, str(entry.under)) == ("AG-2", "500")


def test_cases_are_summed_by_state_side_and_currency(store):
    for number, currency, amount in ((1, "USD", 100), (2, "USD", 250), (3, "EUR", 70)):
        case = NewCase(
            case_id=f"rec_{number}",
            agreement_id=f"AG-{number}",
            pattern="U05",
            side="under",
            currency=currency,
            claims=(Claim(line_id="1", period_start="2026-01-01", amount=amount),),
            opened_by="bill",
            document={"title": "t"},
        )
        store.recovery.open(case)
    found = {(each.state, each.currency): (each.cases, each.money.open) for each in case_sums(store.ledgers)}
    assert found == {(CaseState.DETECTED, "EUR"): (1, 70), (CaseState.DETECTED, "USD"): (2, 350)}
