"""Every exception that the parts raise becomes one problem, and nothing of an unforeseen one is told."""

import json

import pytest
from werkzeug.exceptions import BadRequest, InternalServerError, MethodNotAllowed, NotFound

from app import errors
from app.errors import KINDS, Kind, Problem, problem_of, refuse
from app.rules import RulesRefused
from app.store import BadPageToken, IdempotencyConflict, SchemaMismatch, StoreUnavailable
from cpq_hooks.problem import Invalid
from cpq_hooks.problem import Problem as Fault
from cpq_hooks.reading import Malformed, TooLarge

FAULT = Fault(path="$.lines[0].quantity", message="send a number", code="not_a_number")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (refuse(errors.NO_KEY, "no key"), "no-key"),
        (Invalid([FAULT]), "invalid"),
        (Malformed("a comma is missing", line=3, column=7), "malformed-json"),
        (TooLarge(20, 10), "too-large"),
        (IdempotencyConflict("k"), "idempotency-conflict"),
        (BadPageToken("x"), "bad-parameter"),
        (StoreUnavailable("away"), "unavailable"),
        (StoreUnavailable("away", uncertain=True), "uncertain"),
        (SchemaMismatch("old"), "unavailable"),
        (RulesRefused(("policies/x.yaml:3: no such field",)), "not-ready"),
        (NotFound(), "not-found"),
        (MethodNotAllowed(["POST"]), "method-not-allowed"),
        (BadRequest(), "bad-request"),
        (InternalServerError(), "internal"),
        (MemoryError(), "internal"),
        (UnicodeDecodeError("utf-8", b"x", 0, 1, "ACME"), "internal"),
    ],
)
def test_each_exception_has_its_problem(error, code):
    assert problem_of(error).kind.code == code


def test_every_kind_is_listed_once_in_the_order_of_status():
    named = [kind for kind in vars(errors).values() if isinstance(kind, Kind)]
    assert sorted(named, key=KINDS.index) == list(KINDS)
    assert [kind.status for kind in KINDS] == sorted(kind.status for kind in KINDS)
    assert len({kind.code for kind in KINDS}) == len(KINDS)


def test_a_problem_document_has_what_rfc_9457_asks_for():
    problem = problem_of(Invalid([FAULT, FAULT]))
    assert json.loads(problem.document(request_id="r-1", refused_id="ref_1")) == {
        "type": "/docs#problem-invalid",
        "title": "What was sent cannot be taken as it is",
        "status": 422,
        "detail": "2 things are wrong with it.",
        "instance": "/v1/refused/ref_1",
        "request_id": "r-1",
        "refused_id": "ref_1",
        "errors": [FAULT.as_dict(), FAULT.as_dict()],
    }


def test_where_json_broke_is_told_with_line_and_column():
    problem = problem_of(Malformed("a comma is missing", line=3, column=7, path="$.lines"))
    assert problem.detail == "Line 3, column 7: a comma is missing."
    assert problem.errors[0].path == "$.lines"


def test_nothing_of_an_unforeseen_fault_or_of_the_database_is_told():
    for error in (ValueError("ACME"), StoreUnavailable("password of ACME at 10.0.0.5")):
        assert b"ACME" not in problem_of(error).document(request_id="r-1")


def test_halves_of_surrogate_pairs_leave_as_the_escape_that_json_has_for_them():
    problem = Problem(kind=errors.INVALID, detail="\ud800")
    assert b'"detail": "\\ud800"' in problem.document(request_id="r-1")
