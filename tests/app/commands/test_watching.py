"""The watch as a person runs it: over files, and over what is stored."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.ingest import AGREEMENTS, BILLING_CONFIGURATIONS, document_of
from app.store import DocumentKind, Store
from cpq_hooks.canonical import to_document
from tests.watched import A_DISCOUNT, SEATS, a_contract, a_set_up, used

DISCOUNTED = SEATS | A_DISCOUNT


@pytest.fixture
def written(tmp_path):
    """Writes records as JSON Lines and gives the file."""

    def write(name, *records):
        path = tmp_path / name
        path.write_text("".join(json.dumps(to_document(each)) + "\n" for each in records))
        return path

    return write


def test_files_are_watched_and_an_alert_makes_the_exit_code_one(run, written, home):
    agreement, billing = written("a.jsonl", a_contract(DISCOUNTED)), written("b.jsonl", a_set_up(SEATS))
    done = run("watch", "--agreement", agreement, "--billing", billing, "--as-of", "2026-03-10", "--home", home)
    assert done.exit_code == 1
    assert "by 2026-03-31  AG-1  UNDER  R02  discount-ends-without-price-step  $18,000" in done.stdout
    assert "1 alert on 1 agreement." in done.stdout


def test_nothing_to_say_is_zero(run, written, home):
    done = run("watch", "--agreement", written("a.jsonl", a_contract()), "--as-of", "2026-03-10", "--home", home)
    assert (done.exit_code, done.stdout) == (0, "0 alerts on 1 agreement.\n")


def test_what_cannot_be_told_is_said_and_is_no_alert(run, written, home):
    done = run(
        "watch", "--agreement", written("a.jsonl", a_contract(DISCOUNTED)), "--as-of", "2026-03-10", "--home", home
    )
    assert done.exit_code == 0
    assert "no billing configuration is known" in done.stdout


def test_json_is_what_the_api_answers(run, written, home):
    agreement, billing = written("a.jsonl", a_contract(DISCOUNTED)), written("b.jsonl", a_set_up(SEATS))
    done = run(
        "watch", "--agreement", agreement, "--billing", billing, "--as-of", "2026-03-10", "--home", home, "--json"
    )
    told = json.loads(done.stdout)
    assert told["alerts"] == 1
    assert told["agreements"][0]["alerts"][0]["finding"]["amount_at_risk"]["remaining_term"] == "18000.00"


def test_usage_is_read_from_a_file(run, written, home):
    line = {
        "line_id": "2",
        "product_id": "CALLS",
        "charge_type": "usage",
        "price_period": "month",
        "net_unit_price": "0",
        "included_quantity": "3000",
        "overage_unit_price": "0.50",
    }
    usage = written("u.jsonl", *used("2026-03-01", 10, 120))
    agreement = written("a.jsonl", a_contract(line))
    done = run("watch", "--agreement", agreement, "--usage", usage, "--as-of", "2026-03-10", "--home", home)
    assert "allowance-about-to-be-passed  $360" in done.stdout


@pytest.mark.parametrize("arguments", [("--billing", "x.json"), ("--agreement", "missing.json")])
def test_what_is_not_given_right_is_refused(run, arguments, tmp_path):
    (tmp_path / "x.json").write_text("{}")
    assert run("watch", *[tmp_path / each if each == "x.json" else each for each in arguments]).exit_code == 3


def test_bad_records_are_refused_with_their_place(run, tmp_path, home):
    path = tmp_path / "a.json"
    path.write_text('{"agreement_id": "AG-1"}')
    done = run("watch", "--agreement", path, "--home", home)
    assert done.exit_code == 3
    assert "$.currency" in done.stderr


@pytest.fixture
def stored(run, database):
    """A store with an agreement whose discount ends within the month, whatever day it is, and billing without a step."""
    assert run("db", "upgrade").exit_code == 0
    today = datetime.now(UTC).date()
    soon, start, end = today + timedelta(days=5), today - timedelta(days=60), today + timedelta(days=300)
    line = SEATS | {"list_unit_price": "100", "discounts": [{"percent": "20", "ends_on": soon.isoformat()}]}
    dates = {"start_date": start.isoformat(), "end_date": end.isoformat()}
    with Store.open(database) as store:
        put = store.documents.put
        put(DocumentKind.AGREEMENT, [document_of(AGREEMENTS, a_contract(line, **dates))])
        bills = a_set_up(SEATS, first_invoice_date=start.isoformat())
        put(DocumentKind.BILLING_CONFIGURATION, [document_of(BILLING_CONFIGURATIONS, bills)])
    return database


def test_what_is_stored_is_watched_and_an_alert_is_new_once(run, stored, home):
    first, second = (run("watch", "--home", home) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (1, 1)
    assert "  new\n" in first.stdout
    assert "  new\n" not in second.stdout
    with Store.open(stored) as store:
        [kept] = store.alerts.of("AG-1")
        assert kept.alert.policy_id == "discount-ends-without-price-step"
        assert json.loads(kept.alert.document)["alert_id"] == kept.alert.alert_id
        assert kept.last_seen > kept.first_seen


def test_as_of_another_day_nothing_is_kept(run, stored, home):
    yesterday = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    assert run("watch", "--home", home, "--as-of", yesterday).exit_code == 1
    with Store.open(stored) as store:
        assert store.alerts.of("AG-1") == ()


def test_one_agreement_is_watched_by_its_id(run, stored, home):
    assert run("watch", "--home", home, "--agreement-id", "AG-1").exit_code == 1
    assert run("watch", "--home", home, "--agreement-id", "AG-9").exit_code == 3
