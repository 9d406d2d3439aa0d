"""The audit page, its recovery cases and the letter, on the seat contract: $9,350 that were never invoiced."""

import csv
import io
import json
import re

import pytest

from app.ingest import AGREEMENTS, document_of
from app.store import DocumentKind
from cpq_hooks.canonical import load_agreement
from tests.pages import words
from tests.seat_contract import FOLDER, store_seats

AGREEMENT = "/audits/AG-SEATS"


@pytest.fixture
def audited(site):
    """Somebody in billing, with the seat contract audited and kept."""
    store_seats(site.store)
    billing = site.visit("billing")
    assert billing.post("/audits/run/AG-SEATS", as_of="", page=AGREEMENT).status_code == 303
    return billing


@pytest.fixture
def case(audited):
    """The address of an open recovery case, and who opened it."""
    finding = re.search(r'name="finding_id" value="([^"]+)"', audited.get(AGREEMENT).text)[1]
    answer = audited.post("/recoveries", agreement_id="AG-SEATS", finding_id=finding)
    return audited, answer.location


def move(visitor, address, to, version, **fields):
    return visitor.post(address.replace("/recoveries/", "/recoveries/move/"), to=to, version=version, **fields)


def test_the_page_shows_what_should_have_been_billed_and_how(audited):
    said = words(audited.get(AGREEMENT))
    # 2 + 18 + 47 + 23 + 56 + 41 = 187 seats beyond 500, at $50 each.
    assert "Can be recovered $9,350" in said
    assert "1 Mar 2024 to 31 Mar 2024 547 $22,350 $20,000 $2,350 too little 3 steps" in said
    assert "47 at $50 = $2,350" in said
    assert "6 of 6 periods differ" in said
    assert "AG-SEATS" in words(audited.get("/audits"))
    assert "AG-SEATS" not in words(audited.get("/audits?currency=EUR"))


def test_a_period_without_usage_is_unknown_and_never_zero(site):
    store_seats(site.store)
    billing = site.visit("billing")
    billing.post("/audits/run/AG-SEATS", as_of="2024-09-15", page=AGREEMENT)
    said = words(billing.get(AGREEMENT))
    assert "1 Aug 2024 to 31 Aug 2024 unknown unknown" in said
    assert "not known" in said
    assert billing.post("/audits/run/AG-SEATS", as_of="tomorrow").status_code == 422


def test_the_draft_goes_out_as_csv(audited):
    rows = list(csv.DictReader(io.StringIO(audited.get("/audits/draft.csv/AG-SEATS").text.removeprefix("\ufeff"))))
    assert [row["amount"] for row in rows] == ["100.00", "900.00", "2350.00", "1150.00", "2800.00", "2050.00"]
    assert {row["currency"] for row in rows} == {"USD"}
    assert len(audited.get("/audits/periods.csv/AG-SEATS").text.splitlines()) == 7


def test_an_agreement_without_an_audit_offers_one_and_another_is_not_found(site):
    store_seats(site.store)
    assert "Run the audit" in words(site.visit("billing").get(AGREEMENT))
    assert "Run the audit" not in words(site.visit("auditor").get(AGREEMENT))
    assert site.visit("auditor").get("/audits/NONE").status_code == 404
    assert site.visit("rep", rep_id="r-1").get(AGREEMENT).status_code == 403


def test_a_case_goes_its_way_and_its_history_says_who_moved_it(case):
    billing, address = case
    assert move(billing, address, "confirmed", 1).status_code == 303
    assert move(billing, address, "invoiced", 2, amount="9350.00", reference="INV-7").status_code == 303
    assert move(billing, address, "recovered", 3, amount="9000", collected="9000").status_code == 303
    said = words(billing.get(address))
    assert "Recovered $9,000 $9,000 of it paid" in said
    assert "Open $350" in said
    assert "by Billing (billing) : $9,350, INV-7" in said
    total = words(billing.get("/recoveries"))
    assert "recovered to invoice USD 1 $9,350 $9,000 $0 $350" in total


def test_of_two_who_move_a_case_the_second_is_told_and_keeps_what_he_typed(case):
    billing, address = case
    move(billing, address, "confirmed", 1)
    answer = move(billing, address, "written_off", 1, note="Not worth it.")
    assert (answer.status_code, "Somebody moved this case" in words(answer)) == (409, True)
    assert "Not worth it." in answer.text
    answer = move(billing, address, "recovered", 2)
    assert (answer.status_code, "can become" in words(answer)) == (422, True)
    assert move(billing, address, "invoiced", 2, amount="1.005").status_code == 422


def test_a_second_case_on_the_same_money_leads_to_the_first(case):
    billing, address = case
    assert address in billing.get(AGREEMENT).text
    finding = billing.get(AGREEMENT).text.split('id="fnd_')[1].split('"')[0]
    answer = billing.post("/recoveries", agreement_id="AG-SEATS", finding_id=f"fnd_{finding}")
    assert answer.location == address


def test_the_letter_is_changed_kept_and_printed(case):
    billing, address = case
    letter = address.replace("/recoveries/", "/recoveries/letter/")
    page = billing.get(address)
    assert "Dear Example Customer," in page.text
    assert "USD 9,350.00" in page.text
    text = "Dear Example Customer,\n\nwe owe you an explanation.\n<b>Bye</b>"
    printed = billing.post(letter, text=text, do="print", situation="unbilled-usage")
    assert "&lt;b&gt;Bye" in printed.text
    assert billing.post(letter, text=text, do="text", situation="x").text == text
    assert billing.post(letter, text=text, do="keep", version="1", situation="unbilled-usage").status_code == 422
    move(billing, address, "confirmed", 1)
    assert billing.post(letter, text=text, do="keep", version="2", situation="unbilled-usage").status_code == 303
    assert "we owe you an explanation." in words(billing.get(address))
    assert billing.post(letter, text=" ", do="print").status_code == 422


def test_the_list_of_cases_as_csv_holds_no_formula(site):
    store_seats(site.store, account={"account_id": "ACC", "name": "<script>alert(1)</script>"})
    billing = site.visit("billing", name="bill")
    billing.post("/audits/run/AG-SEATS", page=AGREEMENT)
    finding = re.search(r'name="finding_id" value="([^"]+)"', billing.get(AGREEMENT).text)[1]
    address = billing.post("/recoveries", agreement_id="AG-SEATS", finding_id=finding, owner="=cmd|x").location
    assert "'=cmd|x" in billing.get("/recoveries.csv").text
    assert "<script>alert" not in billing.get(address).text
    assert site.store.documents.get(DocumentKind.AGREEMENT, "AG-SEATS") is not None


def test_those_who_only_look_move_nothing(case, site):
    _, address = case
    analyst = site.visit("analyst")
    assert "Move the case" not in words(analyst.get(address))
    assert move(analyst, address, "confirmed", 1).status_code == 403
    assert analyst.post("/recoveries", agreement_id="AG-SEATS", finding_id="x").status_code == 403
    assert analyst.get("/recoveries/rec_none").status_code == 404


def test_an_audit_of_nothing_does_not_say_that_all_is_well(site):
    agreement = json.loads((FOLDER / "agreement.json").read_text("utf-8"))
    stored = document_of(AGREEMENTS, load_agreement(agreement, max_lines=None))
    site.store.documents.put(DocumentKind.AGREEMENT, [stored])
    billing = site.visit("billing")
    billing.post("/audits/run/AG-SEATS", as_of="", page=AGREEMENT)
    said = words(billing.get(AGREEMENT))
    assert "Nothing was compared: no use and no invoices of it are stored." in said
    assert "billed as agreed" not in said
    assert "Nothing differs" not in said
