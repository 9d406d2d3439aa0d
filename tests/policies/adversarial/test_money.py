"""Currency, rounding and kinds of numbers, cases X53 to X59."""

from decimal import Decimal
from fractions import Fraction

from policies.auditing.audit import audit
from policies.domain.money import Money, RoundingPolicy, amount_string, format_amount, round_to_currency
from policies.domain.schedule import charges, resolve
from tests.billing import amounts, found
from tests.billing_documents import an_agreement, an_invoice, price
from tests.builders import a_line, a_quote

ONCE = {
    "charge_type": "one_time",
    "price_period": None,
    "quantity": "1",
    "included_quantity": None,
    "overage_unit_price": None,
}


def once(amount, currency):
    """An agreement on one amount that comes once, on 1 January 2024."""
    return an_agreement(currency=currency, line=ONCE | {"net_unit_price": amount})


def invoiced(amount, currency):
    day = {"period_start": "2024-01-01", "period_end": "2024-01-01"}
    return [an_invoice(1, {"line_id": "1", "kind": "one_time", "amount": amount, **day}, currency=currency)]


def test_x53_a_currency_without_minor_units_is_sent_as_it_is():
    assert Money(Decimal(23188), "RWF").minor_units() == 23_188
    assert amount_string(Decimal(23188), "RWF") == "23188"
    assert amounts(a_line(charge_type="one_time", quantity="1", net_unit_price="23188"), currency="RWF") == [23188]


def test_x54_an_amount_is_held_against_the_agreement_and_not_against_its_own_way_back():
    there = Decimal(100) * 100
    assert there / 100 == 100  # what a round trip through the same factor sees
    assert found(audit(once("100", "JPY"), [], invoiced(str(there), "JPY"))).keys() == {("B12", "over")}
    assert audit(once("100", "JPY"), [], invoiced(str(there), "JPY")).totals.over == 9_900


def test_x55_a_hundredth_of_the_price_is_found_as_an_error_of_minor_units():
    agreement = an_agreement(
        currency="JPY", line={"quantity": "1", "net_unit_price": "10000", "included_quantity": None} | NO_OVERAGE
    )
    invoice = an_invoice(1, price("100", quantity="1", unit_price="100"), currency="JPY")
    assert found(audit(agreement, [], [invoice])) == {("B12", "under"): 9_900}


NO_OVERAGE = {"overage_unit_price": None}


def test_x57_no_digit_is_dropped_before_an_amount_is_rounded():
    assert round_to_currency(Decimal("0.01999999999999999872"), "USD") == Decimal("0.02")
    line = a_line(charge_type="one_time", quantity="1", net_unit_price="0.01999999999999999872")
    assert amounts(line) == [Decimal("0.02")]


def test_x58_two_amounts_rounded_apart_and_together_differ_by_a_cent():
    first, second = Fraction(10_000, 13), Fraction(8_000, 13)  # 1000 / 1.3 and 800 / 1.3
    # 769.2307... is 769.23 and 615.3846... is 615.38, 1,384.61 together; their sum 1384.6153... is 1,384.62.
    rounded = [round_to_currency(Decimal(each.numerator) / each.denominator, "EUR") for each in (first, second)]
    assert sum(rounded) == Decimal("1384.61")
    assert round_to_currency(Decimal(18_000) / 13, "EUR") == Decimal("1384.62")


def test_x58_a_schedule_follows_the_policy_that_is_declared():
    line = a_line(quantity="1", net_unit_price="33.335")
    terms = resolve(line, a_quote(end_date="2026-03-31"))
    # 33.34 three times is 100.02; three times 33.335 is 100.005, 100.01.
    apart = charges(terms, rounding=RoundingPolicy.ROUND_THEN_SUM)
    together = charges(terms, rounding=RoundingPolicy.SUM_THEN_ROUND)
    assert sum(each.amount for each in apart) == Decimal("100.02")
    assert sum(each.amount for each in together) == Decimal("100.01")


def test_x59_a_tax_of_an_invoice_is_neither_expected_nor_compared():
    # 19 % of three fees of 0.03: each alone is 0.0057, a cent; of their sum it is 0.0171, two cents and not three.
    assert sum(round_to_currency(Decimal("0.03") * 19 / 100, "EUR") for _ in range(3)) == Decimal("0.03")
    assert round_to_currency(Decimal("0.09") * 19 / 100, "EUR") == Decimal("0.02")
    for tax in ("0.02", "0.03"):
        invoice = an_invoice(1, price("0.09"), {"kind": "tax", "amount": tax}, currency="EUR")
        line = {"quantity": "1", "net_unit_price": "0.09", "included_quantity": None} | NO_OVERAGE
        assert audit(an_agreement(currency="EUR", line=line), [], [invoice]).is_clean


def test_x53_every_amount_is_written_with_the_decimals_of_its_currency():
    written = [amount_string(Decimal("5.5"), code) for code in ("JPY", "USD", "KWD", "CLF")]
    assert written == ["6", "5.50", "5.500", "5.5000"]
    assert format_amount(Decimal(23188), "RWF") == "RWF 23,188"
