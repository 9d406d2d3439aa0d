"""Each kind of value is taken in every spelling that is sure, and refused with what was sent and what is wanted."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from cpq_hooks.canonical import load_quote, to_document
from tests.cpq_hooks.refusals import only_problem
from tests.documents import a_line_sent, a_quote_sent


def loaded_line(**fields):
    return load_quote(a_quote_sent(lines=[a_line_sent(**fields)])).lines[0]


def refused_line(**fields):
    path, message = only_problem(load_quote, a_quote_sent(lines=[a_line_sent(**fields)]))
    name = next(iter(fields))
    assert path == f"$.lines[0].{name}"
    return message


def refused_quote(**fields):
    path, message = only_problem(load_quote, a_quote_sent(**fields))
    assert path == f"$.{next(iter(fields))}"
    return message


@pytest.mark.parametrize(
    ("sent", "number"),
    [
        ("12.50", "12.50"),
        (12, "12"),
        (Decimal("12.5"), "12.5"),
        (Decimal("1E+3"), "1000"),
        ("1e3", "1000"),
        ("007.5", "7.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("+5", "5"),
        ("-0", "0"),
        ("0.000000000001", "0.000000000001"),
        ("1.0000000000000000000000", "1"),
        ("999999999999999.999999999999", "999999999999999.999999999999"),
    ],
)
def test_a_decimal_is_taken_as_text_and_as_number_exactly(sent, number):
    assert loaded_line(net_unit_price=sent).net_unit_price == Decimal(number)
    assert "E" not in str(loaded_line(net_unit_price=sent).net_unit_price) or sent == "0.000000000001"


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ("banana", '"banana" is not a decimal number: send digits such as "12.50"'),
        ("", '"" is empty and is not a decimal number: send digits such as "12.50"'),
        ("1,200.50", '"1,200.50" is not a decimal number: send digits such as "12.50"'),
        ("$40", '"$40" is not a decimal number: send digits such as "12.50"'),
        ("1_000", '"1_000" is not a decimal number: send digits such as "12.50"'),
        (" 12", '" 12" is not a decimal number: send digits such as "12.50"'),
        ("\uff11\uff12", '"\uff11\uff12" is not a decimal number: send digits such as "12.50"'),
        ("NaN", '"NaN" is not a decimal number: send digits such as "12.50"'),
        ("Infinity", '"Infinity" is not a decimal number: send digits such as "12.50"'),
        (Decimal("NaN"), 'NaN is not a decimal number: send digits such as "12.50"'),
        (True, 'true is not a decimal number: send digits such as "12.50"'),
        ([1], 'a list is not a decimal number: send digits such as "12.50"'),
        ({}, 'an object is not a decimal number: send digits such as "12.50"'),
        (12.5, "12.5 came as a binary float, which is not exact: send it as a text"),
        (Decimal("1e400"), "1E+400 is too large: send a number of at most 15 digits before the point"),
        ("1e400", '"1e400" is too large: send a number of at most 15 digits before the point'),
        (10**15, "1000000000000000 is too large: send a number of at most 15 digits before the point"),
        (-1, "-1 is negative: send zero or more"),
        ("-0.01", '"-0.01" is negative: send zero or more'),
        ("0.0000000000001", '"0.0000000000001" has more than 12 decimals: send at most so many'),
        (Decimal("1e-400"), "1E-400 has more than 12 decimals: send at most so many"),
    ],
)
def test_what_is_no_price_is_refused_with_what_is_wanted(sent, message):
    assert refused_line(net_unit_price=sent) == message


@pytest.mark.parametrize(("sent", "percent"), [("20", "20"), (0, "0"), ("100", "100"), ("12.5", "12.5")])
def test_a_percentage_is_in_percent(sent, percent):
    assert loaded_line(discount_percent=sent).discounts[0].percent == Decimal(percent)


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ("100.01", '"100.01" is more than 100'),
        ("-5", '"-5" is negative: send zero or more'),
        ("20%", '"20%" is not a decimal number: send the percentage such as "20" for 20 %'),
    ],
)
def test_a_percentage_out_of_range_is_refused(sent, message):
    assert refused_line(discount_percent=sent) == message


@pytest.mark.parametrize(("sent", "whole"), [(12, 12), ("12", 12), (Decimal("12.0"), 12)])
def test_a_whole_number_is_taken_in_any_spelling_of_it(sent, whole):
    term = load_quote(a_quote_sent(term_months=sent)).term_months
    assert term == whole
    assert type(term) is int


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (Decimal("12.5"), "12.5 is not a whole number: send one without quotes, such as 12"),
        (True, "true is not a whole number: send one without quotes, such as 12"),
        ("twelve", '"twelve" is not a whole number: send one without quotes, such as 12'),
        (0, "0 is not between 1 and 1,200"),
        (Decimal("1e400"), "1E+400 is not a whole number: send one without quotes, such as 12"),
        (10**30, f"{10**30} is not between 1 and 1,200"),
    ],
)
def test_what_is_no_number_of_months_is_refused(sent, message):
    assert refused_quote(term_months=sent) == message


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ("2026-02-30", '"2026-02-30" does not exist in the calendar: day is out of range for month'),
        ("2026-13-01", '"2026-13-01" does not exist in the calendar: month must be in 1..12'),
        ("01/02/2026", '"01/02/2026" is not a date: send year, month and day, such as "2026-01-31"'),
        ("2026-W01-1", '"2026-W01-1" is not a date: send year, month and day, such as "2026-01-31"'),
        ("20260101", '"20260101" is not a date: send year, month and day, such as "2026-01-31"'),
        ("2026-01-01T00:00:00Z", '"2026-01-01T00:00:00Z" has a time of day: send the date alone, "2026-01-01"'),
        ("9999-12-31", 'the year of "9999-12-31" is outside 1900 to 2199; where there is no end, leave the field out'),
        (20260101, '20260101 is not a date: send year, month and day, such as "2026-01-31"'),
    ],
)
def test_what_is_no_date_is_refused(sent, message):
    assert refused_quote(billing_start_date=sent) == message


def test_a_date_that_yaml_has_read_already_is_taken():
    assert load_quote(a_quote_sent(billing_start_date=date(2026, 2, 1))).billing_start_date == date(2026, 2, 1)


@pytest.mark.parametrize(
    ("sent", "moment"),
    [
        ("2026-01-31T09:30:00Z", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        ("2026-01-31T09:30Z", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        ("2026-01-31t09:30:00.123456789z", datetime(2026, 1, 31, 9, 30, 0, 123456, tzinfo=UTC)),
        ("2026-01-31 09:30:00.5+01:00", datetime(2026, 1, 31, 8, 30, 0, 500000, tzinfo=UTC)),
        ("2026-01-31T09:30:00.000+0000", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
    ],
)
def test_a_moment_has_an_offset_or_is_a_whole_day(sent, moment):
    assert load_quote(a_quote_sent(created_at=sent)).created_at == moment


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (
            "2026-01-31T09:30:00",
            '"2026-01-31T09:30:00" does not say in which time zone: add "Z" for UTC, or an offset such as "+01:00"',
        ),
        (
            "2026-01-31T24:00:00Z",
            '"2026-01-31T24:00:00Z" is no time of any day: hours run to 23, minutes and seconds to 59, an offset to 23:59',
        ),
        (
            "2026-01-31T09:30:00+24:00",
            '"2026-01-31T09:30:00+24:00" is no time of any day: hours run to 23, minutes and seconds to 59, an offset to 23:59',
        ),
        ("2026-02-30T09:30:00Z", '"2026-02-30" does not exist in the calendar: day is out of range for month'),
        ("yesterday", '"yesterday" is not a timestamp: send one such as "2026-01-31T09:30:00Z"'),
        (1767225600, '1767225600 is not a timestamp: send one such as "2026-01-31T09:30:00Z"'),
    ],
)
def test_what_is_no_moment_is_refused(sent, message):
    assert refused_quote(created_at=sent) == message


def test_a_date_of_validity_is_the_end_of_that_day_where_the_customer_is():
    account = {"account_id": "A", "time_zone": "America/New_York"}
    quote = load_quote(a_quote_sent(account=account, created_at="2026-07-01", valid_until="2026-07-31"))
    new_york = timezone(timedelta(hours=-4))
    assert quote.created_at == datetime(2026, 7, 1, tzinfo=new_york)
    assert quote.valid_until == datetime(2026, 7, 31, 23, 59, 59, 999999, tzinfo=new_york)
    assert to_document(quote)["valid_until"] == "2026-07-31T23:59:59.999999-04:00"


@pytest.mark.parametrize(
    ("field", "sent", "message"),
    [
        ("stage", "Draft", '"Draft" is not one of draft, submitted, sent or accepted. Did you mean "draft"?'),
        ("stage", "lost", '"lost" is not one of draft, submitted, sent or accepted.'),
        ("stage", 3, "3 is not one of draft, submitted, sent or accepted."),
        ("stage", ["draft"], "a list is not one of draft, submitted, sent or accepted."),
        ("currency", "usd", '"usd" is not a currency code of ISO 4217. Did you mean "USD"?'),
        ("currency", "$", '"$" is not a currency code of ISO 4217. Send three capital letters such as "USD".'),
        ("currency", 840, '840 is not a currency code of ISO 4217. Send three capital letters such as "USD".'),
        ("termination_for_convenience", "yes", '"yes" is neither true nor false: send one of them without quotes'),
        ("termination_for_convenience", 1, "1 is neither true nor false: send one of them without quotes"),
        ("revision", 3, '3 is not a text: send "3" in quotes'),
        ("revision", ["3"], "a list is not a text: send it in quotes"),
        ("revision", "", "the text is empty: send an id, or leave the field out"),
        ("revision", "x" * 201, "the text has 201 characters, and at most 200 are taken"),
        ("revision", "a\x00b", "the text holds the control character U+0000, which no id has"),
        ("revision", "a\nb", "the text holds the control character U+000A, which no id has"),
        ("revision", " 3 ", '" 3 " begins or ends with a blank: send "3"'),
        ("revision", "\ud800", "the text holds half of a surrogate pair, which stands for no character"),
    ],
)
def test_words_of_a_quote_are_refused_with_what_is_wanted(field, sent, message):
    assert refused_quote(**{field: sent}) == message


@pytest.mark.parametrize(
    ("field", "sent", "message"),
    [
        ("time_zone", "Berlin", '"Berlin" is not a time zone of the IANA database. Did you mean "Europe/Berlin"?'),
        ("time_zone", "Mars", '"Mars" is not a time zone of the IANA database. Send one such as "Europe/Berlin".'),
        ("time_zone", "America", '"America" is not a time zone of the IANA database.'),
        ("time_zone", "../../etc/passwd", '"../../etc/passwd" is not a time zone of the IANA database.'),
        ("country", "Germany", '"Germany" is not a country code: send the two letters of ISO 3166, such as "DE"'),
        ("name", "x" * 10_001, "the text has 10,001 characters, and at most 10,000 are taken"),
        ("name", "a\x00b", "the text holds the character U+0000, which no database keeps"),
    ],
)
def test_words_of_an_account_are_refused_with_what_is_wanted(field, sent, message):
    path, said = only_problem(load_quote, a_quote_sent(account={"account_id": "A", field: sent}))
    assert path == f"$.account.{field}"
    assert said.startswith(message)


def test_a_name_may_hold_whatever_people_write():
    account = {"account_id": "A", "name": "Ünlü & Söhne 🏠\n(Holding)\u00a0GmbH", "country": "DE", "time_zone": "UTC"}
    assert load_quote(a_quote_sent(account=account)).account.name == account["name"]
