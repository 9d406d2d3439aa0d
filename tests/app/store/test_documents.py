"""Documents are put as often as one likes: what is new is added, what changed becomes a version, nothing is overwritten."""

import threading
from datetime import timedelta

import pytest

from app.store import (
    AlreadyAnswered,
    Answer,
    Document,
    DocumentFilter,
    DocumentKind,
    KeyedAnswer,
    KeyedRequest,
    PutResult,
)
from tests.app.store.builders import NOON, a_decision

USAGE = DocumentKind.USAGE


def a_document(document_id="U-1", body=b"{}", **terms):
    return Document(id=document_id, body=body, **terms)


def found(store, **wanted):
    return [stored.document.id for stored in store.documents.find(USAGE, DocumentFilter(**wanted))]


def test_a_document_comes_out_as_it_went_in(store):
    document = a_document(
        body=b'{"quantity": "12"}' * 100,
        account_id="A-1",
        agreement_id="G-1",
        parent_id="C-1",
        occurred_at=NOON,
        key_id="k1",
        simulated=True,
    )
    store.documents.put(USAGE, [document])
    stored = store.documents.get(USAGE, "U-1")
    assert (stored.document, stored.kind, stored.version, stored.superseded_at) == (document, USAGE, 1, None)


def test_the_same_content_again_changes_nothing(store):
    assert store.documents.put(USAGE, [a_document(), a_document("U-2")]) == PutResult(created=2)
    assert store.documents.put(USAGE, [a_document("U-2"), a_document()]) == PutResult(unchanged=2)
    assert store.documents.get(USAGE, "U-1").version == 1


def test_changed_content_is_a_version_and_the_earlier_one_stays(store):
    store.documents.put(USAGE, [a_document(body=b"first")])
    assert store.documents.put(USAGE, [a_document(body=b"second")]) == PutResult(changed=1)
    assert store.documents.get(USAGE, "U-1").document.body == b"second"
    first = store.documents.get(USAGE, "U-1", version=1)
    assert first.document.body == b"first"
    assert first.superseded_at == store.documents.get(USAGE, "U-1").received_at


def test_what_changed_back_is_a_version_too(store):
    for body in (b"first", b"second", b"first"):
        store.documents.put(USAGE, [a_document(body=body)])
    assert store.documents.get(USAGE, "U-1").version == 3


def test_of_one_id_several_times_in_a_batch_the_last_is_in_force(store):
    store.documents.put(USAGE, [a_document(body=b"0")])
    batch = [a_document(body=body) for body in (b"1", b"2", b"2", b"3")]
    assert store.documents.put(USAGE, batch) == PutResult(changed=3, unchanged=1)
    assert store.documents.get(USAGE, "U-1").document.body == b"3"
    assert store.documents.get(USAGE, "U-1", version=3).document.body == b"2"
    assert found(store) == ["U-1"]


def test_a_batch_of_any_size_is_stored(store):
    batch = [a_document(f"U-{number:04}", b"%d" % number) for number in range(1203)]
    assert store.documents.put(USAGE, batch) == PutResult(created=1203)
    assert store.documents.put(USAGE, [*batch, a_document("U-0007", b"new")]) == PutResult(changed=1, unchanged=1203)
    assert found(store) == [document.id for document in batch]


def test_nothing_to_put_is_nothing_done(store):
    assert store.documents.put(USAGE, []) == PutResult()


def test_the_same_id_of_another_kind_is_another_document(store):
    store.documents.put(USAGE, [a_document(body=b"usage")])
    store.documents.put(DocumentKind.INVOICE, [a_document(body=b"invoice")])
    assert store.documents.get(USAGE, "U-1").document.body == b"usage"
    assert store.documents.get(DocumentKind.AGREEMENT, "U-1") is None


def test_documents_are_found_by_what_they_belong_to(store):
    store.documents.put(USAGE, [a_document("U-1", account_id="A-1"), a_document("U-2", agreement_id="G-1")])
    store.documents.put(USAGE, [a_document("U-3", parent_id="C-1", agreement_id="G-1")])
    assert found(store, account_id="A-1") == ["U-1"]
    assert found(store, agreement_id="G-1") == ["U-2", "U-3"]
    assert found(store, agreement_id="G-1", parent_id="C-1") == ["U-3"]
    assert found(store, agreement_id="G-\x00") == []


def test_documents_are_found_by_when_they_occurred(store):
    store.documents.put(USAGE, [a_document(f"U-{day}", occurred_at=NOON + timedelta(days=day)) for day in range(4)])
    wanted = {"occurred_from": NOON + timedelta(days=1), "occurred_before": NOON + timedelta(days=3)}
    assert found(store, **wanted) == ["U-1", "U-2"]


def test_a_superseded_version_is_not_found(store):
    store.documents.put(USAGE, [a_document(body=b"first", account_id="A-1")])
    store.documents.put(USAGE, [a_document(body=b"second", account_id="A-2")])
    assert found(store, account_id="A-1") == []


def test_the_answer_to_a_request_is_kept_with_its_documents(store):
    request = KeyedRequest(key_id="k1", route="POST /v1/usage", idempotency_key="abc", digest="sha256:one")

    def answer(result):
        body = Answer(status=200, content_type="application/json", body=b"%d created" % result.created)
        return KeyedAnswer(request=request, answer=body, expires_at=NOON + timedelta(days=36500))

    store.documents.put(USAGE, [a_document()], answer=answer)
    assert store.idempotency.find(request).body == b"1 created"
    with pytest.raises(AlreadyAnswered):
        store.documents.put(USAGE, [a_document("U-2")], answer=answer)
    assert found(store) == ["U-1"]


def test_writers_of_the_same_document_take_turns(store):
    start = threading.Barrier(4, timeout=10)

    def put(number):
        start.wait()
        for turn in range(5):
            store.documents.put(USAGE, [a_document("U-1", b"%d %d" % (number, turn)), a_document("U-2", b"same")])

    threads = [threading.Thread(target=put, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.documents.get(USAGE, "U-1").version == 20
    assert store.documents.get(USAGE, "U-2").version == 1


def test_a_decision_and_the_document_it_is_on_are_stored_together_or_not_at_all(store):
    configuration = DocumentKind.BILLING_CONFIGURATION
    document = (configuration, a_document("BC-1", b'{"revision": "1"}'))
    store.record(a_decision(), document=document)
    assert store.documents.get(configuration, "BC-1").version == 1
    keyed = KeyedAnswer(
        request=KeyedRequest(key_id="k", route="r", idempotency_key="i", digest="d"),
        answer=Answer(status=200, content_type="application/json", body=b"{}"),
        expires_at=NOON + timedelta(days=20_000),
    )
    store.record(a_decision(), answer=keyed)
    changed = (configuration, a_document("BC-1", b'{"revision": "2"}'))
    with pytest.raises(AlreadyAnswered):
        store.record(a_decision(), answer=keyed, document=changed)
    assert store.documents.get(configuration, "BC-1").version == 1
