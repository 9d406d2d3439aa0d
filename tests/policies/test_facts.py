"""What follows from a quote is derived exactly, and an unknown part makes a sum unknown."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from policies.derivation import derive, rederive
from policies.domain.catalog import Catalog, CatalogPrice, PriceBook, Product
from policies.domain.charge import PricePeriod
from policies.domain.company import Company
from policies.domain.finding import Change
from policies.domain.schedule import Unscheduled, committed_total
from policies.remedy import apply
from tests.builders import a_line, a_quote, a_usage_line

AS_OF = datetime(2026, 6, 1, 12, tzinfo=UTC)


def a_book(name: str = "2026", currency: str = "USD", **dates: date) -> PriceBook:
    return PriceBook(price_book=name, currency=currency, **dates)


def catalog(*prices: CatalogPrice, books: tuple[PriceBook, ...] = (a_book(),)) -> Catalog:
    product = Product(product_id="SEATS", name="Seats", family="Platform", prices=prices)
    return Catalog(products={"SEATS": product}, price_books={book.price_book: book for book in books})


def a_price(**terms: object) -> CatalogPrice:
    values: dict[str, object] = {
        "price_book": "2026",
        "price_period": PricePeriod.MONTH,
        "list_unit_price": Decimal(120),
    }
    return CatalogPrice(**(values | terms))  # type: ignore[arg-type]


def facts(quote=None, **tables: object):
    return derive(quote or a_quote(), as_of=AS_OF, **tables)  # type: ignore[arg-type]


def test_the_totals_of_a_year_at_a_monthly_price() -> None:
    # 10 seats * $100 * 12 months.
    found = facts()
    assert (found.tcv, found.acv, found.one_time_total) == (Decimal(12000), Decimal(12000), Decimal(0))


def test_a_three_year_deal_has_three_times_the_tcv_and_the_same_acv() -> None:
    found = facts(a_quote(end_date="2028-12-31"))
    assert (found.tcv, found.acv) == (Decimal(36000), Decimal(12000))


def test_one_time_charges_count_once_and_not_in_the_acv() -> None:
    fee = a_line(line_id="2", charge_type="one_time", price_period="one_time", quantity=None, net_unit_price="500")
    found = facts(a_quote(lines=[a_line(), fee]))
    assert (found.tcv, found.acv, found.one_time_total) == (Decimal(12500), Decimal(12000), Decimal(500))


def test_usage_commits_to_nothing() -> None:
    assert facts(a_quote(lines=[a_line(), a_usage_line(line_id="2")])).tcv == Decimal(12000)


def test_one_unknown_line_makes_the_totals_unknown() -> None:
    found = facts(a_quote(lines=[a_line(), a_line(line_id="2", quantity=None)]))
    assert (found.tcv, found.acv) == (None, None)
    assert found.lines[0].net_total == Decimal(12000)


def test_free_months_and_a_ramp_are_taken_from_the_schedule() -> None:
    # Two of twelve months are free: 10 * 100 * 10.
    assert facts(a_quote(lines=[a_line(free_months="2")])).tcv == Decimal(10000)
    ramp = [
        {"start_date": "2026-01-01", "end_date": "2026-06-30", "quantity": "5"},
        {"start_date": "2026-07-01", "end_date": "2026-12-31", "quantity": "10"},
    ]
    # Six months of 5 seats and six of 10, at $100.
    assert facts(a_quote(lines=[a_line(ramp=ramp)])).tcv == Decimal(9000)


@pytest.mark.parametrize(
    ("period", "listed", "floor"), [("month", "120", "90"), ("quarter", "360", "270"), ("year", "1440", "1080")]
)
def test_catalog_prices_are_converted_to_the_lines_own_price_period(period: str, listed: str, floor: str) -> None:
    known = catalog(a_price(floor_price=Decimal(90)))
    line = facts(a_quote(lines=[a_line(price_period=period)]), catalog=known).lines[0]
    assert (line.list_unit_price, line.floor_price) == (Decimal(listed), Decimal(floor))


def test_the_segments_own_price_goes_before_the_general_one() -> None:
    known = catalog(a_price(), a_price(segment="smb", list_unit_price=Decimal(80)))
    quote = a_quote(account={"account_id": "A", "segment": "smb"})
    assert facts(quote, catalog=known).lines[0].list_unit_price == Decimal(80)
    assert facts(catalog=known).lines[0].list_unit_price == Decimal(120)


def test_without_a_catalog_price_the_lines_own_list_price_counts() -> None:
    line = facts(a_quote(lines=[a_line(list_unit_price="125")])).lines[0]
    assert (line.list_unit_price, line.list_from_catalog) == (Decimal(125), False)
    # 25 of 125 is 20 %.
    assert line.discount_percent == Decimal(20)


def test_of_two_floors_the_stricter_one_holds() -> None:
    known = catalog(a_price(floor_price=Decimal(90)))
    assert facts(a_quote(lines=[a_line(floor_price="95")]), catalog=known).lines[0].floor_price == Decimal(95)
    assert facts(a_quote(lines=[a_line(floor_price="1")]), catalog=known).lines[0].floor_price == Decimal(90)


def test_the_only_price_book_in_force_is_taken_and_of_two_none() -> None:
    old = a_book("2025", effective_to=date(2025, 12, 31))
    assert facts(catalog=catalog(a_price(), books=(a_book(), old))).price_book == a_book()
    assert facts(catalog=catalog(a_price(), books=(a_book(), a_book("other")))).price_book is None
    named = facts(a_quote(price_book="2025"), catalog=catalog(a_price(), books=(a_book(), old)))
    assert named.price_book == old


def test_prices_in_another_currency_are_not_compared() -> None:
    known = catalog(a_price(), books=(a_book(currency="EUR"),))
    assert facts(a_quote(price_book="2026"), catalog=known).lines[0].list_unit_price is None


def test_the_deal_size_is_in_the_companys_currency_by_its_own_rates() -> None:
    assert facts(company=Company(name="T", currency="USD")).deal_size == Decimal(12000)
    assert facts(company=Company(name="T", currency="EUR")).deal_size is None
    # $12,000 at 0.9 euros a dollar.
    rated = Company(name="T", currency="EUR", exchange_rates={"USD": Decimal("0.9")})
    assert facts(company=rated).deal_size == Decimal(10800)


def test_facts_of_a_changed_quote_are_those_of_a_new_one() -> None:
    known = catalog(a_price(floor_price=Decimal(90)))
    before = facts(a_quote(lines=[a_line(), a_line(line_id="2")]), catalog=known)
    changed = apply(before.quote, [Change(path="/lines/1/net_unit_price", value=Decimal(90))])
    again = rederive(before, changed)
    assert again == facts(changed, catalog=known)
    assert again.lines[0] is before.lines[0]


@pytest.mark.parametrize(
    "change", [Change(path="/end_date", value=date(2027, 12, 31)), Change(path="/currency", value="EUR")]
)
def test_a_changed_header_derives_every_line_anew(change: Change) -> None:
    known = catalog(a_price())
    changed = apply(a_quote(), [change])
    assert rederive(facts(catalog=known), changed) == facts(changed, catalog=known)


def test_a_stub_counts_the_days_of_the_whole_period_that_it_shares_with_its_quote() -> None:
    # 20 May to 30 June are 42 of the 91 days of the quarter from 1 April: 9,100 * 42/91 = 4,200.
    stub = a_line(start_date="2026-05-20", price_period="quarter", net_unit_price="9100", quantity="1")
    quote = a_quote(start_date="2026-04-01", end_date="2026-06-30", billing_frequency="quarterly", lines=[stub])
    found = facts(quote)
    assert found.tcv is not None
    assert round(found.tcv, 2) == Decimal(4200)
    assert found.lines[0].net_total == found.tcv


def test_the_total_of_a_stub_is_that_of_its_schedule() -> None:
    stub = a_line(start_date="2026-02-11", price_period="year", net_unit_price="1200")
    quote = a_quote(lines=[stub])
    total = committed_total(stub, quote)
    assert not isinstance(total, Unscheduled)
    net = facts(quote).lines[0].net_total
    assert net is not None
    assert abs(net - total) < Decimal("0.000001")


def test_a_line_at_list_with_an_uplift_is_worth_at_list_what_it_is_worth() -> None:
    # 10 seats at $100 for 12 months, then 5 % more; a month free takes $1,000 off the one and not off the other.
    uplifted = {"list_unit_price": "100", "net_unit_price": "100", "uplift_percent": "5"}
    quote = a_quote(lines=[a_line(**uplifted), a_line(line_id="2", free_months="1", **uplifted)], end_date="2027-12-31")
    plain, conceded = facts(quote).lines
    assert (plain.net_total, plain.list_total) == (Decimal(24600), Decimal(24600))
    assert (conceded.net_total, conceded.list_total) == (Decimal(23600), Decimal(24600))
