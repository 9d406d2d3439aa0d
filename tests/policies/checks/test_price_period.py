"""A price that is another period's list price is found out; a deep discount that somebody gave is not taken for one."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from policies.check import NoParameters, NotApplicable, Satisfied, Undetermined, Violated
from policies.checks.price_period import run
from policies.derivation import derive
from policies.domain.catalog import Catalog
from policies.domain.charge import PricePeriod
from policies.domain.finding import Change, Direction, Effect
from policies.remedy import apply
from tests.builders import a_line, a_quote, a_usage_line, built

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
SEAT_AT_40_A_MONTH = built(
    Catalog,
    {
        "price_books": {"2026": {"price_book": "2026", "currency": "USD"}},
        "products": {
            "SEATS": {
                "product_id": "SEATS",
                "prices": [{"price_book": "2026", "price_period": "month", "list_unit_price": "40"}],
            }
        },
    },
)


def judged(line, catalog=SEAT_AT_40_A_MONTH, **quote):
    facts = derive(a_quote(lines=[line], **quote), as_of=AS_OF, catalog=catalog)
    return run(facts.lines[0], facts, NoParameters())


def test_the_seat_contract_with_40_dollars_in_an_annual_field_loses_220_000():
    # 500 seats * $40 * 12 months = $240,000; 500 * $40 for one year = $20,000.
    line = a_line(quantity="500", price_period="year", net_unit_price="40")
    found = judged(line)

    assert isinstance(found, Violated)
    assert found.loss.remaining_term == Decimal(220_000)
    assert (found.direction, found.effect, found.confidence) == (Direction.UNDER, None, Decimal("0.97"))
    assert found.changes == (Change(path="/lines/0/price_period", value=PricePeriod.MONTH),)
    assert found.evidence[0].expected == "480"
    assert isinstance(judged(apply(a_quote(lines=[line]), found.changes).lines[0]), Satisfied)


def test_where_the_yearly_list_price_stands_beside_it_the_price_is_mended():
    line = a_line(quantity="500", price_period="year", list_unit_price="480", net_unit_price="40")
    found = judged(line)

    assert found.changes == (Change(path="/lines/0/net_unit_price", value=Decimal("480.00")),)
    assert isinstance(judged(apply(a_quote(lines=[line]), found.changes).lines[0]), Satisfied)


def test_a_list_price_of_the_wrong_period_is_found_whatever_the_discount():
    # List 40 and net 36 in a yearly field; the catalog's yearly list price is 480.
    found = judged(a_line(price_period="year", list_unit_price="40", net_unit_price="36"))

    assert found.changes == (Change(path="/lines/0/price_period", value=PricePeriod.MONTH),)
    assert found.loss.remaining_term == 10 * Decimal(36) * 11


def test_a_discounted_months_price_is_found_by_its_stated_discount():
    found = judged(a_line(price_period="year", net_unit_price="36", discounts=[{"percent": "10"}]))

    assert isinstance(found, Violated)


def test_a_discount_that_was_computed_from_the_price_excuses_nothing():
    line = a_line(price_period="year", list_unit_price="480", net_unit_price="40", discounts=[{"percent": "91.67"}])

    assert isinstance(judged(line), Violated)


@pytest.mark.parametrize(
    ("period", "net", "meant"),
    [
        ("month", "480", "year"),
        ("month", "120", "quarter"),
        ("quarter", "40", "month"),
        ("quarter", "480", "year"),
        ("year", "120", "quarter"),
        ("year", "40.79", "month"),
        ("term", "40", "month"),
    ],
)
def test_every_pair_of_periods_is_recognised_within_two_percent(period, net, meant):
    found = judged(a_line(price_period=period, net_unit_price=net))

    assert isinstance(found, Violated)
    assert found.reports["meant"] == meant


def test_too_high_a_price_is_over():
    found = judged(a_line(price_period="month", net_unit_price="480"))

    # 10 seats * (480 - 40) * 12 months.
    assert (found.direction, found.loss.remaining_term) == (Direction.OVER, Decimal(52_800))


@pytest.mark.parametrize("net", ["40.9", "39.1", "300", "470", "160.1"])
def test_prices_further_off_are_discounts(net):
    assert isinstance(judged(a_line(price_period="year", net_unit_price=net)), Satisfied)


def test_seventy_five_percent_off_on_purpose_is_a_discount():
    line = a_line(price_period="year", list_unit_price="480", net_unit_price="120", discounts=[{"percent": "75"}])

    assert isinstance(judged(line), Satisfied)


def test_a_quarter_of_the_list_price_beside_it_is_only_flagged():
    found = judged(a_line(price_period="year", list_unit_price="480", net_unit_price="120"))

    assert (found.effect, found.confidence) == (Effect.FLAG, Decimal("0.70"))


def test_a_rate_for_use_and_a_fee_have_no_price_period():
    assert isinstance(judged(a_usage_line()), NotApplicable)
    assert isinstance(judged(a_line(charge_type="one_time", net_unit_price="480")), NotApplicable)


def test_without_a_list_price_it_cannot_be_told():
    assert isinstance(judged(a_line(), catalog=None), Undetermined)
    assert isinstance(judged(a_line(list_unit_price="110"), catalog=None), Satisfied)


def test_without_a_term_the_money_is_unknown():
    found = judged(a_line(price_period="year", net_unit_price="40"), start_date=None, end_date=None)

    assert found.loss.remaining_term is None
