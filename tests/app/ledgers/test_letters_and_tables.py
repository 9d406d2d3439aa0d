"""Letters reach nothing but their values; cells of a table are no formulas."""

import pytest

from app.ledgers.letters import SITUATIONS, LetterRefused, letter_of, product_names, render, situation_of, template_of
from app.ledgers.tables import cell, csv_of

CASE = {
    "agreement_id": "AG-1",
    "situation": "credit",
    "currency": "USD",
    "open": "70.00",
    "title": "x",
    "lines": [{"line_id": "1", "product_id": None, "period_start": None, "period_end": None, "amount": "70.00"}],
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_situation_has_a_letter_that_can_be_written(situation):
    letter = letter_of(CASE, None, customer="Ms <Doe>", sender="Example Ltd", situation=situation)
    assert "Dear Ms <Doe>," in letter.text
    assert "- 1: USD 70.00" in letter.text


def test_a_customer_reads_product_names_and_amounts_as_people_write_them():
    line = {"line_id": "1", "product_id": "SEAT", "period_start": None, "period_end": None, "amount": "9350.00"}
    agreement = b'{"lines": [{"line_id": "1", "product_id": "SEAT", "product_name": "Seats"}]}'
    case = CASE | {"lines": [line], "open": "1209350.00"}
    letter = letter_of(case, None, customer="Doe", sender="Ltd", names=product_names(agreement))
    assert "- Seats: USD 9,350.00" in letter.text
    assert "USD 1,209,350.00" in letter.text


def test_what_was_billed_too_much_is_a_credit_whatever_its_pattern():
    assert (situation_of("U05", "over"), situation_of("U05", "under"), situation_of("X99", "under")) == (
        "credit",
        "unbilled-usage",
        "unbilled",
    )


@pytest.mark.parametrize(
    "template",
    [
        "{{ customer.__class__.__mro__ }}",
        "{{ lines.append(1) }}",
        "{{ 'a' * 1000000000 }}",
        "{{ range(10) }}",
        "{% include 'x' %}",
        "{{ customer",
        "{{ 1 / 0 }}",
    ],
)
def test_a_template_that_reaches_further_is_refused(template):
    with pytest.raises(LetterRefused):
        render(template, {"customer": "x", "lines": []})


@pytest.mark.parametrize("name", ["../company", "a/b", "", "no-such-letter"])
def test_a_letter_that_is_none_is_refused(name, tmp_path):
    with pytest.raises(LetterRefused):
        template_of(name, tmp_path)


@pytest.mark.parametrize("text", ["=1+1", "+A1", "@SUM(A1)", "-2+3", "\t=1", "  =1", "\uff1d1", "-", "\r=1"])
def test_what_begins_like_a_formula_is_quoted(text):
    assert cell(text) == "'" + text


@pytest.mark.parametrize(
    ("value", "written"), [("-12.50", "-12.50"), (-3, "-3"), (None, ""), ("a=1", "a=1"), (0.5, "0.5")]
)
def test_amounts_and_plain_words_stay_as_they_are(value, written):
    assert cell(value) == written


def test_nested_values_have_columns_of_their_own():
    table = csv_of([{"a": {"n": 1}, "b": ["x", "y"]}, {"c": 'say "hi"'}]).decode("utf-8-sig")
    assert table == 'a.n,b,c\r\n1,x; y,\r\n,,"say ""hi"""\r\n'
