"""The company's own files, its people and its seasons."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from app.demo import demo_catalog, demo_company, demo_files
from app.demo.accounts import customer
from app.demo.concessions import consents_for
from app.demo.people import pod
from app.demo.randomness import Weighted, stream
from app.demo.season import Season, is_quarter_end, next_month
from policies.domain.authority import Sale, limit_of
from policies.domain.catalog import CatalogPrice
from policies.linter import lint
from tests.builders import a_line

START, END = date(2024, 11, 1), date(2026, 11, 1)


def test_nobody_mistakes_the_company_for_a_real_one():
    company = demo_company()
    assert company.name == "Northlight Software (simulated)"
    assert company.simulated
    assert demo_catalog().simulated
    assert all("simulated" in text.splitlines()[0] for text in demo_files().values())


def test_the_tables_have_no_gap_and_no_contradiction_but_for_the_retired_product(library):
    faults = lint(demo_company(), demo_catalog(), library)
    assert [fault.message.partition(":")[0] for fault in faults] == ["LEGACY-CONNECTOR"]
    assert not any(fault.refuses for fault in faults)


def test_seats_and_calls_cost_what_the_product_page_says():
    seat = demo_catalog().price("SEAT", "2026-standard", "enterprise")
    calls = demo_catalog().price("API-CALLS", "2026-standard", None)
    assert (seat.list_unit_price, seat.floor_price, seat.overage_unit_price) == (40, 26, 50)
    assert calls.overage_unit_price == Decimal("0.012")
    assert demo_catalog().products["API-CALLS"].expected_usage_percent == 120


@pytest.mark.parametrize("product", demo_catalog().products.values(), ids=lambda product: product.product_id)
def test_a_product_is_priced_in_every_book_or_in_none(product):
    books = set(demo_catalog().price_books)
    assert {price.price_book for price in product.prices} in (books, set())
    for price in product.prices:
        assert_in_order(price)


def assert_in_order(price: CatalogPrice):
    low_to_high = [price.unit_cost, price.ssp_low, price.floor_price, price.list_unit_price, price.ssp_high]
    known = [amount for amount in low_to_high[:1] + low_to_high[2:] if amount is not None]
    assert known == sorted(known)
    assert price.ssp_low is None or price.ssp_low < price.floor_price


def test_only_the_retired_product_is_unknown_to_billing():
    assert [each.product_id for each in demo_catalog().products.values() if each.billing is None] == [
        "LEGACY-CONNECTOR"
    ]


def test_the_simulators_limits_are_those_of_the_authority_table():
    table = demo_company().discount_authority
    for role, platform, services in (("ae", 10, 5), ("manager", 20, 15), ("director", 30, 30), ("cro", 40, 40)):
        assert limit_of(table, role, Sale("Platform", None, Decimal(200_000))).strictest == platform
        assert limit_of(table, role, Sale("Services", None, Decimal(200_000))).strictest == services


@pytest.mark.parametrize(
    ("net", "family", "role", "consents"),
    [
        ("90", "Platform", "ae", ()),
        ("89", "Platform", "ae", ("manager",)),
        ("79", "Platform", "ae", ("director",)),
        ("79", "Platform", "manager", ("director",)),
        ("60", "Platform", "director", ("cro",)),
        ("94", "Services", "ae", ("manager",)),
    ],
)
def test_a_price_asks_for_the_lowest_role_that_may_give_it(net, family, role, consents):
    line = a_line(list_unit_price="100", net_unit_price=net, product_family=family)
    assert consents_for([line], role) == consents


def test_people_are_hired_leave_and_are_followed_by_others():
    seats = [seat for number in range(20) for seat in pod(3, number, START, END).seats]
    assert any(len(seat) > 1 for seat in seats)
    for seat in seats:
        for before, after in pairwise(seat):
            assert before.left_on < after.hired_on
        assert seat[-1].left_on is None or seat[-1].left_on < END


def test_somebody_sells_on_every_day():
    one = pod(3, 0, START, END)
    for day in (START + timedelta(days=n) for n in range((END - START).days)):
        assert all(one.seller(seat, day).works_on(day) for seat in range(8))


def test_more_quotes_are_made_at_the_end_of_a_quarter_and_hardly_any_on_sundays():
    season, rng = Season.of(START, END), stream(1, 1, 1)
    days = [season.day(rng) for _ in range(8_000)]
    rushed = sum(is_quarter_end(day) for day in days) / len(days)
    assert 0.15 < rushed < 0.30  # 10 of about 91 days are 11 %
    assert Counter(day.weekday() for day in days)[6] < len(days) / 100
    assert min(days) >= START
    assert max(days) < END


def test_the_end_of_a_quarter_is_its_last_ten_days():
    assert [is_quarter_end(date(2026, 3, day)) for day in (21, 22, 31)] == [False, True, True]
    assert not is_quarter_end(date(2026, 4, 30))
    assert next_month(date(2026, 12, 31)) == date(2027, 1, 1)


def test_customers_have_names_of_their_own():
    names = {customer(stream(1, 2, number), number).account.name for number in range(70_000)}
    assert len(names) == 70_000
    assert customer(stream(1, 2, 3), 3, "JPY").currency == "JPY"


def test_a_choice_falls_as_often_as_its_weight():
    rng, choice = stream(1, 2, 3), Weighted.of([("often", 9), ("seldom", 1), ("never", 0)])
    drawn = Counter(choice.pick(rng) for _ in range(10_000))
    assert drawn["never"] == 0
    assert 850 < drawn["seldom"] < 1_150  # 1,000 on average, with a standard deviation of 30
