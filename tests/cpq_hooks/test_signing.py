"""Telling genuine from forged: known digests, and everything that must not raise."""

from __future__ import annotations

import base64
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpq_hooks import signing

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_the_digest_is_that_of_rfc_4231():
    # test case 2 of the RFC
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert signing.hmac_hex("Jefe", b"what do ya want for nothing?") == expected
    assert base64.b64decode(signing.hmac_base64("Jefe", b"what do ya want for nothing?")).hex() == expected


def test_another_program_comes_to_the_same_digest():
    command = ["openssl", "dgst", "-sha512", "-hmac", "kéy", "-r"]
    try:
        told = subprocess.run(command, input=b"\xff\x00body", capture_output=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("there is no openssl here")
    assert told.stdout.decode().split()[0] == signing.hmac_hex("kéy", b"\xff\x00body", "sha512")


@given(st.one_of(st.none(), st.text(), st.binary()), st.one_of(st.text(), st.binary()))
def test_no_comparison_raises_and_only_equal_bytes_are_the_same(left, right):
    def as_bytes(text):
        return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text

    assert signing.same(left, right) is (left is not None and bool(right) and as_bytes(left) == as_bytes(right))


def test_any_secret_in_force_signs_and_an_empty_one_does_not():
    by_old = signing.hmac_hex("old", b"body")
    assert signing.signed_with_any(by_old, ("new", "old"), b"body")
    assert not signing.signed_with_any(by_old, ("new",), b"body")
    assert not signing.signed_with_any(signing.hmac_hex("", b"body"), ("",), b"body")
    assert not signing.signed_with_any(None, ("old",), b"body")
    assert not signing.signed_with_any(by_old[:-1], ("old",), b"body")


def _basic(text: bytes) -> str:
    return "Basic " + base64.b64encode(text).decode()


@pytest.mark.parametrize(
    ("header", "right"),
    [
        (_basic(b"us:pass:word"), True),
        (_basic(b"us:pass:word").replace("Basic", "basic"), True),
        (_basic(b"us:pass"), False),
        (_basic(b"them:pass:word"), False),
        (_basic(b"no colon"), False),
        ("Basic ???", False),
        ("Basic é", False),
        ("Basic", False),
        ("Bearer abc", False),
        ("", False),
        (None, False),
    ],
)
def test_basic_takes_the_right_user_with_the_right_password(header, right):
    assert signing.basic_is_right(header, ("us",), ("newer", "pass:word")) is right


def test_a_challenge_cannot_be_broken_out_of():
    name, value = signing.basic_challenge('a"\r\nX: y')
    assert name == "WWW-Authenticate"
    assert value == 'Basic realm="aX: y", charset="UTF-8"'


@pytest.mark.parametrize("stamp", ["", "abc", "-5", "1.5", "١٢٣", "9" * 20, "9" * 21, None])
def test_what_is_no_timestamp_is_none(stamp):
    assert signing.moment_of(stamp) is None


def test_seconds_and_thousandths_are_read_exactly():
    assert signing.moment_of("1793534400") == NOW
    assert signing.moment_of("1793534400250", per_second=1000) == NOW + timedelta(milliseconds=250)


@pytest.mark.parametrize(("away", "taken"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_the_window_is_as_wide_in_the_future_as_in_the_past(away, taken):
    assert signing.within(NOW + timedelta(seconds=away), NOW) is taken


def test_no_timestamp_is_outside_any_window():
    assert not signing.within(None, NOW, timedelta(days=10_000))


def test_a_bearer_token_is_read_without_its_word():
    assert signing.bearer_token("Bearer abc ") == "abc"
    assert signing.bearer_token("Basic abc") is None
    assert signing.bearer_token(None) is None
