"""A patch can be applied to what was sent, and the result reads as the changed quote does."""

import copy
from decimal import Decimal

import jsonpatch
import pytest

from cpq_hooks.canonical import load_quote
from cpq_hooks.canonical.patch import patch
from policies.domain.charge import PricePeriod
from policies.domain.finding import Change
from policies.remedy import apply
from tests.documents import a_line_sent, a_quote_sent


def change(path, value, **more):
    return Change(path=path, value=value, **more)


PRICE = change("/lines/0/net_unit_price", Decimal("80.50"))
HALF = change("/lines/0/discounts/0/percent", Decimal(10))


@pytest.mark.parametrize(
    ("line", "changes", "operations"),
    [
        ({}, [PRICE], [{"op": "replace", "path": "/lines/0/net_unit_price", "value": "80.5"}]),
        (
            {"overage_unit_price": None},
            [change("/lines/0/overage_unit_price", Decimal("0.012"))],
            [{"op": "replace", "path": "/lines/0/overage_unit_price", "value": "0.012"}],
        ),
        (
            {},
            [change("/lines/0/price_period", PricePeriod.YEAR), change("/lines/0/free_months", Decimal(0))],
            [
                {"op": "replace", "path": "/lines/0/price_period", "value": "year"},
                {"op": "add", "path": "/lines/0/free_months", "value": "0"},
            ],
        ),
        ({"discount_percent": "20"}, [HALF], [{"op": "replace", "path": "/lines/0/discount_percent", "value": "10"}]),
        (
            {"discounts": [{"percent": "20"}]},
            [HALF],
            [{"op": "replace", "path": "/lines/0/discounts/0/percent", "value": "10"}],
        ),
    ],
)
def test_a_field_is_replaced_where_it_stood_and_added_where_not(line, changes, operations):
    sent = a_quote_sent(lines=[a_line_sent(**line)])
    assert patch(changes, sent) == operations
    assert load_quote(jsonpatch.apply_patch(sent, operations)) == apply(load_quote(sent), changes)


def test_a_tier_that_was_sent_with_to_is_changed_there():
    tiers = [{"from": "0", "to": "10", "unit_price": "2"}, {"from": "11", "to": "20", "unit_price": "1"}]
    sent = a_quote_sent(lines=[a_line_sent(charge_model="volume", tiers=tiers)])
    operations = patch([change("/lines/0/tiers/1/up_to", None)], sent)
    assert operations == [{"op": "replace", "path": "/lines/0/tiers/1/to", "value": None}]
    assert load_quote(jsonpatch.apply_patch(sent, operations)).lines[0].tiers[1].up_to is None


def test_a_plain_discount_that_has_to_say_more_becomes_a_list():
    sent = a_quote_sent(lines=[a_line_sent(discount_percent="20")])
    changes = [change("/lines/0/discounts/0/periods", 3, absent=True), HALF]
    operations = patch(changes, sent)
    assert [operation["op"] for operation in operations] == ["remove", "add", "add", "replace"]
    assert load_quote(jsonpatch.apply_patch(sent, operations)) == apply(load_quote(sent), changes)


@pytest.mark.parametrize("renewal", [{}, {"renewal": None}, {"renewal": {"auto_renew": True}}])
def test_an_object_that_is_missing_is_added_with_its_field(renewal):
    sent = a_quote_sent(**renewal)
    changes = [
        change("/renewal/uplift_percent", Decimal(3), absent=True),
        change("/renewal/cap_percent", Decimal(5), absent=True),
    ]
    patched = jsonpatch.apply_patch(sent, patch(changes, sent))
    assert load_quote(patched).renewal.uplift_percent == 3
    assert load_quote(patched).renewal.cap_percent == 5


def test_a_clause_that_was_sent_as_text_becomes_an_object():
    sent = a_quote_sent(special_terms=["Logo use.", "May is free."])
    changes = [change("/special_terms/1/billing_effect", value=False, absent=True)]
    patched = jsonpatch.apply_patch(sent, patch(changes, sent))
    assert load_quote(patched) == apply(load_quote(sent), changes)


def test_an_unlimited_allowance_can_be_given_and_taken():
    sent = a_quote_sent(lines=[a_line_sent(included_quantity="5")])
    changes = [change("/lines/0/included_unlimited", value=True)]
    assert patch(changes, sent) == [{"op": "replace", "path": "/lines/0/included_quantity", "value": "unlimited"}]


def test_a_line_can_be_added_at_the_end():
    sent = a_quote_sent()
    line = load_quote(a_quote_sent(lines=[a_line_sent(line_id="2")])).lines[0]
    patched = jsonpatch.apply_patch(sent, patch([change("/lines/-", line, absent=True)], sent))
    assert load_quote(patched).lines[1] == line


def test_what_was_sent_stays_as_it_was():
    sent = a_quote_sent(lines=[a_line_sent(discount_percent="20")])
    before = copy.deepcopy(sent)
    patch([change("/lines/0/discounts/0/periods", 3), PRICE, change("/renewal/cap_percent", Decimal(5))], sent)
    assert sent == before


def test_names_with_slashes_are_escaped():
    sent = a_quote_sent(**{"a/b": {"~c": 1}})
    assert patch([change("/a~1b/~0c", 2)], sent) == [{"op": "replace", "path": "/a~1b/~0c", "value": 2}]
