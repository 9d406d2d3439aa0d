"""Documents whose time is over are erased unless something needs them, and what is kept says why."""

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.bookkeeping.recovery import CaseState, Move
from app.retention import Needed, by_command, days_of, end_of, sweep, sweep_daily
from app.store import AccessFilter, Document, DocumentKind
from app.store.recovery_cases import CaseMove, Claim, NewCase
from cpq_hooks.canonical import load_agreement
from policies.domain.company import Company, Retention
from policies.holding import HoldState
from tests.app.store.builders import NOON, a_decision, a_hold, a_step, a_store
from tests.fakes import Clock

KEPT = Retention(usage_days=100, invoice_days=100, agreement_days=100, billing_configuration_days=100)
COMPANY = Company(name="Acme", currency="USD", retention=KEPT)
LINE = {"line_id": "1", "product_id": "P", "charge_type": "recurring", "net_unit_price": "10"}
TERMS = {"agreement_id": "AG-1", "quote_id": "Q-1", "currency": "USD", "start_date": "2025-01-01", "lines": [LINE]}
ENDED = TERMS | {"end_date": "2025-12-31"}


@contextmanager
def a_clocked_store(url):
    clock = Clock(NOON)
    with a_store(url, clock=clock) as opened:
        opened.clock = clock
        yield opened


@pytest.fixture
def store(sqlite_url):
    with a_clocked_store(sqlite_url) as opened:
        yield opened


@pytest.fixture
def either(database_url):
    """The store on each database."""
    with a_clocked_store(database_url) as opened:
        yield opened


def put(store, kind, identity, body=None, **terms):
    raw = json.dumps(body or {"id": identity}).encode()
    store.documents.put(kind, [Document(id=identity, body=raw, **terms)])


def used(store, identity="U-1", **terms):
    put(store, DocumentKind.USAGE, identity, **({"agreement_id": "AG-1"} | terms))


def signed(store, terms, **more):
    put(store, DocumentKind.AGREEMENT, terms["agreement_id"], terms, **more)


def a_case(store, agreement_id="AG-9"):
    claim = Claim(line_id="1", period_start="2026-01-01", amount=10_000)
    case = NewCase(
        case_id="rec_1", agreement_id=agreement_id, pattern="U05", side="under", currency="USD", claims=(claim,), opened_by="ann",
        document={"title": "x"},
    )  # fmt: skip
    return store.recovery.open(case)


def found(store, *, days=200, apply=False, company=COMPANY):
    """What a sweep so many days after all was stored says of each kind that has something: erased, and kept by reason."""
    store.clock.now = NOON + timedelta(days=days)
    swept = sweep(store, company, store.clock(), by_command, apply=apply)
    return {each.kind: (each.erased, dict(each.kept)) for each in swept if each.erased or each.kept}


def test_nothing_is_erased_unless_the_company_says_for_how_long_it_is_kept(store):
    used(store)
    for company in (None, replace(COMPANY, retention=Retention())):
        assert found(store, company=company, apply=True) == {}
    assert sweep_daily(store, replace(COMPANY, retention=Retention()), store.clock()) == 0
    assert days_of(Retention(quote_days=3)) == {DocumentKind.QUOTE: 3}


def test_what_is_over_its_time_is_erased_and_each_erasure_is_logged(store):
    store.record(a_decision())
    used(store, "U-1")
    used(store, "U-2")
    assert found(store, days=99) == {}
    assert found(store, days=101) == {"usage": (2, {})}
    assert store.documents.get(DocumentKind.USAGE, "U-1") is not None
    assert found(store, days=101, apply=True) == {"usage": (2, {})}
    assert store.documents.get(DocumentKind.USAGE, "U-1") is None
    [entry] = store.access.newest(AccessFilter(action="erased", subject_type="usage", subject_id="U-1"))
    assert "version 1, received 2026-03-01, sha256:" in entry.access.detail
    assert store.verify_chain().is_whole


def test_an_agreement_in_force_keeps_its_documents_until_their_time_after_its_end(store):
    signed(store, ENDED | {"end_date": "2026-12-31"})
    used(store)
    before = {"usage": (0, {Needed.IN_FORCE.value: 1}), "agreement": (0, {Needed.IN_FORCE.value: 1})}
    assert found(store, days=305) == before  # 31 December 2026
    lately = {"usage": (0, {Needed.ENDED_LATELY.value: 1}), "agreement": (0, {Needed.ENDED_LATELY.value: 1})}
    assert found(store, days=306) == lately
    assert found(store, days=405) == lately
    assert found(store, days=406, apply=True) == {"usage": (1, {}), "agreement": (1, {})}


def test_a_hold_and_an_open_recovery_case_keep_what_they_are_about(either):
    signed(either, ENDED)
    for kind in (DocumentKind.BILLING_CONFIGURATION, DocumentKind.INVOICE):
        put(either, kind, "BC-1", agreement_id="AG-1")
    used(either, "U-9", agreement_id="AG-9")
    either.record(a_decision(), hold=a_step(a_hold(agreement_id="AG-1")))
    a_case(either, agreement_id="AG-9")
    kept = (0, {Needed.HOLD.value: 1})
    assert found(either) == {
        "billing_configuration": kept, "invoice": kept, "agreement": kept, "usage": (0, {Needed.RECOVERY.value: 1}),
    }  # fmt: skip
    either.record(a_decision(), hold=a_step(a_hold(agreement_id="AG-1", state=HoldState.RELEASED)))
    either.recovery.move(CaseMove(case_id="rec_1", version=1, move=Move(to=CaseState.WRITTEN_OFF), by="ann"))
    assert (found(either)["invoice"], found(either)["usage"]) == ((1, {}), (1, {}))


def test_use_that_names_no_agreement_is_kept_for_those_of_its_customer(store):
    signed(store, TERMS, account_id="A-1")
    used(store, "U-1", agreement_id=None, account_id="A-1")
    used(store, "U-2", agreement_id=None, account_id="A-2")
    assert found(store)["usage"] == (1, {Needed.IN_FORCE.value: 1})


def test_earlier_versions_go_and_the_one_in_force_stays(store):
    signed(store, TERMS)
    used(store)
    put(store, DocumentKind.USAGE, "U-1", {"id": "other"}, agreement_id="AG-1")
    assert found(store, apply=True)["usage"] == (1, {Needed.IN_FORCE.value: 1})
    assert store.documents.get(DocumentKind.USAGE, "U-1").version == 2
    put(store, DocumentKind.USAGE, "U-1", {"id": "third"}, agreement_id="AG-1")
    assert store.documents.get(DocumentKind.USAGE, "U-1").version == 3


def test_no_version_goes_before_an_earlier_one_that_is_kept(store):
    a_case(store, agreement_id="AG-9")
    used(store, agreement_id="AG-9")
    put(store, DocumentKind.USAGE, "U-1", {"id": "of another"}, agreement_id="AG-8")
    assert found(store, apply=True)["usage"] == (0, {Needed.RECOVERY.value: 1, Needed.EARLIER.value: 1})


def test_an_agreement_that_cannot_be_read_keeps_what_hangs_on_it(store):
    signed(store, {"agreement_id": "AG-1", "lines": "none"})
    used(store)
    assert found(store)["usage"] == (0, {Needed.UNREADABLE.value: 1})


def test_more_than_one_portion_is_swept(either):
    """A portion has 500 versions: three of each id, so that one of them begins in the first and ends in the second."""
    for version in range(3):
        documents = [Document(id=f"U-{number}", body=b"%d" % version) for number in range(201)]
        either.documents.put(DocumentKind.USAGE, documents)
    assert found(either, apply=True) == {"usage": (603, {})}
    assert found(either) == {}


@pytest.mark.parametrize(
    ("terms", "end"),
    [
        ({}, None),
        ({"end_date": "2025-12-31"}, date(2026, 1, 1)),
        ({"term_months": 6}, date(2025, 7, 1)),
        ({"end_date": "2025-12-31", "renewal": {"auto_renew": True}}, None),
        (
            {"end_date": "2025-12-31", "amendments": [{"amendment_id": "1", "effective_date": "2025-06-01", "end_date": "2026-06-30"}]},
            date(2026, 7, 1),
        ),
    ],
)  # fmt: skip
def test_an_agreement_ends_when_nothing_of_it_is_in_force(terms, end):
    assert end_of(load_agreement(TERMS | terms)) == end


def test_housekeeping_erases_once_a_day_and_says_how_many(store):
    told = []
    for number in range(3):
        used(store, f"U-{number}")
        store.clock.now = NOON + timedelta(days=101 + number, hours=23 * (number == 1))
    later = store.clock.now
    assert sweep_daily(store, COMPANY, later, lambda *each: told.append(each)) == 1
    assert sweep_daily(store, COMPANY, later + timedelta(hours=23), lambda *each: told.append(each)) == 0
    assert ("usage", 1) in told
    [entry] = store.access.newest(AccessFilter(action="erased", subject_type="retention"))
    assert "usage after 100 days: 1 erased, 0 still needed" in entry.access.detail
    assert entry.access.user_name == "housekeeping"
