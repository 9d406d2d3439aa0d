"""The policies' pages: how each does, its text and tests, and drafts that are checked and tried and change nothing."""

import csv
import json
from io import StringIO

import pytest

from app.drafting import STARTER
from app.observability.logs import make_logger
from app.rules import RuleFiles, library_files, take_up
from app.store import Document, DocumentKind
from tests.app.ledgers.builders import a_finding, a_quote, decided, turned_out
from tests.app.store.builders import POLICIES
from tests.pages import pages_app, words

NAMES = ("library/line-price-floor.yaml", "library/allowance-without-overage-price.yaml")
POLICY = "allowance-without-overage-price"
STRICT = STARTER.replace("effect: shadow", "effect: block")


@pytest.fixture(scope="module")
def rules():
    """Two policies of the library."""
    files = library_files()
    return take_up(RuleFiles(policies={name: files[name] for name in NAMES}))


@pytest.fixture
def site(site, rules):
    """The pages with these policies in force."""
    site.store.artefacts.put("policies", POLICIES)
    site.rules.current = lambda: rules
    site.app = pages_app(site, log=make_logger(site.log, level="debug", log_format="json"))
    return site


def cheap_quote(quote_id="Q-9", **terms):
    line = {"line_id": "1", "product_id": "P-1", "charge_type": "recurring", "net_unit_price": "9", "floor_price": "10"}
    return {"quote_id": quote_id, "currency": "USD", "lines": [line], **terms}


def test_each_policy_has_its_hits_precision_overrides_and_money(site):
    # Two hits, one of them consented to; one judged right, one wrong: Wilson by hand 9.5 % to 90.5 %.
    first = decided(site.store, a_quote(), a_finding())
    decided(site.store, a_quote(quote_id="Q-2"), a_finding(approved_by="mia"))
    for number, verdict in enumerate(("true_positive", "false_positive")):
        about = {"leaked": not number, "verdict": verdict, "decision_id": first.summary.decision_id}
        finding = {"finding_id": "fnd_1_overage_unit_price", "subject": {"type": "quote", "id": "Q-1"}}
        turned_out(site.store, f"O-{number}", discovered_at="2026-03-01T00:00:00+00:00", **about, **finding)
    told = words(site.visit("analyst").get("/policies"))
    assert "Q11 block deal-desk 2 0 50.0 % 9.5 % to 90.5 %, of 2" in told
    assert "Q02 block pricing 0 0 none judged" in told
    answer = site.visit("auditor").get("/policies?format=csv")
    rows = {row["policy_id"]: row for row in csv.DictReader(StringIO(answer.data.decode("utf-8-sig")))}
    assert (rows[POLICY]["findings"], rows[POLICY]["confirmed"], rows[POLICY]["dismissed"]) == ("2", "1", "1")


def test_a_policy_shows_its_text_tests_messages_and_recent_decisions(site):
    decided(site.store, a_quote(quote_id="Q-<b>1"), a_finding())
    decided(site.store, a_quote(quote_id="Q-2"), a_finding(policy_id="another"))
    page = site.visit("analyst").get(f"/policies/{POLICY}")
    told = words(page)
    assert "all 6 pass" in told
    assert "passes a hard cap stops use at the allowance satisfied" in told
    assert "has no overage price" in told
    assert "when: line.included_quantity != null" in told
    assert "Q-&lt;b&gt;1" in page.text
    assert "/scorecards/quotes/Q-2" not in page.text
    table = site.visit("analyst").get(f"/policies/{POLICY}?format=csv").text
    assert "2026-03,1,0" in table
    assert site.visit("analyst").get("/policies/nothing").status_code == 404


def test_the_list_is_filtered_by_effect_and_words(site):
    visitor = site.visit("admin")
    assert "1 of 2 policies" in words(visitor.get("/policies?q=FLOOR"))
    assert "No policy fits." in words(visitor.get("/policies?effect=shadow"))


def test_a_fault_is_shown_with_its_place_a_caret_and_a_suggestion(site):
    visitor = site.visit("analyst")
    wrong = STARTER.replace("require: line.net_unit_price", "require: line.net_unit_prise")
    part = visitor.post("/policies/draft/check", text=wrong)
    told = words(part)
    assert "1 fault Line 7, column 15 : line has no field net_unit_prise did you mean line.net_unit_price?" in told
    assert "require: line.net_unit_prise &gt;= line.floor_price\n              ^^^^^^^^^^^^^^" in part.text
    assert "<html" not in part.text
    page = visitor.post("/policies/draft", text=wrong, do="check")
    assert "<html" in page.text
    assert "did you mean line.net_unit_price?" in words(page)


def test_whatever_is_typed_is_answered(site):
    visitor = site.visit("analyst")
    wrong_test = STARTER.replace('net_unit_price: "10"', 'net_unit_price: "8"')
    typed = {
        "": "a policy file has keys such as id",
        "id: [": "fault",
        "{{ 7 * 7 }}": "fault",
        wrong_test: "1 of 2 fail",
        "<script>alert(1)</script>: 1": "fault",
        "id: \x00\u202e": "fault",
    }
    for text, told in typed.items():
        answer = visitor.post("/policies/draft/check", text=text)
        assert answer.status_code == 200
        assert told in words(answer)
        assert "<script>" not in answer.text


def test_a_draft_is_tried_on_what_was_decided_and_what_was_stored_and_the_flips_are_listed(site):
    name = "<img src=x onerror=alert(1)>"
    decided(site.store, cheap_quote(account={"account_id": "A-1", "name": name}))
    stored = json.dumps(cheap_quote("Q-STORED", stage="accepted")).encode()
    site.store.documents.put(DocumentKind.QUOTE, [Document(id="Q-STORED", body=stored)])
    milder = STARTER.replace("id: my-policy", "id: line-price-floor").replace("effect: shadow", "effect: flag")
    page = site.visit("analyst").post("/policies/draft", text=milder, do="backtest")
    told = words(page)
    assert page.status_code == 200
    assert "Judged were the newest 2 quotes" in told
    assert "2 from block to flag" in told
    assert "<img" not in page.text


def test_a_draft_with_faults_is_not_tried_and_says_why(site):
    answer = site.visit("analyst").post("/policies/draft", text="id: x", do="backtest")
    assert answer.status_code == 422
    assert "The draft cannot be tried" in words(answer)


def test_the_file_comes_as_it_was_typed_and_nothing_is_in_force(site):
    visitor = site.visit("analyst")
    answer = visitor.post("/policies/draft/file", text=STRICT.replace("\n", "\r\n"))
    assert answer.text == STRICT
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-policy.yaml"'
    assert (
        visitor.post("/policies/draft/file", text="id: ../../x").headers["Content-Disposition"].endswith('"draft.yaml"')
    )
    assert "my-policy" not in words(visitor.get("/policies"))
    assert not list(site.settings.home.glob("policies/*"))


def test_an_auditor_reads_and_writes_nothing(site):
    visitor = site.visit("auditor")
    assert "readonly" in visitor.get(f"/policies/draft?from={POLICY}").text
    for path in ("", "/check", "/file"):
        assert visitor.post(f"/policies/draft{path}", page="/policies", text=STARTER).status_code == 403
    for role in ("rep", "billing", "approver"):
        assert site.visit(role).get("/policies").status_code == 403


def test_a_policy_that_is_gone_and_still_counts_is_listed_as_gone(site):
    decided(site.store, a_quote(), a_finding(policy_id="long-gone"))
    assert "long-gone no longer in force" in words(site.visit("analyst").get("/policies"))
