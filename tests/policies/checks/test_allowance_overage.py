"""An allowance without an overage price is a violation; a cap, a usage price or an overage price is not."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from policies.check import NoParameters, NotApplicable, Satisfied, Violated
from policies.checks.allowance_overage import run
from policies.derivation import derive
from policies.domain.catalog import Catalog
from policies.domain.finding import Change
from policies.remedy import apply
from tests.builders import a_line, a_quote, a_usage_line, built

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


def api_calls(**terms):
    """A flat $900 a month with 500,000 calls included."""
    defaults = {"product_id": "API-CALLS", "charge_model": "flat", "net_unit_price": "900", "quantity": None}
    return a_line(**(defaults | {"included_quantity": "500000"} | terms))


def a_catalog(*, expected_usage_percent="120", overage="0.012", period="month"):
    price = {"price_book": "2026", "price_period": period, "list_unit_price": "900", "overage_unit_price": overage}
    product = {"product_id": "API-CALLS", "expected_usage_percent": expected_usage_percent, "prices": [price]}
    books = {"2026": {"price_book": "2026", "currency": "USD"}}
    return built(Catalog, {"products": {"API-CALLS": product}, "price_books": books})


def judged(line, catalog=None, **quote):
    facts = derive(a_quote(lines=[line], **quote), as_of=AS_OF, catalog=catalog)
    return run(facts.lines[0], facts, NoParameters())


def test_the_example_of_the_decision_costs_14_400_dollars():
    # 120 % of 500,000 are 600,000; 100,000 calls at $0.012 are $1,200 a month, $14,400 in twelve.
    found = judged(api_calls(), a_catalog())

    assert isinstance(found, Violated)
    assert (found.loss.per_period, found.loss.remaining_term) == (Decimal(1200), Decimal(14400))
    assert found.loss.assumptions == ("usage at 120 % of allowance, the family's median",)
    (evidence,) = found.evidence
    assert (evidence.field, evidence.actual, evidence.expected) == ("lines[1].overage_unit_price", None, "0.012")
    assert evidence.expected_from == "catalog API-CALLS, price book 2026"
    assert found.reports["expected_usage"] == "600,000 are expected"


def test_the_catalogs_price_clears_it():
    line = api_calls()
    found = judged(line, a_catalog())

    quote = apply(a_quote(lines=[line]), found.changes)

    assert found.changes == (Change(path="/lines/0/overage_unit_price", value=Decimal("0.012"), absent=True),)
    assert isinstance(judged(quote.lines[0], a_catalog()), Satisfied)


@pytest.mark.parametrize(
    "line",
    [
        api_calls(overage_unit_price="0.012"),
        api_calls(hard_cap=True),
        a_usage_line(included_quantity="1000"),
        a_usage_line(included_quantity="1000", net_unit_price=None, charge_model="graduated"),
    ],
)
def test_use_beyond_the_allowance_that_is_priced_or_stopped_is_fine(line):
    assert isinstance(judged(line), Satisfied)


@pytest.mark.parametrize(
    "line",
    [
        api_calls(overage_unit_price="0"),
        api_calls(hard_cap=False),
        a_usage_line(included_quantity="1000", overage_unit_price="0"),
        a_usage_line(included_quantity="1000", net_unit_price="0"),
    ],
)
def test_a_price_of_zero_is_no_price(line):
    assert isinstance(judged(line), Violated)


@pytest.mark.parametrize(
    "line", [a_line(), api_calls(included_quantity="0"), api_calls(included_quantity=None, included_unlimited=True)]
)
def test_without_a_counted_allowance_there_is_nothing_to_judge(line):
    assert isinstance(judged(line), NotApplicable)


def test_without_a_catalog_the_money_is_unknown_and_nothing_is_proposed():
    found = judged(api_calls())

    assert found.loss.remaining_term is None
    assert found.loss.assumptions == ("the catalog has no overage price for API-CALLS",)
    assert found.changes == ()


def test_without_expected_usage_the_price_is_known_but_not_the_money():
    found = judged(api_calls(), a_catalog(expected_usage_percent=None))

    assert found.changes[0].value == Decimal("0.012")
    assert found.loss.remaining_term is None


def test_without_a_term_only_the_period_is_priced():
    found = judged(api_calls(), a_catalog(), start_date=None, end_date=None)

    assert (found.loss.per_period, found.loss.remaining_term) == (Decimal(1200), None)


def test_a_seat_costs_twelve_times_as_much_a_year_and_a_call_the_same():
    yearly = {"price_period": "year", "net_unit_price": "10800"}
    standing = judged(api_calls(**yearly), a_catalog(overage="50"))
    flowing = judged(api_calls(**yearly, quantity_basis="sum"), a_catalog(overage="50"))

    assert standing.changes[0].value == Decimal(600)
    assert flowing.changes[0].value == Decimal(50)


def test_an_explicit_null_is_replaced_and_not_added():
    line = replace(api_calls(), nulls=frozenset({"overage_unit_price"}))

    assert judged(line, a_catalog()).changes[0].absent is False
