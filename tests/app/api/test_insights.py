"""The insights over HTTP: as JSON and CSV, by month and otherwise, and the log of fixes."""

import csv
import io

import pytest

from app.store.artefacts import digest_of
from tests.app.ledgers.builders import a_finding, a_line, a_quote, agreed, decided
from tests.app.store.builders import POLICIES

MENDED = a_line(overage_unit_price="0.012")
SPAN = "from=2026-01-01&to=2026-12-31"


@pytest.fixture
def story(api):
    """A deal that was blocked, mended and signed, by a rep whose name is a formula."""
    assert api.store.artefacts.put("policies", POLICIES) == digest_of(POLICIES)
    decided(api.store, a_quote(), a_finding(), rep_id="=1+1")
    decided(api.store, a_quote(MENDED), days=1, rep_id="=1+1")
    agreed(api.store, a_quote(MENDED))
    return api


@pytest.mark.parametrize(
    ("group", "value"),
    [("month", "2026-03"), ("pattern", "Q11"), ("rep", "=1+1"), ("product", "SEAT"), ("segment", "mid-market"), ("source", "crm")],
)  # fmt: skip
def test_the_ledgers_are_grouped_by_what_is_asked_for(story, group, value):
    answer = story.get(f"/v1/insights/ledgers?{SPAN}&group_by={group}").json
    [row] = answer["rows"]
    assert (row["value"], row["prevented"], row["side"]) == (value, "14400.00", "under")
    assert "signed" in answer["definitions"]["prevented"]


def test_each_metric_has_its_number_and_says_where_it_cannot_be_told(story):
    found = {each["definition"]: each for each in story.get(f"/v1/insights/ledgers?{SPAN}").json["metrics"]}
    assert (found["prevention_yield"]["value"], found["clean_quote_rate"]["value"]) == (1.0, 0.0)
    assert found["flags_per_quote"]["value"] == 0.5
    assert found["leakage_rate"]["value"] is None
    assert found["leakage_rate"]["because"] == "no audit is kept in this currency"


def test_csv_is_had_by_format_or_accept_and_no_cell_is_a_formula(story):
    answer = story.get(f"/v1/insights/reps?{SPAN}&format=csv")
    [row] = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert answer.content_type == "text/csv; charset=utf-8"
    assert (row["value"], row["decisions"], row["clean_quotes.n"]) == ("'=1+1", "2", "1")
    headers = {"Authorization": f"Bearer {story.key}", "Accept": "text/csv, application/json;q=0.5"}
    assert story.client.get("/v1/insights/patterns", headers=headers).content_type.startswith("text/csv")


@pytest.mark.parametrize("name", ["patterns", "policies", "reps", "fixes", "signals"])
def test_every_insight_answers_on_an_empty_record_and_on_a_full_one(api, story, name):
    assert story.get(f"/v1/insights/{name}?{SPAN}").status_code == 200
    assert api.get(f"/v1/insights/{name}?from=2020-01-01&to=2020-02-01").json["rows"] == []
    assert api.get(f"/v1/insights/{name}?from=2021-01-01&to=2020-02-01").status_code == 400


def test_a_fix_is_noted_and_says_that_too_few_days_have_passed(story):
    fix = {
        "kind": "policy",
        "value": "allowance-without-overage-price",
        "made_on": "2026-03-01",
        "title": "Catalog has it",
    }
    assert story.check(fix, path="/v1/insights/fixes").status_code == 200
    [made] = story.get("/v1/insights/fixes?from=2026-01-01&to=2026-03-08").json["made"]
    assert (made["window_days"], made["ratio"]["value"]) == (7, None)
    assert "only 7 days" in made["ratio"]["because"]
    assert story.check(fix | {"kind": "rep"}, path="/v1/insights/fixes").status_code == 422
