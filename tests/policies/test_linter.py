"""Tables that cannot be meant are found before a quote is judged by them."""

from datetime import date
from decimal import Decimal

import pytest

from policies.domain.catalog import BillingMapping, Catalog, CatalogPrice, PriceBook, Product
from policies.domain.charge import PricePeriod
from policies.domain.company import (
    AuthorityRule,
    Company,
    DiscountAuthority,
    ExtendedTerms,
    MarginFloor,
    PaymentTerms,
    PolicyOverride,
    Thresholds,
)
from policies.linter import lint
from policies.policyset import PolicySet

NO_POLICIES = PolicySet.of(())


def rules(*rows: tuple) -> DiscountAuthority:
    made = [
        AuthorityRule(
            role=role,
            maximum_discount_percent=Decimal(percent),
            product_family=family,
            deal_size_up_to=Decimal(size) if size else None,
        )
        for role, percent, family, size in rows
    ]
    return DiscountAuthority(ladder=("ae", "manager"), rules=tuple(made))


def said(**tables: object) -> list[tuple[str, bool]]:
    company = Company(name="Test", currency="USD", **tables)  # type: ignore[arg-type]
    return [(fault.message, fault.refuses) for fault in lint(company, None, NO_POLICIES)]


SOUND = (("ae", "10", None, None), ("manager", "20", None, None))


def test_a_sound_table_has_no_fault() -> None:
    assert said(discount_authority=rules(*SOUND, ("ae", "5", "Services", None))) == []


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ([SOUND[0]], "no rule for the role manager"),
        ([SOUND[0], ("manager", "20", None, "1000")], "fits every family"),
        ([SOUND[0], ("manager", "8", None, None)], "ae may go to 10 % and manager only to 8 %"),
        ([*SOUND, ("ae", "25", "Services", None)], "only to 20 % on Services"),
        ([*SOUND, ("ae", "25", None, "500")], "only to 20 % at a deal size of 500"),
        ([*SOUND, ("ae", "12", None, None)], "contradict each other"),
    ],
)
def test_a_gap_an_inversion_and_a_contradiction_refuse_the_table(rows: list[tuple], word: str) -> None:
    found = said(discount_authority=rules(*rows))
    assert any(word in message and refuses for message, refuses in found), found


def test_limits_that_rise_and_fall_with_the_deal_size_are_pointed_out() -> None:
    rows = [*SOUND, ("ae", "5", None, "1000"), ("ae", "12", None, "5000")]
    assert said(discount_authority=rules(*rows)) == [
        ("discount_authority: the limits of ae rise and fall with the deal size (5, 12, 10 %)", False)
    ]


@pytest.mark.parametrize(
    ("tables", "word"),
    [
        ({"margin_floors": (MarginFloor(minimum_percent=Decimal(20), deal_size_up_to=Decimal(5)),)}, "no floor"),
        ({"thresholds": Thresholds(digest_probability=Decimal("0.95"))}, "digest tier"),
        (
            {
                "payment_terms": PaymentTerms(
                    standard_days=30, approver="cfo", extended=(ExtendedTerms(up_to_days=15, approver="cfo"),)
                )
            },
            "30 are standard",
        ),
        ({"policy_overrides": {"line-price-flor": PolicyOverride(effect=None)}}, "there is no policy line-price-flor"),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(tables: dict, word: str) -> None:
    assert any(word in message and refuses for message, refuses in said(**tables))


def priced(**numbers: str) -> Catalog:
    amounts = {name: Decimal(number) for name, number in numbers.items()}
    price = CatalogPrice(price_book="B", price_period=PricePeriod.MONTH, **amounts)
    item = Product(product_id="P", prices=(price,), billing=BillingMapping(charge_template="t"))
    return Catalog(products={"P": item}, price_books={"B": PriceBook(price_book="B", currency="USD")})


@pytest.mark.parametrize(
    ("numbers", "word", "refuses"),
    [
        ({"list_unit_price": "10", "floor_price": "12"}, "the floor is above the list price", True),
        ({"floor_price": "12", "unit_cost": "13"}, "the floor is below the cost", False),
        ({"ssp_low": "12", "ssp_high": "11"}, "ends before it begins", True),
    ],
)
def test_prices_that_contradict_each_other_are_found(numbers: dict, word: str, refuses: bool) -> None:
    [fault] = lint(None, priced(**numbers), NO_POLICIES)
    assert word in fault.message
    assert fault.refuses is refuses


def test_two_price_books_of_one_currency_at_one_time_are_pointed_out() -> None:
    books = [
        PriceBook(price_book="A", currency="USD", effective_from=date(2025, 1, 1), effective_to=date(2026, 1, 1)),
        PriceBook(price_book="B", currency="USD", effective_from=date(2026, 1, 1)),
        PriceBook(price_book="C", currency="EUR"),
    ]
    catalog = Catalog(products={}, price_books={book.price_book: book for book in books})
    [fault] = lint(None, catalog, NO_POLICIES)
    assert "A and B are both in force in USD" in fault.message
