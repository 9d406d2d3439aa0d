"""A decision is recorded once, found by everything that people ask for, and stays as it is."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError

from app.store import BadPageToken, DecisionFilter, MissingArtefact
from policies.domain.decision import Verdict
from policies.domain.outcome import SubjectType
from tests.app.store.builders import NOON, a_decision


def listed(store, **wanted):
    return [decision.subject.id for decision in store.decisions.page(DecisionFilter(**wanted)).decisions]


def test_a_decision_comes_out_as_it_went_in(store):
    decision = a_decision(
        request=b"\xff\x00 not even text",
        context=b'{"approved": {}}',
        at_risk_over=Decimal("0.50"),
        model_version="m1",
        source="salesforce",
        rep_id="R-7",
        account_id="A-9",
        key_id="k1",
        simulated=True,
    )
    receipt = store.record(decision)
    found = store.decisions.get(decision.summary.decision_id)
    assert found.decision == decision
    assert found.receipt == receipt
    assert receipt.seq == 1


def test_what_is_not_known_stays_unknown(store):
    decision = a_decision(at_risk_under=None)
    store.record(decision)
    summary = store.decisions.get(decision.summary.decision_id).decision.summary
    assert (summary.at_risk_under, summary.at_risk_over, summary.rep_id, summary.model_version) == (None,) * 4


def test_money_at_risk_is_listed_to_the_minor_unit(store):
    cases = [
        ("9.995", "USD", "10.00"),
        ("1200", "JPY", "1200"),
        ("0.0015", "KWD", "0.002"),
        ("1e30", "USD", "92233720368547758.07"),
    ]
    for amount, currency, listed_as in cases:
        decision = a_decision(at_risk_under=Decimal(amount), currency=currency)
        store.record(decision)
        summary = store.decisions.get(decision.summary.decision_id).decision.summary
        assert summary.at_risk_under == Decimal(listed_as)


def test_an_unknown_id_is_nothing(store):
    assert store.decisions.get("dec_nobody") is None
    assert store.decisions.latest_for_subject(SubjectType.QUOTE, "Q-1") is None


def test_ids_that_no_database_takes_are_recorded_and_found(store):
    strange = "Q-\x00\ud800"
    store.record(a_decision(quote_id=strange, headline="lone \udfff"))
    assert store.decisions.latest_for_subject(SubjectType.QUOTE, strange) is not None
    assert listed(store, subject_id=strange) == ["Q-�?"]


def test_the_newest_decision_on_a_subject_is_found(store):
    store.record(a_decision(headline="first"))
    store.record(a_decision(headline="second"))
    store.record(a_decision(quote_id="Q-2"))
    assert store.decisions.latest_for_subject(SubjectType.QUOTE, "Q-1").decision.summary.headline == "second"


def test_a_decision_on_the_same_content_is_found_under_its_versions(store):
    store.record(a_decision(policy_version="sha256:old"))
    store.record(a_decision(policy_version="sha256:new", model_version="m1"))
    assert store.decisions.by_content_hash("sha256:c").receipt.seq == 2
    assert store.decisions.by_content_hash("sha256:c", policy_version="sha256:old").receipt.seq == 1
    assert store.decisions.by_content_hash("sha256:c", model_version="m2") is None


def test_the_last_decision_of_some_time_on_each_document_is_given(store):
    for number, (quote_id, days) in enumerate([("Q-1", 0), ("Q-2", 1), ("Q-1", 2), ("Q-2", 9)]):
        store.record(a_decision(quote_id=quote_id, decision_id=f"dec_{number}", created_at=NOON + timedelta(days=days)))
    span = NOON, NOON + timedelta(days=9)
    found = list(store.decisions.last_of_each(SubjectType.QUOTE, *span, requests=True))
    sent = b'{"quote_id": "Q-1"}'
    assert [(each.decision_id, each.request) for each in found] == [("dec_1", sent), ("dec_2", sent)]
    found = list(store.decisions.last_of_each(SubjectType.QUOTE, *span, requests=False))
    assert [each.request for each in found] == [None, None]
    assert not list(store.decisions.last_of_each(SubjectType.AGREEMENT, *span, requests=True))


def test_decisions_are_listed_by_each_filter(store):
    filters = [
        {"verdict": Verdict.BLOCK},
        {"rep_id": "R-7"},
        {"account_id": "A-9"},
        {"source": "salesforce"},
        {"policy_version": "sha256:other"},
        {"content_hash": "sha256:other"},
        {"simulated": True},
    ]
    store.record(a_decision(quote_id="Q-none"))
    store.record_all([a_decision(quote_id=f"Q-{next(iter(wanted))}", **wanted) for wanted in filters])
    for wanted in filters:
        assert listed(store, **wanted) == [f"Q-{next(iter(wanted))}"]
    assert listed(store, subject_type=SubjectType.QUOTE, subject_id="Q-none") == ["Q-none"]
    assert listed(store, subject_type=SubjectType.INVOICE) == []
    assert listed(store, verdict=Verdict.BLOCK, rep_id="R-7") == []


def test_decisions_are_listed_by_when_they_were_made(store):
    for hours in range(4):
        store.record(a_decision(quote_id=f"Q-{hours}", created_at=NOON + timedelta(hours=hours)))
    wanted = {"created_from": NOON + timedelta(hours=1), "created_before": NOON + timedelta(hours=3)}
    assert listed(store, **wanted) == ["Q-2", "Q-1"]


def test_pages_neither_repeat_nor_hide_what_others_record_meanwhile(store):
    store.record_all([a_decision(quote_id=f"Q-{number}") for number in range(5)])
    first = store.decisions.page(DecisionFilter(), limit=2)
    store.record(a_decision(quote_id="Q-late"))
    second = store.decisions.page(DecisionFilter(), limit=2, page=first.next_page)
    third = store.decisions.page(DecisionFilter(), limit=2, page=second.next_page)
    pages = [[decision.subject.id for decision in page.decisions] for page in (first, second, third)]
    assert pages == [["Q-4", "Q-3"], ["Q-2", "Q-1"], ["Q-0"]]
    assert third.next_page is None


def test_a_made_up_page_token_is_refused(store):
    for token in ("", "7", "c2VxOi0x", "c2VxOg", "é", "c2VxOjk5OTk5OTk5OTk5OTk5OTk5OTk5", "\x00"):
        with pytest.raises(BadPageToken):
            store.decisions.page(DecisionFilter(), page=token)


def test_a_decision_that_could_not_be_re_run_is_not_recorded(store):
    with pytest.raises(MissingArtefact, match="sha256:unknown"):
        store.record(a_decision(policies="sha256:unknown"))
    assert listed(store) == []


def test_an_id_is_recorded_once(store):
    decision = a_decision()
    store.record(decision)
    with pytest.raises(IntegrityError):
        store.record(replace(decision, request=b"another"))
    assert store.decisions.get(decision.summary.decision_id).decision == decision
    assert store.verify_chain().is_whole


def test_of_many_decisions_all_are_recorded_or_none(store):
    twice = a_decision()
    with pytest.raises(IntegrityError):
        store.record_all([a_decision(), twice, twice])
    assert listed(store) == []
    assert [receipt.seq for receipt in store.record_all([a_decision(), twice])] == [1, 2]


FORBIDDEN = [
    "UPDATE decisions SET headline = 'all is well'",
    "UPDATE decisions SET seq = seq + 10",
    "DELETE FROM decisions",
    "DELETE FROM chain",
    "UPDATE chain SET length = 0",
    "UPDATE chain SET length = length + 1",
    "INSERT INTO chain VALUES (2, 0, '')",
    "UPDATE artefacts SET content = ''",
    "DELETE FROM artefacts",
]
SQLITE_FORBIDDEN = [
    "INSERT OR REPLACE INTO decisions SELECT * FROM decisions",
    "INSERT OR REPLACE INTO chain VALUES (1, 0, '')",
    "INSERT OR REPLACE INTO artefacts SELECT digest, kind, created_at, '' FROM artefacts",
    "UPDATE OR REPLACE decisions SET seq = 2",
]
POSTGRESQL_FORBIDDEN = [
    "TRUNCATE decisions",
    "TRUNCATE chain",
    "TRUNCATE artefacts",
    "INSERT INTO decisions SELECT * FROM decisions ON CONFLICT (seq) DO UPDATE SET headline = 'all is well'",
]


def test_the_database_itself_refuses_to_change_the_record(store, database_url):
    own = SQLITE_FORBIDDEN if database_url.startswith("sqlite") else POSTGRESQL_FORBIDDEN
    store.record_all([a_decision(), a_decision()])
    engine = create_engine(database_url)
    for statement in (*FORBIDDEN, *own):
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.exec_driver_sql(statement)
    engine.dispose()
    assert store.verify_chain().checked == 2


def test_a_row_that_does_not_follow_the_head_is_refused(store, database_url):
    store.record_all([a_decision(), a_decision()])
    columns = "format, record_hash, created_at, subject_type, subject_id, content_hash, verdict, headline, currency"
    columns += ", policy_version, simulated, as_of, policies_digest, request_format, document, request"
    copy = f"INSERT INTO decisions (seq, prev_hash, decision_id, {columns})"
    engine = create_engine(database_url)
    for seq, prev_hash in [("9", "record_hash"), ("3", "prev_hash")]:
        with pytest.raises(IntegrityError, match="follow the head"), engine.begin() as connection:
            connection.exec_driver_sql(
                f"{copy} SELECT {seq}, {prev_hash}, 'dec_x', {columns} FROM decisions WHERE seq = 2"
            )
    engine.dispose()
