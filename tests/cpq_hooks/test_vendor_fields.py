"""Reading a vendor's object while noting what was understood of it."""

from decimal import Decimal

import pytest

from cpq_hooks.problem import Invalid
from cpq_hooks.vendor_fields import Fields, bears_on, stated


def test_what_is_neither_taken_nor_harmless_is_unused():
    fields = Fields.of({"id": "1", "price": "9", "colour": "red", "note": "", "flag": False, "count": 0})
    fields.harmless("id")
    fields.number("price")
    assert [(each.path, each.value, each.bears_on) for each in fields.unused()] == [("$.colour", "red", None)]


def test_an_unused_field_says_what_it_bears_on():
    fields = Fields.of({"items": [{"discount_amount": 5, "billingCycleDay": 3}]})
    assert [(each.path, each.bears_on) for each in fields.unused()] == [
        ("$.items[0].discount_amount", "discount"),
        ("$.items[0].billingCycleDay", "billing"),
    ]


def test_taking_a_field_inside_a_list_leaves_its_neighbours_unused():
    fields = Fields.of({"items": [{"price": 1, "sku": "A"}, {"price": 2, "sku": "B"}]})
    first = fields.objects("items")[0]
    first.number("price")
    assert [each.path for each in fields.unused()] == ["$.items[0].sku", "$.items[1].price", "$.items[1].sku"]


def test_harmless_covers_everything_below():
    fields = Fields.of({"metadata": {"price": 1}, "links": [{"total": 2}]}).harmless("metadata", "links")
    assert fields.unused() == ()


def test_values_of_the_wrong_kind_are_told_all_at_once_with_their_places():
    fields = Fields.of({"a": "twelve", "b": "31/12/2026", "c": [], "d": "perhaps"})
    assert (fields.number("a"), fields.day("b"), fields.text("c"), fields.flag("d")) == (None, None, None, None)
    with pytest.raises(Invalid) as caught:
        fields.ledger.settle()
    assert [problem.path for problem in caught.value.problems] == ["$.a", "$.b", "$.c", "$.d"]


def test_numbers_are_exact_whether_sent_as_text_or_as_numbers():
    fields = Fields.of({"a": "0.10", "b": Decimal("0.10"), "c": 3, "d": "3.0"})
    assert (fields.number("a"), fields.number("b")) == (Decimal("0.10"), Decimal("0.10"))
    assert (fields.whole("c"), fields.whole("d")) == (3, 3)


@pytest.mark.parametrize(
    "number", ["1E+999999999", "1E-999999999", "0E+999999999", "1000000000000000", Decimal("1E+15")]
)
def test_a_number_larger_than_any_amount_is_refused_before_anybody_spells_it_out(number):
    fields = Fields.of({"a": number})
    assert fields.number("a") is None
    assert fields.whole("a") is None
    assert {each.path for each in fields.ledger.problems} == {"$.a"}


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("SBQQ__AdditionalDiscountAmount__c", "discount"),
        ("unit_amount_decimal", "price"),
        ("autoRenew", "term"),
        ("billing_cycle_anchor", "billing"),
        ("hubspot_owner_id", None),
        ("colour", None),
    ],
)
def test_a_name_says_what_a_field_bears_on(name, what):
    assert bears_on(name) == what


def test_stated_leaves_out_what_says_nothing_and_spells_decimals():
    assert stated({"a": None, "b": [], "c": {}, "d": Decimal("1E+2"), "e": [{"f": None, "g": 0}]}) == {
        "d": "100",
        "e": [{"g": 0}],
    }


def test_a_place_noted_by_its_path_and_a_field_taken_of_an_object_are_one_and_the_same():
    fields = Fields.of({"items": [{"price": 1, "sku": "A"}]})
    fields.ledger.understood.add(("items", 0, "price"))
    Fields({"sku": "A"}, fields.ledger, ("items", 0)).text("sku")
    assert ("items", 0, "sku") in fields.ledger.understood
    assert fields.unused() == ()
    fields.ledger.understood.discard(("items", 0, "price"))
    assert [each.path for each in fields.unused()] == ["$.items[0].price"]


def test_harmless_among_many_names_are_those_that_are_there():
    fields = Fields.of({"id": "1", "price": "9"}).harmless_among(frozenset({"id", "url"}))
    assert [each.path for each in fields.unused()] == ["$.price"]
