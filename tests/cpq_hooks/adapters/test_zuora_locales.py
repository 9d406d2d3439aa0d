"""Amounts and dates as tenants write them: by the stated form alone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpq_hooks.adapters.zuora.locales import Forms, UnknownForm


@pytest.mark.parametrize(
    ("locale", "text", "amount"),
    [
        ("en_US", "$12,500.00", "12500.00"), ("en_US", "USD 1,234.5", "1234.5"), ("en_US", "-$5.00", "-5.00"), ("en_US", "$-5.00", "-5.00"),
        ("en_US", "($1,000.00)", "-1000.00"), ("en_US", "250.0", "250.0"), ("en_US", "1234567", "1234567"), ("en-GB", "£1,000", "1000"),
        ("de_DE", "1.234,56 €", "1234.56"), ("de_DE", "1.234", "1234"), ("de_DE", "12,5", "12.5"), ("de_CH", "CHF 1'234.50", "1234.50"),
        ("fr_FR", "1 234,56 €", "1234.56"), ("fr_FR", "1\u202f234,56\u00a0€", "1234.56"), ("ja_JP", "¥5,000", "5000"), ("es_MX", "$1,234.50", "1234.50"),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_its_locale_writes_it(locale, text, amount):
    assert Forms(locale).number(text) == Decimal(amount)


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en_US", "1.234,56 €"), ("en_US", "12,50"), ("en_US", "1,23,456"), ("en_US", "1,234,5"), ("en_US", "twelve"), ("en_US", ""),
        ("en_US", "1.2.3"), ("en_US", "--5"), ("en_US", "$"), ("en_US", "1e5"), ("en_US", "NaN"), ("en_US", "٣"), ("de_DE", "$12,500.00"),
        ("de_DE", "1.23"), ("fr_FR", "1.234,56"), ("en_US", "9" * 80),
    ],
)  # fmt: skip
def test_what_another_locale_would_write_is_not_guessed(locale, text):
    assert Forms(locale).number(text) is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1250", 1250), ("12.5", Decimal("12.5")), ("1.234", None), ("1,234", None), ("1.2345", Decimal("1.2345"))],
)
def test_without_a_locale_only_what_has_one_meaning_is_read(text, amount):
    assert Forms().number(text) == amount


@given(
    st.decimals(min_value=-(10**9), max_value=10**9, places=2),
    st.sampled_from([("en_US", ",", "."), ("de_DE", ".", ",")]),
)
def test_what_a_locale_writes_it_reads(amount, marks):
    locale, groups, point = marks
    text = f"{amount:,.2f}".translate({ord(","): groups, ord("."): point})
    assert Forms(locale).number(text) == amount


@pytest.mark.parametrize(
    ("form", "text", "day"),
    [
        ("MM/dd/yyyy", "01/02/2016", date(2016, 1, 2)), ("dd/MM/yyyy", "01/02/2016", date(2016, 2, 1)),
        ("MM/dd/yyyy", "01 / 01 / 2016", date(2016, 1, 1)), ("M/d/yyyy", "1/2/2016", date(2016, 1, 2)),
        ("dd.MM.yyyy", "31.12.2026", date(2026, 12, 31)), ("yyyy-MM-dd", "2026-02-28", date(2026, 2, 28)),
        ("MM/dd/yyyy", "13/01/2016", None), ("MM/dd/yyyy", "1/1/2016", None), ("dd/MM/yyyy", "30/02/2016", None),
        ("MM/dd/yyyy", "2016-01-01", None), ("MM/dd/yyyy", "\u0660\u0661/\u0660\u0661/\u0662\u0660\u0661\u0666", None),
    ],
)  # fmt: skip
def test_a_date_is_read_by_its_format_alone(form, text, day):
    assert Forms(date_format=form).day(text) == day


@pytest.mark.parametrize(("text", "day"), [("2016-01-02", date(2016, 1, 2)), ("01/02/2016", None)])
def test_without_a_format_only_iso_dates_are_read(text, day):
    assert Forms().day(text) == day


@pytest.mark.parametrize("form", ["MM/dd", "yyyy-MM-dd-dd", "DD/MM/YYYY", "", "MMM d, yyyy"])
def test_a_format_that_does_not_name_a_day_is_told(form):
    with pytest.raises(UnknownForm, match="date_format"):
        Forms(date_format=form).day("2016-01-01")


def test_a_locale_that_is_not_known_is_told():
    with pytest.raises(UnknownForm, match="en_US"):
        Forms("tlh").number("1")
