"""Billing knows every product that is sold."""

from decimal import Decimal

import pytest

from policies.check import Satisfied, Undetermined
from policies.checks.billing_mapping import CHECK
from tests.builders import a_catalog, a_line, a_quote, a_usage_line
from tests.judging import judged, violated

MAPPED = {"charge_template": "tpl"}


def catalog(**billing):
    return a_catalog(
        {"product_id": "SEATS", "billing": MAPPED | billing}, {"product_id": "CALLS", "billing": MAPPED | billing}
    )


def test_a_product_outside_the_catalog_puts_its_whole_total_at_risk():
    found = violated(CHECK, a_quote(), catalog=a_catalog({"product_id": "OTHER"}))

    assert found.loss.remaining_term == Decimal(12000)
    assert found.reports["reason"] == "not in the catalog"
    assert found.changes == ()


def test_a_custom_line_is_called_one():
    quote = a_quote(lines=[a_line(is_custom=True)])
    assert (
        violated(CHECK, quote, catalog=a_catalog({"product_id": "OTHER"})).reports["reason"].startswith("a custom line")
    )
    assert isinstance(judged(CHECK, quote, catalog=catalog()), Satisfied)


def test_a_product_without_a_mapping_cannot_be_invoiced():
    found = violated(CHECK, a_quote(), catalog=a_catalog({"product_id": "SEATS"}))
    assert found.reports["reason"] == "in the catalog, but not mapped to billing"


def test_use_needs_a_meter():
    quote = a_quote(lines=[a_usage_line()])

    assert violated(CHECK, quote, catalog=catalog()).loss.remaining_term is None
    assert isinstance(judged(CHECK, quote, catalog=catalog(meter="calls")), Satisfied)


@pytest.mark.parametrize("code", ["gl_code", "tax_code"])
def test_codes_count_where_the_company_asks_for_them(code):
    asked = {f"{code}_required": True}

    assert isinstance(judged(CHECK, a_quote(), catalog=catalog()), Satisfied)
    assert violated(CHECK, a_quote(), catalog=catalog(), **asked)
    assert isinstance(judged(CHECK, a_quote(), catalog=catalog(**{code: "4000"}), **asked), Satisfied)


def test_without_a_catalog_nothing_can_be_told():
    assert isinstance(judged(CHECK, a_quote()), Undetermined)


def test_a_line_without_a_term_has_no_known_total():
    quote = a_quote(start_date=None, end_date=None)
    assert violated(CHECK, quote, catalog=a_catalog()).loss.remaining_term is None
