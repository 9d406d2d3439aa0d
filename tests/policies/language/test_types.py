"""Which values can stand beside each other, and what is said where they cannot."""

import pytest

from tests.policies.language.deals import problems, refusals


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("line.product_id > 3", "text is compared with a number"),
        ('line.quantity == "3"', "a number is compared with text"),
        ("line.product_id < 'b'", "text has no order; only == and != compare it"),
        ("line.charge_type == line.product_id", "one of recurring, one_time, usage is compared with text"),
        ("quote.tcv > quote.discount_percent", "an amount of money is compared with a percentage"),
        ("quote.tcv + quote.discount_percent > 3", "an amount of money is added to a percentage"),
        ("max(quote.tcv, quote.discount_percent) > 3", "an amount of money is compared with a percentage"),
        ("today > as_of", "a date is compared with a date and time"),
        ("today - today > 3", "`-` works on numbers; this is a date"),
        ("line.product_id + 'x' == 'y'", "`+` works on numbers; this is text"),
        ("true + 1 > 1", "`+` works on numbers; this is true or false"),
        ("line.quantity", "a condition is true or false; this is a number"),
        ("not line.quantity", "a condition is true or false; this is a number"),
        ("line == line", "line is a record, not a single value"),
        ("line.tiers == line.tiers", "line.tiers is a list of records"),
        ("line.tiers.unit_price > 3", "line.tiers is a list of records and has no field unit_price"),
        ("line.quantity.real > 3", "line.quantity is a number and has no field real"),
        ("(line.quantity if true else 'x') == 3", "a number is put in place of text"),
        ("coalesce(line.quantity, 'x') == 3", "a number is replaced by text"),
        ("line.quantity in 'abc'", "a number is looked for in text"),
        ("line.quantity in [1, 'x']", "a number is looked for among text"),
        ("line.quantity in [1, line.periods]", "a list holds values that are written out"),
        ("line.quantity in []", "the list is empty"),
        ("line.tiers != null", "a list is never null, only empty"),
        ("3 != null", "a value that is written out is never null"),
        ("line.quantity > null", "null is only compared with == and !="),
        ("line.quantity in null", "null is only compared with == and !="),
    ],
)
def test_a_clash_is_told_in_a_clear_sentence(text, said):
    assert refusals(text) == [said]


@pytest.mark.parametrize(
    "text",
    [
        "line.quantity == 3 and 3.0 == 3",
        "line.charge_type == 'usage' and 'usage' != line.charge_type",
        "line.charge_type in ['usage', 'recurring']",
        "line.product_id in ['a', 'b'] and 'a' in line.product_id and line.product_id not in 'abc'",
        "(line.quantity > 3) == true",
        "line != null",
        "quote.tcv * quote.discount_percent / 100 > 3",
        "quote.tcv > 3 and quote.discount_percent > 3",
        "product.charge_type == null or product.charge_type == line.charge_type",
        "as_of == as_of and as_of <= as_of and date_of(as_of) == today",
    ],
)
def test_what_fits_is_accepted(text):
    assert refusals(text) == []


def test_a_misspelt_value_of_a_choice_names_the_nearest_or_all():
    [near] = problems('line.charge_type == "recuring"')
    assert near.suggestion == "did you mean recurring?"
    [far] = problems('line.charge_type in ["subscription"]')
    assert far.suggestion == "it is one of recurring, one_time, usage"


def test_a_value_of_a_choice_without_quotes_is_offered_them():
    [problem] = problems("line.charge_type == usage")
    assert problem.suggestion == 'did you mean "usage"?'


def test_a_field_without_its_record_is_offered_it():
    [problem] = problems("quantity > 3")
    assert problem.suggestion == "did you mean line.quantity?"


def test_a_name_of_the_line_in_a_policy_on_the_quote_is_explained():
    [problem] = problems("line.quantity > 3", subject=None)
    assert problem.suggestion == "line is known only in a policy with `for_each: line`"
