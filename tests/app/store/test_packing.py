"""What is packed comes out as it went in, and what was damaged is not read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.store import Unreadable
from app.store.packing import pack, unpack


@given(st.binary(max_size=2000) | st.binary(max_size=20).map(lambda part: part * 100))
def test_every_content_comes_out_as_it_went_in(content):
    assert unpack(pack(content)) == content


def test_nothing_stays_nothing():
    assert pack(None) is None
    assert unpack(None) is None


def test_json_is_stored_in_a_fraction_of_its_size():
    assert len(pack(b'{"line_id": "1", "quantity": "10"},' * 100)) < 350


def test_what_does_not_deflate_costs_one_byte():
    noise = bytes(range(256)) * 2
    assert len(pack(noise[:300])) == 301
    assert len(pack(b"")) == 1


@pytest.mark.parametrize("stored", [b"", b"\x02abc", b"\x01not deflated", pack(b"a" * 1000)[:-3]])
def test_damaged_content_is_not_read(stored):
    with pytest.raises(Unreadable):
        unpack(stored)
