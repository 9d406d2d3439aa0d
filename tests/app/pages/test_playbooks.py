"""A playbook for every pattern, from our texts or the company's, with what finds it and what it has cost here."""

import re

import pytest

from app.playbooks import AUDIT_CAUSES, found_by, playbook_of
from app.rules import RuleFiles, Rules, library_files
from policies.checks import ALL
from policies.loader import load
from policies.patterns import PATTERNS
from tests.pages import words
from tests.seat_contract import store_seats

SECTIONS = ["What it is", "Who owns it", "Steps", "How to prevent it"]


@pytest.mark.parametrize("number", PATTERNS)
def test_every_pattern_has_a_whole_playbook(number):
    text = playbook_of(number, None).text
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    assert 3 <= len(re.findall(r"^\d\. ", text, re.MULTILINE)) <= 6
    assert len(text) > 500


def test_the_page_shows_text_policies_letter_and_the_companys_own_figures(site):
    store_seats(site.store)
    billing = site.visit("billing")
    billing.post("/audits/run/AG-SEATS", page="/audits/AG-SEATS")
    said = words(billing.get("/playbooks/U05"))
    assert "Overage owed, not invoiced" in said
    assert "overage-not-invoiced , usage-not-invoiced" in said
    assert "unbilled usage" in said
    assert "Detected, open $9,350" in said
    assert billing.get("/playbooks/X99").status_code == 404


def test_the_list_has_all_patterns_and_anybody_may_read_it(site):
    page = site.visit("rep", rep_id="r-1").get("/playbooks")
    assert len(set(re.findall(r"/playbooks/([A-Z]\d\d)\"", page.text))) == 53
    assert site.visit().get("/playbooks").status_code == 303


def test_the_companys_own_text_goes_before_ours_and_obeys_nothing(site):
    folder = site.settings.home / "playbooks"
    folder.mkdir()
    (folder / "Q01.md").write_text(
        "## Ours\n\nCall **Ann**. <script>alert(1)</script> [x](javascript:alert(1))", "utf-8"
    )
    (folder / "Q02.md").write_bytes(b"\xff\xfe")
    analyst = site.visit("analyst")
    page = analyst.get("/playbooks/Q01")
    assert "<strong>Ann</strong>" in page.text
    assert "<script>alert" not in page.text
    assert 'href="javascript' not in page.text
    assert "cannot be read as UTF-8" in words(analyst.get("/playbooks/Q02"))


def test_every_pattern_of_policies_and_audits_is_known():
    rules = Rules(policies=load(library_files(), ALL), files=RuleFiles(policies={}), version="sha256:x")
    assert {each.pattern for each in AUDIT_CAUSES} <= set(PATTERNS)
    assert "allowance-without-overage-price" in [each.id for each in found_by("Q11", rules).policies]
    assert found_by("U05", rules).audit[0] == "overage-not-invoiced"


@pytest.mark.parametrize(("role", "links"), [("analyst", True), ("rep", False)])
def test_a_playbook_leads_nobody_to_a_page_that_is_for_others(site, role, links):
    shown = site.visit(role).get("/playbooks/Q11").text
    assert ('href="/recoveries?' in shown) is links
