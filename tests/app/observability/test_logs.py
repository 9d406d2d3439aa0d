"""Logs: one line each, for a machine or a person, without secrets and without anything of a customer's."""

import json
import logging
from io import StringIO

import pytest

from app.observability.logs import make_logger, places_of, send_standard_logging_to, strike_out_secrets


def logged(level="info", log_format="json"):
    stream = StringIO()
    return make_logger(stream, level=level, log_format=log_format), stream


def test_an_event_is_one_line_of_json():
    log, stream = logged()
    log.info("request", status=200, text="a\nb")
    event = json.loads(stream.getvalue())
    assert stream.getvalue().count("\n") == 1
    assert (event["event"], event["level"], event["status"]) == ("request", "info", 200)
    assert event["timestamp"].endswith("Z")


def test_what_is_less_severe_than_the_level_is_not_written():
    log, stream = logged(level="warning")
    log.info("request")
    log.error("fault")
    assert stream.getvalue().count("\n") == 1


def test_a_person_gets_lines_to_read():
    log, stream = logged(log_format="console")
    log.info("request", status=200)
    assert "status=200" in stream.getvalue()


@pytest.mark.parametrize(
    ("text", "struck_out"),
    [
        ("key qg_0bc27cac85fd_a1b2 used", "key [redacted] used"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]"),
        ("AUTHORIZATION: BEARER abc", "AUTHORIZATION: BEARER [redacted]"),
        ("postgresql://user:p%40ss@db/quoteguard", "postgresql://[redacted]@db/quoteguard"),
        ("http://127.0.0.1:8000 (12)", "http://127.0.0.1:8000 (12)"),
    ],
)
def test_secrets_are_struck_out_wherever_they_stand(text, struck_out):
    assert strike_out_secrets(text) == struck_out


def test_a_fault_is_told_by_its_places_and_not_by_its_message():
    try:
        try:
            int("ACME pays 12")
        except ValueError as error:
            raise KeyError("ACME") from error
    except KeyError as error:
        told = places_of(error)
    assert [each["type"] for each in told] == ["builtins.KeyError", "builtins.ValueError"]
    assert "test_logs.py" in told[0]["at"][0]
    assert "ACME" not in json.dumps(told)


def test_causes_that_go_in_a_circle_come_to_an_end():
    error = ValueError()
    error.__context__ = error
    assert len(places_of(error)) == 8


@pytest.fixture
def _root_logger_put_back():
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before


@pytest.mark.usefixtures("_root_logger_put_back")
def test_what_libraries_log_comes_out_in_the_same_form_without_messages_of_faults():
    stream = StringIO()
    send_standard_logging_to(stream, level="info", log_format="json")
    logging.getLogger("gunicorn.error").debug("not this")
    try:
        int("ACME")
    except ValueError:
        logging.getLogger("library").exception("failed with %s", "qg_a_b")
    event = json.loads(stream.getvalue())
    assert (event["event"], event["level"], event["logger"]) == ("failed with [redacted]", "error", "library")
    assert event["fault"][0]["type"] == "builtins.ValueError"
    assert "ACME" not in stream.getvalue()
