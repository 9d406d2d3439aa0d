"""Bodies: whole, cut off, too large; declared or not."""

import hashlib
from io import BytesIO

import pytest

from app.api.receiving import KEPT_OF_TOO_LARGE, receive
from app.errors import BAD_REQUEST, TOO_LARGE, TOO_SLOW, Refused


def environ(body, *, declared=True, **more):
    length = {"CONTENT_LENGTH": str(len(body))} if declared else {"wsgi.input_terminated": True}
    return {"wsgi.input": BytesIO(body), **length, **more}


def kind_of(received):
    with pytest.raises(Refused) as refused:
        received.raw  # noqa: B018
    return refused.value.problem.kind


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_within_the_limit_is_taken_whole(declared):
    assert receive(environ(b"x" * 1000, declared=declared), most=1000).raw == b"x" * 1000


@pytest.mark.parametrize("declared", [True, False])
def test_one_byte_more_than_the_limit_is_too_large(declared):
    received = receive(environ(b"x" * 1001, declared=declared), most=1000)
    assert kind_of(received) is TOO_LARGE
    assert received.length == 1001


@pytest.mark.parametrize("declared", [True, False])
def test_of_a_large_body_the_beginning_the_length_and_the_digest_are_kept(declared):
    body = bytes(range(256)) * 1000
    received = receive(environ(body, declared=declared), most=200_000)
    assert received.kept == body[:KEPT_OF_TOO_LARGE]
    more = dict(received.cut_off.problem.more)
    assert more == {"length": 256_000, "digest": f"sha256:{hashlib.sha256(body).hexdigest()}"}


def test_an_endless_body_is_given_up():
    class Endless:
        given = 0

        def read(self, size):
            self.given += size
            return b"x" * size

    stream = Endless()
    received = receive({"wsgi.input": stream, "wsgi.input_terminated": True}, most=100_000)
    assert kind_of(received) is TOO_LARGE
    assert stream.given < 10 * 100_000
    assert "more than" in received.cut_off.problem.detail


def test_a_body_that_breaks_off_is_kept_as_far_as_it_came():
    received = receive(environ(b"half", CONTENT_LENGTH="8"), most=1000)
    assert kind_of(received) is BAD_REQUEST
    assert received.kept == b"half"


@pytest.mark.parametrize(("error", "kind"), [(BlockingIOError(), TOO_SLOW), (ValueError("chunk"), BAD_REQUEST)])
def test_what_the_server_raises_while_reading_is_a_problem_of_the_sender(error, kind):
    class Broken:
        def read(self, _):
            raise error

    assert kind_of(receive({"wsgi.input": Broken(), "CONTENT_LENGTH": "5"}, most=1000)) is kind


def test_no_length_and_no_end_is_no_body():
    assert receive({"wsgi.input": BytesIO(b"next request")}, most=1000).raw == b""
