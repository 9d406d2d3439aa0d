"""What decisions were made with is kept once, under the digest of its content."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.store import Unreadable, digest_of
from tests.app.store.builders import force


def test_content_is_kept_under_its_digest(store):
    digest = store.artefacts.put("catalog", b"products: []")
    assert digest == digest_of(b"products: []")
    artefact = store.artefacts.get(digest)
    assert (artefact.digest, artefact.kind, artefact.content) == (digest, "catalog", b"products: []")


def test_the_digest_is_the_sha_256_of_the_content():
    # The digest of "abc" as FIPS 180-2, appendix B.1, has it.
    assert digest_of(b"abc") == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_content_that_is_there_is_not_put_again(store):
    digest = store.artefacts.put("catalog", b"products: []")
    before = store.artefacts.get(digest)
    assert store.artefacts.put("company", b"products: []") == digest
    assert store.artefacts.get(digest) == before


def test_the_same_content_from_many_sides_is_put_once(store):
    with ThreadPoolExecutor(4) as pool:
        digests = set(pool.map(lambda _: store.artefacts.put("catalog", b"products: []"), range(8)))
    assert digests == {digest_of(b"products: []")}


def test_an_unknown_digest_is_nothing(store):
    assert store.artefacts.get("sha256:unknown") is None


def test_exchanged_content_is_not_given_out(store, database_url):
    digest = store.artefacts.put("catalog", b"products: []")
    for content in ("", "00", "616263", "01616263"):
        written = f"X'{content}'" if database_url.startswith("sqlite") else f"'\\x{content}'"
        force(database_url, f"UPDATE artefacts SET content = {written} WHERE digest = '{digest}'")
        with pytest.raises(Unreadable):
            store.artefacts.get(digest)
