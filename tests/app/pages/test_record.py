"""The record's pages: decisions found again, their link and themselves made again, files, the access log, what was refused, masks."""

import csv
import io
import json

import pytest

from app.people.person import Person
from app.store import AccessFilter, RefusedRequest
from policies.domain.company import Retention
from policies.domain.decision import Verdict
from tests.app.desk.builders import flagged
from tests.app.pages.desk_site import a_desk_site
from tests.app.store.builders import force
from tests.pages import words

HOSTILE = "=1+1<script>alert(1)</script>"


def one(quote_id="Q-1", **terms):
    return flagged(quote_id=quote_id, content=f"sha256:{quote_id}", **terms)


@pytest.fixture(scope="module")
def filtered(upgraded_sqlite_file, tmp_path_factory):
    """An auditor before three decisions."""
    other = {"account_id": "A-1", "source": "hubspot", "model_version": "m-1", "rep_id": "rep-2"}
    with a_desk_site(upgraded_sqlite_file, tmp_path_factory.mktemp("record")) as site:
        site.record(one(), one(verdict=Verdict.ALLOW), one("Q-2", **other))
        yield site.visit("auditor")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 3), ("q=Q-1", 2), ("q=nothing", 0), ("verdict=allow", 1), ("rep=rep-2", 1), ("account=A-1", 1),
        ("source=hubspot", 1), ("model=m-1", 1), ("policy=sha256:p", 3), ("content=sha256:Q-1", 2), ("newest=yes", 2),
        ("from=2026-03-01&to=2026-03-01", 3), ("from=2026-03-02", 0), ("from=nonsense", 3), ("simulated=yes", 0),
    ],
)  # fmt: skip
def test_each_filter_of_the_record_finds_what_fits(filtered, query, found):
    answer = filtered.get(f"/record?{query}")
    assert (answer.status_code, answer.text.count('<a href="/record/decisions/')) == (200, found)


def test_a_decisions_id_leads_to_its_page_which_is_logged(desk):
    [decision_id] = desk.record(one(headline="Net price under the floor.", model_version="m-7"))
    auditor = desk.visit("auditor")
    assert auditor.get(f"/record?q={decision_id}").headers["Location"] == f"/record/decisions/{decision_id}"
    said = words(auditor.get(f"/record/decisions/{decision_id}"))
    for part in (
        "Net price under the floor.",
        "m-7",
        "sha256:Q-1",
        "sha256:p",
        '"quote_id": "Q-1"',
        "Nobody reviewed it.",
    ):
        assert part in said
    assert desk.store.access.newest(AccessFilter(subject_id=decision_id))[0].access.action == "viewed"
    assert auditor.get("/record/decisions/dec_nothing").status_code == 404


def test_the_link_of_a_decision_holds_until_it_or_its_neighbour_is_changed(desk):
    ids = desk.record(one("Q-1"), one("Q-2"), one("Q-3"))
    auditor = desk.visit("auditor")

    def check(number):
        return words(auditor.post(f"/record/decisions/check/{ids[number]}", page="/record"))

    assert "stands between its neighbours: number 2 of 3" in check(1)
    force(desk.settings.database_url, f"UPDATE decisions SET headline = 'nicer' WHERE decision_id = '{ids[0]}'")
    assert "it was changed after it was written" in check(0)
    assert "as it was written" in check(1)
    force(desk.settings.database_url, f"DELETE FROM decisions WHERE decision_id = '{ids[0]}'")
    assert "the record before it is not the one" in check(1)


def test_the_whole_chain_is_checked_and_the_page_says_when_and_by_whom(desk):
    [decision_id] = desk.record(one())
    auditor = desk.visit("auditor", name="ada")
    assert "has not been checked yet" in words(auditor.get("/record"))
    auditor.post("/record/chain", page="/record")
    assert "by ada : whole: 1 decisions" in words(auditor.get("/record"))
    force(desk.settings.database_url, "UPDATE decisions SET rep_id = 'another'")
    auditor.post("/record/chain", page="/record")
    assert "broken at record 1" in words(auditor.get("/record"))
    assert "broken" in words(auditor.get(f"/record/decisions/{decision_id}"))


def test_what_cannot_be_made_again_says_why(desk):
    [decision_id] = desk.record(one())
    said = words(desk.visit("auditor").post(f"/record/decisions/replay/{decision_id}", page="/record"))
    assert "It cannot be made again" in said


def test_files_hold_what_the_filters_find_and_are_logged(desk):
    desk.record(one(HOSTILE), one("Q-2", rep_id="rep-2"))
    auditor = desk.visit("auditor")
    answer = auditor.get("/record/decisions.csv")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["subject.id"] for row in rows] == ["'" + HOSTILE, "Q-2"]
    assert [row["seq"] for row in rows] == ["1", "2"]
    [line] = auditor.get("/record/decisions.jsonl?rep=rep-2").data.splitlines()
    told = json.loads(line)
    assert (told["request"]["quote_id"], told["decision"]["verdict"]) == ("Q-2", "flag")
    assert told["prev_hash"] == rows[0]["record_hash"]
    details = [each.access.detail for each in desk.store.access.newest(AccessFilter(action="exported"))]
    assert details == ["JSON Lines; rep=rep-2", "CSV; all"]


def test_files_and_the_log_are_for_auditors_and_administrators(desk):
    analyst = desk.visit("analyst")
    assert analyst.get("/record").status_code == 200
    for path in ("/record/decisions.csv", "/record/decisions.jsonl", "/record/access", "/record/refused"):
        assert analyst.get(path).status_code == 403
    assert desk.visit("rep").get("/record").status_code == 403


def test_masked_fields_are_hidden_from_all_but_administrators_and_the_chain_stays_whole(desk):
    desk.states(retention=Retention(masked_fields=("account.name", "rep_id")))
    [decision_id] = desk.record(one(request={"account": {"name": "Brightwater"}}))
    auditor, admin = desk.visit("auditor"), desk.visit("admin")
    for path in (f"/record/decisions/{decision_id}", "/record/decisions.jsonl"):
        assert "Brightwater" not in auditor.get(path).text
        assert "Brightwater" in admin.get(path).text
    assert "rep-1" not in auditor.get("/record/decisions.csv").text
    assert desk.store.verify_chain().is_whole


def test_the_access_log_is_searched_and_turned_page_by_page(desk):
    auditor, ann = desk.visit("auditor"), desk.visit("analyst", name="ann")
    [decision_id] = desk.record(one())
    for _ in range(55):
        desk.store.access.add(access_of(auditor, decision_id))
    ann.get(f"/record/decisions/{decision_id}")
    assert "ann" in words(auditor.get("/record/access?person=ann&action=viewed"))
    first = auditor.get("/record/access?person=auditor&action=viewed")
    following = first.text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "5 entries" in words(auditor.get(following))
    assert auditor.get("/record/access?before=nonsense&from=x").status_code == 200


def access_of(visitor, decision_id):
    return Person(user=visitor.user).did("viewed", "decision", decision_id)


def test_what_was_refused_is_listed_and_shown_as_it_came(desk):
    body = b'{"quote_id": "<script>alert(1)</script>"'
    kept = RefusedRequest(
        ref_id="ref_1", received_at=desk.clock(), route="POST /v1/quotes/check", status=400,
        problem=b'{"detail": "It is no JSON: it ends too early."}', body=body, length=len(body),
    )  # fmt: skip
    desk.store.refused.keep(kept)
    auditor = desk.visit("auditor")
    assert "it ends too early" in words(auditor.get("/record/refused"))
    page = auditor.get("/record/refused/ref_1")
    assert "<script>alert" not in page.text
    assert '"quote_id": "<script>alert(1)</script>"' in words(page)
    assert auditor.get("/record/refused/ref_2").status_code == 404


def test_a_hostile_record_is_shown_and_never_obeyed(desk):
    [decision_id] = desk.record(
        one(HOSTILE, headline=HOSTILE * 500, source=HOSTILE, request={"x": "<script>\u202e" * 9})
    )
    auditor = desk.visit("auditor")
    for path in ("/record", f"/record/decisions/{decision_id}"):
        page = auditor.get(path)
        assert "<script>" not in page.text.replace("<script type=", "")
        assert "\u202e" not in words(page)
