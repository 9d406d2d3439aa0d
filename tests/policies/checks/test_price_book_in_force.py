"""A quote is priced by the book in force when it was made, or one that ended within the days of grace."""

from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied, Undetermined
from policies.checks.price_book_in_force import CHECK
from policies.domain.catalog import Catalog
from policies.domain.finding import Change
from tests.builders import a_company, a_line, a_quote, built
from tests.judging import after, judged, violated

CATALOG = built(
    Catalog,
    {
        "price_books": {
            "2025": {"price_book": "2025", "currency": "USD", "effective_to": "2025-12-31"},
            "2026": {"price_book": "2026", "currency": "USD", "effective_from": "2026-01-01"},
        },
        "products": {
            "SEATS": {
                "product_id": "SEATS",
                "prices": [
                    {"price_book": "2025", "price_period": "month", "list_unit_price": "100"},
                    {"price_book": "2026", "price_period": "month", "list_unit_price": "110"},
                ],
            }
        },
    },
)


def priced_by(book, made="2026-03-01T00:00:00+00:00", **terms):
    defaults = {"price_book": book, "created_at": made, "lines": [a_line(net_unit_price="90")]}
    return a_quote(**(defaults | terms))


def test_last_years_book_costs_the_rise_at_the_same_discount():
    # 10 % off 110 is 99: 9 * 10 seats * 12 months.
    found = violated(CHECK, priced_by("2025"), catalog=CATALOG)

    assert found.loss.remaining_term == Decimal(1080)
    assert found.changes == (Change(path="/price_book", value="2026"),)
    assert isinstance(after(CHECK, priced_by("2025"), catalog=CATALOG), Satisfied)


@pytest.mark.parametrize(("made", "fine"), [("2026-01-30T00:00:00+00:00", True), ("2026-01-31T00:00:00+00:00", False)])
def test_thirty_days_of_grace_are_thirty_days(made, fine):
    company = a_company(thresholds={"price_book_grace_days": 30})
    outcome = judged(CHECK, priced_by("2025", made), catalog=CATALOG, company=company)
    assert isinstance(outcome, Satisfied) is fine


def test_a_quote_keeps_the_book_of_the_day_on_which_it_was_made():
    assert isinstance(judged(CHECK, priced_by("2025", "2025-12-01T00:00:00+00:00"), catalog=CATALOG), Satisfied)


def test_unnamed_and_unknown_books_are_not_judged():
    assert isinstance(judged(CHECK, priced_by(None), catalog=CATALOG), NotApplicable)
    assert isinstance(judged(CHECK, priced_by("2019"), catalog=CATALOG), Undetermined)
    assert isinstance(judged(CHECK, priced_by("2025")), Undetermined)
