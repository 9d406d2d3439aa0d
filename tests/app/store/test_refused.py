"""What was refused can be looked up as it came, for as long as it is kept."""

import hashlib
from datetime import timedelta

from app.store import RefusedRequest
from tests.app.store.builders import NOON, a_store


def a_refusal(ref_id="ref_1", *, body=b"{not json", **terms):
    defaults = {
        "received_at": NOON,
        "route": "POST /v1/quotes/check",
        "status": 400,
        "problem": b"{}",
        "length": len(body),
    }
    return RefusedRequest(ref_id=ref_id, body=body, **(defaults | terms))


def test_what_was_refused_comes_out_as_it_came(store):
    for body in (b"", b"{not json", b"\xff\xfe\x00", b"long " * 10_000):
        refusal = a_refusal(f"ref_{len(body)}", body=body, key_id="k1", content_type="text/plain")
        store.refused.keep(refusal)
        kept = store.refused.get(refusal.ref_id)
        assert kept.request == refusal
        assert not kept.is_cut
        assert kept.body_digest == f"sha256:{hashlib.sha256(body).hexdigest()}"


def test_a_long_body_is_cut_and_says_so(database_url):
    with a_store(database_url, refused_bytes=10) as store:
        store.refused.keep(a_refusal(body=b"0123456789abcdef"))
        kept = store.refused.get("ref_1")
        assert (kept.request.body, kept.request.length, kept.is_cut) == (b"0123456789", 16, True)
        assert kept.body_digest == f"sha256:{hashlib.sha256(b'0123456789abcdef').hexdigest()}"


def test_a_body_that_was_not_read_to_its_end_keeps_its_stated_length(store):
    store.refused.keep(a_refusal(body=b"the beginning", length=20_000_000, status=413))
    kept = store.refused.get("ref_1")
    assert (kept.request.length, kept.is_cut) == (20_000_000, True)


def test_a_stated_length_beyond_reason_is_no_obstacle(store):
    store.refused.keep(a_refusal(length=10**30))
    assert store.refused.get("ref_1").request.length == 2**63 - 1


def test_an_unknown_reference_is_nothing(store):
    assert [store.refused.get(ref_id) for ref_id in ("ref_2", "", "\x00", "\ud800")] == [None] * 4


def test_headers_that_no_database_takes_are_no_obstacle(store):
    store.refused.keep(a_refusal(content_type="text/\x00", route="POST /v1/\ud800"))
    assert store.refused.get("ref_1").request.content_type == "text/�"


def test_refusals_are_forgotten_after_their_time(database_url):
    with a_store(database_url, clock=lambda: NOON + timedelta(days=90)) as store:
        store.refused.keep(a_refusal("ref_old", received_at=NOON - timedelta(seconds=1)))
        store.refused.keep(a_refusal("ref_new", received_at=NOON))
        assert store.refused.purge(timedelta(days=90)) == 1
        assert store.refused.get("ref_old") is None
        assert store.refused.get("ref_new") is not None
