"""Recovery cases over HTTP: from a stored audit to money that came back, once, and by one person at a time."""

import json
from pathlib import Path

import pytest

from app.ledgers.cases import open_case
from app.store import Scope
from cpq_hooks.canonical.recovery import load_case_request
from tests.app.api.test_audits import lines

EXAMPLE = Path(__file__).parents[3] / "examples" / "audits" / "seat-contract"
HAND = {"agreement_id": "AG-9", "pattern": "R01", "currency": "USD", "title": "No uplift in 2025", "owner": "ann"}
LINES = [{"line_id": "1", "period_start": "2025-01-01", "period_end": "2025-12-31", "amount": "1200.00"}]


@pytest.fixture
def finding(api):
    """The id of the seat contract's finding, of an audit that is stored."""
    agreement = json.loads((EXAMPLE / "agreement.json").read_text("utf-8"))
    body = {"agreement": agreement, "usage": lines("usage.jsonl"), "invoices": lines("invoices.jsonl"), "store": True}
    answer = api.check(body, path="/v1/audits")
    assert answer.status_code == 200
    return answer.json["findings"][0]["finding_id"]


def opened(api, body, **headers):
    return api.check(body, path="/v1/recovery-cases", **headers)


def moved(api, case, to, **more):
    body = {"to": to, "version": case["version"]} | more
    return api.check(body, path=f"/v1/recovery-cases/{case['case_id']}/move")


def in_ledgers(api):
    [row] = api.get("/v1/insights/ledgers").json["rows"]
    return {name: row[name] for name in ("detected", "recovered", "collected", "written_off") if row[name] != "0.00"}


def test_a_finding_is_recovered_in_part_and_the_rest_is_written_off(api, finding):
    case = opened(api, {"agreement_id": "AG-SEATS", "finding_id": finding}).json
    assert (case["recoverable"], case["state"], len(case["lines"])) == ("9350.00", "detected", 6)
    assert len(case["draft_invoice_lines"]) == 6
    for to in ("confirmed", "contacted", "invoiced"):
        case = moved(api, case, to).json
    assert case["invoiced"] == "9350.00"
    case = moved(api, case, "recovered", amount="5000.00", collected="3000.00").json
    assert in_ledgers(api) == {"detected": "4350.00", "recovered": "5000.00", "collected": "3000.00"}
    case = moved(api, case, "written_off").json
    assert (case["open"], case["written_off"]) == ("0.00", "4350.00")
    assert in_ledgers(api) == {"recovered": "5000.00", "collected": "3000.00", "written_off": "4350.00"}
    assert [each["to_state"] for each in case["history"]][-2:] == ["recovered", "written_off"]


def test_a_payment_that_bounces_and_a_case_that_is_taken_up_again_go_back(api):
    case = opened(api, HAND | {"lines": LINES}).json
    case = moved(api, moved(api, case, "confirmed").json, "invoiced").json
    case = moved(api, moved(api, case, "recovered", collected="1200.00").json, "invoiced").json
    assert in_ledgers(api) == {"detected": "1200.00"}
    case = moved(api, moved(api, case, "written_off").json, "confirmed").json
    assert (case["written_off"], in_ledgers(api)) == ("0.00", {"detected": "1200.00"})


def test_the_same_money_is_in_one_case_only(api, finding):
    first = opened(api, {"agreement_id": "AG-SEATS", "finding_id": finding}).json
    again = opened(api, {"agreement_id": "AG-SEATS", "finding_id": finding})
    assert (again.status_code, again.json["case_id"]) == (409, first["case_id"])
    by_hand = HAND | {"agreement_id": "AG-SEATS", "pattern": "U05"}
    one = {"line_id": "1", "period_start": "2024-01-01", "amount": "100.00"}
    new = {"line_id": "1", "period_start": "2024-07-01", "amount": "70.00"}
    case = opened(api, by_hand | {"lines": [one, new]}).json
    assert [each["period_start"] for each in case["lines"]] == ["2024-07-01"]
    assert in_ledgers(api) == {"detected": "9420.00"}


def test_a_move_that_is_not_allowed_too_large_or_on_an_old_version_is_refused(api):
    case = opened(api, HAND | {"lines": LINES}).json
    wrong = moved(api, case, "recovered")
    assert (wrong.status_code, wrong.json["errors"][0]["path"]) == (422, "$.to")
    assert "confirmed, written_off" in wrong.json["errors"][0]["message"]
    assert moved(api, case, "confirmed").status_code == 200
    late = moved(api, case, "written_off")
    assert (late.status_code, late.json["version"]) == (409, 2)
    now = api.get(f"/v1/recovery-cases/{case['case_id']}").json
    now = moved(api, now, "invoiced").json
    assert moved(api, now, "recovered", amount="1200.01").json["errors"][0]["path"] == "$.amount"
    assert moved(api, now, "recovered", amount="1.001").json["errors"][0]["code"] == "too_many_decimals"
    assert moved(api, {"case_id": "rec_0", "version": 1}, "confirmed").status_code == 404


def test_what_is_missing_is_said_and_a_key_is_honoured(api):
    refused = opened(api, {"agreement_id": "AG-9"})
    assert [each["path"] for each in refused.json["errors"]] == ["$.pattern", "$.currency", "$.title", "$.lines"]
    assert opened(api, {"agreement_id": "AG-9", "finding_id": "fnd_0"}).status_code == 422
    first = opened(api, HAND | {"lines": LINES}, Idempotency_Key="case-1")
    assert opened(api, HAND | {"lines": LINES}, Idempotency_Key="case-1").data == first.data
    reader = api.headers(Scope.READ)
    assert api.client.post("/v1/recovery-cases", json=HAND, headers=reader).status_code == 403


def test_cases_are_listed_the_last_moved_first_page_by_page(api):
    for number in (1, 2, 3):
        api.clock.advance(minutes=1)
        opened(api, HAND | {"agreement_id": f"AG-{number}", "lines": LINES})
    page = api.get("/v1/recovery-cases?limit=2&owner=ann").json
    assert [each["agreement_id"] for each in page["cases"]] == ["AG-3", "AG-2"]
    rest = api.get(page["links"]["next"]).json
    assert ([each["agreement_id"] for each in rest["cases"]], rest["next_page"]) == (["AG-1"], None)


def test_the_letter_says_what_is_owed_and_the_companys_own_goes_first(api, tmp_path):
    case = opened(api, HAND | {"lines": LINES}).json
    path = f"/v1/recovery-cases/{case['case_id']}/letter"
    letter = api.get(f"{path}?customer=Ms+Doe").json
    assert "USD 1,200.00" in letter["text"]
    assert (letter["situation"], letter["is_own"]) == ("missed-uplift", False)
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "missed-uplift.txt").write_text("{{ customer }}: {{ totl }}")
    wrong = api.get(f"{path}?customer=Ms+Doe")
    assert wrong.status_code == 422
    assert "'totl' is undefined; a letter knows agreement_id" in wrong.json["errors"][0]["message"]
    (tmp_path / "letters" / "missed-uplift.txt").write_text("{{ customer }}: {{ total }}")
    assert api.get(f"{path}?customer=Ms+Doe").json["text"] == "Ms Doe: 1,200.00"
    assert api.get(f"{path}?situation=../company").status_code == 422


def test_a_case_and_its_answer_are_kept_together_or_not_at_all(api):
    """Whoever lost the answer asks again with the same key, and gets it; where it cannot be kept, nothing is opened."""
    body = HAND | {"lines": LINES}
    first = opened(api, body, Idempotency_Key="once")
    again = opened(api, body, Idempotency_Key="once")
    assert (again.json, again.headers["Idempotent-Replayed"]) == (first.json, "true")
    assert first.json == api.get(f"/v1/recovery-cases/{first.json['case_id']}").json

    def lost(*_):
        raise ConnectionError("the process died")

    wanted = load_case_request(HAND | {"agreement_id": "AG-10", "lines": LINES})
    with pytest.raises(ConnectionError):
        open_case(api.store, wanted, "ann", beside=lost)
    assert api.get("/v1/recovery-cases?agreement_id=AG-10").json["cases"] == []
    assert in_ledgers(api) == {"detected": "1200.00"}


def test_a_move_that_is_sent_twice_is_made_once(api):
    case = opened(api, HAND | {"lines": LINES}).json
    address = f"/v1/recovery-cases/{case['case_id']}/move"
    answers = [api.check({"to": "confirmed", "version": 1}, path=address, Idempotency_Key="m1") for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].json == answers[1].json
    assert [each["to_state"] for each in answers[0].json["history"]] == ["detected", "confirmed"]
