"""The named price book exists, and is in the quote's currency."""

from policies.check import NotApplicable, Satisfied, Undetermined
from policies.checks.price_book_currency import CHECK
from policies.domain.catalog import Catalog, PriceBook
from policies.domain.finding import Change
from tests.builders import a_quote
from tests.judging import after, judged, violated


def books(**currencies):
    return Catalog(
        products={}, price_books={id_: PriceBook(price_book=id_, currency=code) for id_, code in currencies.items()}
    )


def test_a_book_in_another_currency_is_replaced_by_the_one_in_force():
    quote, catalog = a_quote(price_book="euro"), books(euro="EUR", dollar="USD")
    found = violated(CHECK, quote, catalog=catalog)

    assert found.changes == (Change(path="/price_book", value="dollar"),)
    assert found.reports["reason"] == "is in EUR, and the quote is in USD"
    assert found.loss.remaining_term is None
    assert isinstance(after(CHECK, quote, catalog=catalog), Satisfied)


def test_an_unknown_book_is_named_and_of_two_candidates_none_is_proposed():
    found = violated(CHECK, a_quote(price_book="old"), catalog=books(one="USD", two="USD"))
    assert (found.reports["reason"], found.changes) == ("is not in the catalog", ())


def test_a_fitting_book_is_fine_and_without_books_nothing_can_be_told():
    assert isinstance(judged(CHECK, a_quote(price_book="dollar"), catalog=books(dollar="USD")), Satisfied)
    assert isinstance(judged(CHECK, a_quote(price_book="dollar")), Undetermined)
    assert isinstance(judged(CHECK, a_quote(price_book="dollar"), catalog=books()), Undetermined)
    assert isinstance(judged(CHECK, a_quote(), catalog=books(dollar="USD")), NotApplicable)
