"""What the company hides is hidden wherever the record is shown or leaves the house, and from everybody but administrators."""

import csv
import io
import json
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from app.pages.record_masking import HIDDEN, Masking, on_paper
from app.store import RefusedRequest, Role
from policies.domain.company import Retention
from tests.app.desk.builders import a_finding, flagged
from tests.pages import words

NAME = "Brightwater"


@dataclass(frozen=True)
class Reader:
    roles: frozenset = frozenset({Role.AUDITOR})

    def may(self, *roles):
        return not self.roles.isdisjoint(roles)


AUDITOR, ADMIN = Reader(), Reader(frozenset({Role.ADMIN}))


def masked(document, *fields, reader=AUDITOR):
    return Masking(fields=fields).of(document, reader)


@pytest.mark.parametrize(
    ("field", "document", "hidden"),
    [
        ("account.name", {"account": {"name": NAME, "id": 1}}, {"account": {"name": HIDDEN, "id": 1}}),
        ("rep.rep_id", {"rep_id": "r", "rep": {"rep_id": "r"}}, {"rep_id": HIDDEN, "rep": {"rep_id": HIDDEN}}),
        ("rep.*", {"rep_id": "r", "account_id": "a"}, {"rep_id": HIDDEN, "account_id": "a"}),
        ("account", {"account_id": "a", "rep_id": "r"}, {"account_id": HIDDEN, "rep_id": "r"}),
        ("unit_cost", {"lines": [{"unit_cost": 3}, {"unit_cost": None}]}, {"lines": [{"unit_cost": HIDDEN}, {"unit_cost": None}]}),
        (
            "unit_cost",
            {"evidence": [{"field": "lines[2].unit_cost", "actual": "3", "expected": None, "expected_from": "catalog"}]},
            {"evidence": [{"field": "lines[2].unit_cost", "actual": HIDDEN, "expected": None, "expected_from": "catalog"}]},
        ),
        (
            "account",
            {"op": "replace", "path": "/account/name", "value": NAME},
            {"op": "replace", "path": "/account/name", "value": HIDDEN},
        ),
        (
            "net_unit_price",
            {"path": "$.lines[1].net_unit_price", "message": "'12x' is no number"},
            {"path": "$.lines[1].net_unit_price", "message": HIDDEN},
        ),
    ],
)  # fmt: skip
def test_a_field_is_hidden_wherever_it_is_said(field, document, hidden):
    assert masked(document, field) == hidden
    assert masked(document, field, reader=ADMIN) == document


def test_every_way_out_of_the_record_hides_it(desk):
    desk.states(retention=Retention(masked_fields=("account", "rep.rep_id", "headline", "message")))
    finding = a_finding(message=f"{NAME} has no price.", evidence=[{"field": "account.name", "actual": NAME}])
    told = {
        "request": {"account": {"name": NAME}},
        "account_id": "acc-secret",
        "rep_id": "rep-secret",
        "headline": f"{NAME}!",
    }
    [decision_id] = desk.record(flagged(finding, **told))
    auditor, admin = desk.visit("auditor"), desk.visit("admin")
    for path in ("/record", f"/record/decisions/{decision_id}", "/record/decisions.csv", "/record/decisions.jsonl"):
        seen = auditor.get(path).data.decode("utf-8-sig")
        assert [part for part in (NAME, "acc-secret", "rep-secret") if part in seen] == [], path
        assert "rep-secret" in admin.get(path).data.decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(auditor.get("/record/decisions.csv").data.decode("utf-8-sig")))
    assert (row["rep_id"], row["verdict"]) == (HIDDEN, "flag")


@pytest.mark.parametrize(
    "body", [json.dumps({"account": {"name": NAME}}).encode(), f'{{"name": "{NAME}'.encode(), b"\xff Brightwater"]
)
def test_what_was_refused_is_hidden_alike(desk, body):
    desk.states(retention=Retention(masked_fields=("account.name",)))
    problem = {"detail": "It cannot be used.", "errors": [{"path": "$.account.name", "message": f"{NAME} is no name."}]}
    kept = RefusedRequest(
        ref_id="ref_1", received_at=desk.clock(), route="POST /v1/quotes/check", status=422, body=body, length=len(body),
        problem=json.dumps(problem).encode(),
    )  # fmt: skip
    desk.store.refused.keep(kept)
    seen = words(desk.visit("auditor").get("/record/refused/ref_1"))
    assert NAME not in seen
    assert "$.account.name" in seen
    assert NAME in words(desk.visit("admin").get("/record/refused/ref_1"))


@dataclass(frozen=True)
class FoundCause:
    finding: dict


@pytest.mark.parametrize(
    ("fields", "customer", "has_prices"),
    [(("account.name",), HIDDEN, True), (("account",), HIDDEN, True), (("lines.net_unit_price",), NAME, False)],
)
def test_a_scorecard_on_paper_leaves_hidden_fields_in_the_house(fields, customer, has_prices):
    account = SimpleNamespace(name=NAME, account_id="acc-1")
    finding = {"message": "It is low.", "evidence": [{"field": "lines[1].net_unit_price", "actual": "7"}]}
    shown = {
        "deal": SimpleNamespace(quote=SimpleNamespace(account=account)), "headline": "It is low.", "prices": "table",
        "causes": [FoundCause(finding)],
    }  # fmt: skip
    paper = on_paper(shown, Masking(fields=fields), AUDITOR)
    assert paper["customer"] == customer
    assert (paper["prices"] == "table") is has_prices
    assert (paper["causes"][0].finding["evidence"][0]["actual"] == "7") is has_prices
    assert on_paper(shown, Masking(fields=fields), ADMIN) == shown
