"""Products that are sold with others are on the quote."""

from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied, Undetermined
from policies.checks.companions import CHECK
from tests.builders import a_catalog, a_line, a_quote
from tests.judging import after, judged, violated

SUPPORT = {
    "product_id": "SUPPORT",
    "name": "Premium support",
    "charge_type": "recurring",
    "charge_model": "flat",
    "price_period": "year",
    "list_unit_price": "9000",
}


def catalog(*others, **rule):
    """Seats require support."""
    seats = {"product_id": "SEATS", "requires": [{"product_id": "SUPPORT"} | rule]}
    return a_catalog(seats, *(others or [SUPPORT]))


def support(**terms):
    return a_line(line_id="2", product_id="SUPPORT", charge_type="one_time", price_period=None, quantity="1", **terms)


def test_the_missing_companion_is_added_at_list_price():
    quote = a_quote()
    found = violated(CHECK, quote, catalog=catalog())
    line = found.changes[0].value

    assert found.changes[0].path == "/lines/-"
    assert (line.line_id, line.net_unit_price, line.quantity) == ("SUPPORT", Decimal(9000), Decimal(1))
    assert found.loss.remaining_term == Decimal(9000)
    assert found.reports == {"product": "SEATS", "companion": "Premium support", "missing": "is missing"}
    assert isinstance(after(CHECK, quote, catalog=catalog()), Satisfied)


def test_the_new_line_takes_an_id_that_is_free():
    found = violated(CHECK, a_quote(lines=[a_line(line_id="SUPPORT")]), catalog=catalog())
    assert found.changes[0].value.line_id == "SUPPORT-1"


def test_a_companion_that_is_sold_by_the_unit_is_not_guessed():
    by_unit = SUPPORT | {"charge_model": "per_unit"}
    found = violated(CHECK, a_quote(), catalog=catalog(by_unit))
    assert (found.changes, found.loss.remaining_term) == ((), None)


def test_too_little_of_it_is_missing_the_rest():
    quote = a_quote(lines=[a_line(), support(net_unit_price="5000")])
    found = violated(CHECK, quote, catalog=catalog(minimum_amount="15000"))

    assert found.loss.remaining_term == Decimal(10000)
    assert found.reports["missing"] == "comes to only $5,000"
    enough = a_quote(lines=[a_line(), support(net_unit_price="15000")])
    assert isinstance(judged(CHECK, enough, catalog=catalog(minimum_amount="15000")), Satisfied)


@pytest.mark.parametrize(("minimum_acv", "applies"), [("12000", True), ("12001", False)])
def test_a_rule_counts_from_its_deal_size_on(minimum_acv, applies):
    outcome = judged(CHECK, a_quote(), catalog=catalog(minimum_acv=minimum_acv))
    assert isinstance(outcome, Satisfied) is not applies


def test_a_rule_for_a_segment_needs_the_segment():
    def sold_to(**account):
        return judged(CHECK, a_quote(account={"account_id": "A"} | account), catalog=catalog(segment="enterprise"))

    assert isinstance(sold_to(segment="smb"), Satisfied)
    assert isinstance(sold_to(), Undetermined)
    assert isinstance(sold_to(segment="enterprise"), tuple)


def test_a_deal_size_that_is_not_known_leaves_it_open():
    quote = a_quote(lines=[a_line(quantity=None)])
    assert isinstance(judged(CHECK, quote, catalog=catalog(minimum_acv="1")), Undetermined)


def test_without_rules_or_catalog_there_is_nothing_to_judge():
    assert isinstance(judged(CHECK, a_quote(), catalog=a_catalog({"product_id": "SEATS"})), NotApplicable)
    assert isinstance(judged(CHECK, a_quote()), Undetermined)
