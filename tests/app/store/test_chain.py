"""Whatever is done to the record behind the program's back shows when it is read again."""

import hashlib
import json

import pytest
from sqlalchemy import create_engine, text

from app.store import Anchor
from app.store.chain import GENESIS
from app.store.packing import pack
from tests.app.store.builders import a_decision, a_store, force


@pytest.fixture
def five(database_url):
    """A store with five decisions, each on a quote of its own."""
    with a_store(database_url) as store:
        store.record_all([a_decision(quote_id=f"Q-{number}") for number in range(1, 6)])
        yield store


def test_a_record_that_nobody_touched_is_whole(five):
    report = five.verify_chain()
    assert (report.checked, report.is_whole, report.first_bad, report.what) == (5, True, None, None)
    assert report.head.length == 5


def test_an_empty_record_is_whole(store):
    assert store.verify_chain().head == Anchor(length=0, head=GENESIS)
    assert store.verify_chain().is_whole


TAMPERING = {
    "a column was changed": ("UPDATE decisions SET headline = 'all is well' WHERE seq = 3", 3, "changed"),
    "an amount was changed": ("UPDATE decisions SET at_risk_under = 1 WHERE seq = 3", 3, "changed"),
    "an unknown was filled in": ("UPDATE decisions SET rep_id = '' WHERE seq = 3", 3, "changed"),
    "a flag was changed": ("UPDATE decisions SET simulated = NOT simulated WHERE seq = 3", 3, "changed"),
    "a format was changed": ("UPDATE decisions SET format = 7 WHERE seq = 3", 3, "changed"),
    "its hash was changed": (f"UPDATE decisions SET record_hash = '{'a' * 64}' WHERE seq = 3", 3, "changed"),
    "a decision was removed": ("DELETE FROM decisions WHERE seq = 3", 3, "missing"),
    "the first was removed": ("DELETE FROM decisions WHERE seq = 1", 1, "missing"),
    "the tail was cut off": ("DELETE FROM decisions WHERE seq > 3", 4, "missing: 5 were written"),
    "all were removed": ("DELETE FROM decisions", 1, "missing"),
    "the head was set back": ("UPDATE chain SET length = 3", 3, "head"),
    "the head was exchanged": (f"UPDATE chain SET head = '{'a' * 64}'", 5, "head"),
    "the head was removed": ("DELETE FROM chain", 1, "head of the chain is gone"),
    "policies were changed": ("UPDATE artefacts SET content = ''", 1, "decided with"),
    "policies were removed": ("DELETE FROM artefacts", 1, "decided with"),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_shows_with_the_first_record_it_touched(five, database_url, what):
    statement, first_bad, said = TAMPERING[what]
    force(database_url, statement)
    report = five.verify_chain()
    assert not report.is_whole
    assert report.first_bad == first_bad
    assert said in report.what


@pytest.mark.parametrize("column", ["request", "document", "context"])
def test_a_changed_document_shows(five, database_url, column):
    engine = create_engine(database_url)
    force(database_url)
    for damaged in (pack(b"another"), b"\x01garbage", b""):
        with engine.begin() as connection:
            connection.execute(text(f"UPDATE decisions SET {column} = :new WHERE seq = 2"), {"new": damaged})
        assert five.verify_chain().first_bad == 2
    engine.dispose()


def test_records_that_changed_places_show(five, database_url):
    force(
        database_url,
        *[f"UPDATE decisions SET seq = {new} WHERE seq = {old}" for old, new in ((2, 99), (3, 2), (99, 3))],
    )
    report = five.verify_chain()
    assert report.first_bad == 2
    assert "after another record" in report.what


def test_a_record_put_in_beside_the_chain_shows(five, database_url):
    columns = "format, prev_hash, record_hash, created_at, subject_type, subject_id, content_hash, verdict, headline"
    columns += ", currency, policy_version, simulated, as_of, policies_digest, request_format, document, request"
    for seq in (6, 0):
        force(
            database_url,
            "DELETE FROM decisions WHERE decision_id = 'dec_x'",
            f"INSERT INTO decisions (seq, decision_id, {columns}) SELECT {seq}, 'dec_x', {columns} FROM decisions WHERE seq = 5",
        )
        report = five.verify_chain()
        assert (report.checked, report.first_bad) == (5, seq)
        assert "beside the chain" in report.what


def test_a_record_that_was_changed_together_with_its_hash_shows_at_the_next(five, database_url):
    rewrite(database_url, from_seq=3, to_seq=3)
    report = five.verify_chain()
    assert report.first_bad == 4
    assert "after another record" in report.what


def test_a_chain_that_was_computed_anew_shows_against_an_anchor_alone(five, database_url):
    anchor = five.verify_chain().head
    rewrite(database_url, from_seq=3, to_seq=5)
    assert five.verify_chain().is_whole
    report = five.verify_chain(anchor=anchor)
    assert report.first_bad == 5
    assert "rewritten" in report.what


def test_a_tail_cut_off_with_the_head_set_back_shows_against_an_anchor_alone(five, database_url):
    anchor = five.verify_chain().head
    third = row_at(database_url, 3)["record_hash"]
    force(database_url, "DELETE FROM decisions WHERE seq > 3", f"UPDATE chain SET length = 3, head = '{third}'")
    assert five.verify_chain().is_whole
    report = five.verify_chain(anchor=anchor)
    assert report.first_bad == 4
    assert "there were 5 when the anchor was taken" in report.what


def test_an_anchor_still_holds_when_the_chain_has_grown(five):
    anchor = five.verify_chain().head
    five.record(a_decision())
    assert five.verify_chain(anchor=anchor).is_whole


def test_the_receipt_of_a_decision_is_an_anchor(store):
    receipt = store.record(a_decision())
    store.record(a_decision())
    assert store.verify_chain(anchor=Anchor(length=receipt.seq, head=receipt.record_hash)).is_whole


def test_progress_is_told_up_to_the_end(store):
    store.record_all([a_decision() for _ in range(450)])
    told = []
    store.verify_chain(progress=lambda done, whole: told.append((done, whole)))
    assert told == [(200, 450), (400, 450), (450, 450)]


def test_what_is_recorded_meanwhile_is_no_fault(five):
    assert five.verify_chain(progress=lambda _done, _whole: five.record(a_decision())).is_whole


def test_the_hash_can_be_computed_from_its_description(store, database_url):
    context = b'{"approved": ["\xc3\xa9"]}'
    receipt = store.record(a_decision(quote_id="Q-é", context=context, request=b"r" * 1000))
    assert receipt.prev_hash == "0" * 64
    documents = {"request": b"r" * 1000, "context": context, "document": b'{"verdict": "flag"}'}
    assert receipt.record_hash == hash_as_described(row_at(database_url, 1), "0" * 64, documents)


def hash_as_described(row, before, documents):
    """A record's hash, computed from nothing but the description in `app.store.chain`."""
    covered = {name: value for name, value in row.items() if name not in {"seq", "prev_hash", "record_hash"}}
    covered["simulated"] = bool(covered["simulated"])
    covered |= {name: hashlib.sha256(document).hexdigest() for name, document in documents.items()}
    return sha256_of_json([before, row["seq"], sha256_of_json(covered)])


def sha256_of_json(value):
    return hashlib.sha256(json.dumps(value, separators=(",", ":"), sort_keys=True).encode()).hexdigest()


def row_at(url, seq):
    engine = create_engine(url)
    with engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM decisions WHERE seq = :seq"), {"seq": seq}).mappings().one()
    engine.dispose()
    return dict(row)


def rewrite(url, *, from_seq, to_seq):
    """Change one record and compute the hashes anew from there, as a forger who knows the recipe would."""
    force(url, f"UPDATE decisions SET headline = 'all is well' WHERE seq = {from_seq}")
    documents = {"request": b'{"quote_id": "Q-1"}', "document": b'{"verdict": "flag"}'}
    before = row_at(url, from_seq - 1)["record_hash"]
    for seq in range(from_seq, to_seq + 1):
        after = hash_as_described(row_at(url, seq), before, documents)
        force(url, f"UPDATE decisions SET prev_hash = '{before}', record_hash = '{after}' WHERE seq = {seq}")
        before = after
    if to_seq == 5:
        force(url, f"UPDATE chain SET head = '{before}'")
