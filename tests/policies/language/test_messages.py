"""Messages: what stands in braces is checked when read, and printed plainly."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from policies.domain.charge import ChargeType
from policies.language import Reader, Source, Unit, plain_text
from tests.policies.language.deals import DEALS, a_deal, a_line


def read(text: str, found=()):
    reader = Reader(DEALS, "line")
    return reader.message(Source(text), found=found), reader.problems


def printed(text: str, line=None, **found) -> str:
    message, problems = read(text, found=found)
    assert not problems
    line = line or a_line(net_unit_price="9.50", quantity="3")
    return message.render(a_deal(line), line, found)


def test_paths_and_expressions_are_filled_in():
    assert (
        printed("{line.net_unit_price} x {line.quantity} = {line.net_unit_price * line.quantity}") == "9.5 x 3 = 28.5"
    )


def test_what_is_absent_is_said_so_and_needs_no_guard():
    assert printed("{line.product_name}: {line.floor_price - line.net_unit_price}") == "not given: not given"


def test_what_a_check_found_is_filled_in_by_name():
    assert (
        printed("{found.largest} units, {found.nothing}", largest=Decimal("1E+3"), nothing=None)
        == "1000 units, not given"
    )


def test_doubled_braces_are_braces():
    assert printed("{{{line.quantity}}} and {{x}}") == "{3} and {x}"


def test_a_text_with_braces_in_the_document_is_printed_as_it_is():
    assert printed("{line.product_id}", a_line(product_id="{line.quantity}")) == "{line.quantity}"


@pytest.mark.parametrize(
    ("text", "said", "column"),
    [
        ("{line.nme}", "line has no field nme", 7),
        ("under {line.floor_prices}", "line has no field floor_prices", 13),
        ("{line}", "a message shows single values; this is a record, not a single value", 2),
        ("{line.tiers}", "a message shows single values; this is a list of records", 2),
        ("{}", "these braces are empty", 1),
        ("{line.quantity", "this brace has no partner", 1),
        ("line.quantity}", "this brace has no partner", 14),
        ("{found.other}", "the policy's check reports no other", 1),
        ("{line.quantity!r}", "'!' has no meaning here", 15),
        ("{line.quantity:>10}", "':' has no meaning here", 15),
    ],
)
def test_a_placeholder_that_means_nothing_is_refused_at_its_place(text, said, column):
    _, problems = read(text, found=("largest",))
    assert (problems[0].message, problems[0].column) == (said, column)


def test_a_misspelt_report_is_offered_the_nearest():
    _, problems = read("{found.lagest}", found=("largest",))
    assert problems[0].suggestion == "did you mean found.largest?"


def test_the_caller_may_print_values_its_own_way():
    message, _ = read("{line.net_unit_price} for {line.quantity}")
    line = a_line(net_unit_price="9", quantity="3")
    shown = message.render(
        a_deal(line), line, form=lambda value, unit: f"${value}" if unit is Unit.MONEY else str(value)
    )
    assert shown == "$9 for 3"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("10.00"), "10"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-12"), "0.000000000001"),
        (Decimal("-0.00"), "0"),
        (Decimal("0.0120"), "0.012"),
        (100, "100"),
        (True, "yes"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 9, 5, tzinfo=UTC), "2026-01-31 09:05+00:00"),
        (ChargeType.ONE_TIME, "one_time"),
        ((Decimal("1.0"), "x"), "1, x"),
    ],
)
def test_values_are_printed_plainly(value, text):
    assert plain_text(value) == text


def test_an_endless_name_does_not_make_an_endless_sentence():
    line = a_line(product_name="W" * 10_000)
    assert printed("{line.product_name} is free", line) == "W" * 199 + "… is free"
