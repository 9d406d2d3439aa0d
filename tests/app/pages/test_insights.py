"""The insights page: ledgers apart, figures with what they rest on, tables as CSV, fixes noted."""

import csv
from io import StringIO

import pytest

from app.ledgers.insights import GROUPS
from app.pages.insights import CSVS
from tests.app.ledgers.builders import a_finding, a_line, a_quote, agreed, decided, turned_out
from tests.app.store.builders import POLICIES
from tests.pages import words

MENDED = a_line(overage_unit_price="0.012")
ALWAYS = "?from=2025-01-01&to=2026-12-31"


@pytest.fixture
def site(site):
    """The pages, with the policies that the builders' decisions name."""
    site.store.artefacts.put("policies", POLICIES)
    return site


@pytest.fixture
def booked(site):
    """One deal blocked, mended and signed; and a leak that a dispute brought up, in another currency."""
    decided(site.store, a_quote(), a_finding())
    decided(site.store, a_quote(MENDED), days=1)
    agreed(site.store, a_quote(MENDED))
    told = {"leaked": True, "amount": "700.00", "recovered_amount": "200.00", "pattern": "U05", "source": "dispute"}
    turned_out(site.store, currency="EUR", discovered_at="2026-02-01T00:00:00+00:00", verdict="false_negative", **told)
    return site


def rows_of(answer):
    return list(csv.DictReader(StringIO(answer.data.decode("utf-8-sig"))))


def test_each_ledger_and_each_currency_stands_by_itself(booked):
    visitor = booked.visit("analyst")
    told = words(visitor.get(f"/insights{ALWAYS}&currency=USD"))
    assert "Prevented $14,400" in told
    assert "Detected $0" in told
    assert "$15,100" not in told
    told = words(visitor.get(f"/insights{ALWAYS}&currency=EUR"))
    assert "Detected €500" in told
    assert "Recovered €200" in told


def test_a_figure_has_its_cases_and_interval_or_why_it_cannot_be_told(booked):
    told = words(booked.visit("auditor").get(f"/insights{ALWAYS}"))
    # 0 of 1 leak was flagged: Wilson's interval by hand is 0 to z²/(1+z²) = 79.3 %.
    assert "Detection rate 0.0 % 0.0 % to 79.3 % 1" in told
    assert "Nothing can be told yet: 6 figures" in told
    assert "no review is recorded" in told
    assert "Never to be added to what was recovered." in told


def test_every_grouping_shows_and_has_its_table(booked):
    visitor = booked.visit("approver")
    for group in GROUPS:
        assert visitor.get(f"/insights{ALWAYS}&group={group}").status_code == 200
        rows = rows_of(visitor.get(f"/insights/csv/ledgers{ALWAYS}&group={group}"))
        assert [each["prevented"] for each in rows if each["currency"] == "USD"] == ["14400.00"]


def test_every_table_is_there_as_csv(booked):
    visitor = booked.visit("admin")
    for name in CSVS:
        answer = visitor.get(f"/insights/csv/{name}{ALWAYS}")
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}-2025-01-01-2026-12-31.csv"'
    assert visitor.get("/insights/csv/people").status_code == 404


def test_reps_and_billing_are_kept_out(site):
    for role in ("rep", "billing"):
        assert site.visit(role).get("/insights").status_code == 403
    assert site.visit("auditor").post("/insights/fixes", page="/insights").status_code == 403


def test_an_address_that_cannot_be_taken_is_said_and_something_is_shown(site):
    told = words(site.visit("analyst").get("/insights?from=yesterday&group=moon&side=both&to=0001-01-01"))
    assert "The from day must be a day such as 2026-03-31." in told
    assert "Group is one of month, pattern" in told
    assert "No money has been booked in these days" in told


def test_a_fix_is_noted_by_an_analyst_and_compared_once_it_is_old_enough(booked):
    visitor = booked.visit("analyst")
    fix = {"kind": "pattern", "value": "U05", "made_on": "2026-02-27", "title": "Meter <b>mended</b>"}
    answer = visitor.post("/insights/fixes", page="/insights", **fix)
    assert answer.status_code == 303
    page = visitor.get("/insights")
    assert "only 3 days have passed since the fix: wait for 28" in words(page)
    assert "Meter &lt;b&gt;mended&lt;/b&gt;" in page.text


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("value", "U99", "There is no such pattern"),
        ("made_on", "2027-01-01", "not after today"),
        ("made_on", "soon", "Not a valid date"),
        ("title", "", "Say in a sentence what was done"),
    ],
)
def test_a_fix_that_cannot_be_is_refused_with_the_reason(site, field, value, told):
    fix = {"kind": "pattern", "value": "U05", "made_on": "2026-02-27", "title": "Mended", field: value}
    answer = site.visit("analyst").post("/insights/fixes", page="/insights", **fix)
    assert answer.status_code == 422
    assert told in words(answer)


def test_hostile_names_stay_text_on_the_page_and_in_the_table(site):
    name = "=cmd|'/c calc'!A1<script>alert(1)</script>\u202e"
    line = a_line(product_id=name)
    decided(site.store, a_quote(line, rep={"rep_id": name}), a_finding(), rep_id=name)
    mended = a_line(product_id=name, overage_unit_price="1")
    decided(site.store, a_quote(mended, rep={"rep_id": name}), days=1, rep_id=name)
    agreed(site.store, a_quote(mended))
    visitor = site.visit("analyst")
    for group in ("rep", "product"):
        page = visitor.get(f"/insights{ALWAYS}&group={group}").text
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert rows_of(visitor.get(f"/insights/csv/ledgers{ALWAYS}&group={group}"))[0]["value"].startswith("'=cmd")


def test_signs_of_gaming_come_as_a_page_and_as_a_part(site):
    visitor = site.visit("analyst")
    assert "no discount authority is stated" in words(visitor.get("/insights/signals"))
    part = visitor.get("/insights/signals?part=1").text
    assert "<html" not in part
    assert "No sign of gaming in these days." in part
