"""The other texts of a policy: amounts, remedies, and what a text of a policy proves for the next."""

from decimal import Decimal

import pytest

from policies.language import Reader, Source, Unit
from tests.policies.language.deals import DEALS, a_deal, a_line


def reader() -> Reader:
    return Reader(DEALS, "line")


def said(read) -> list[str]:
    own = reader()
    read(own)
    return [problem.message for problem in own.problems]


def test_an_amount_at_risk_is_money_or_measures_nothing():
    assert said(lambda own: own.number(Source("quote.tcv * 0.2"), unit=Unit.MONEY)) == []
    assert said(lambda own: own.number(Source("quote.discount_percent"), unit=Unit.MONEY)) == [
        "an amount of money belongs here; this is a percentage"
    ]
    assert said(lambda own: own.number(Source("line.product_id"))) == ["a number belongs here; this is text"]


def test_what_require_fails_to_prove_is_proven_for_the_amount():
    own = reader()
    require = own.condition(Source("line.floor_price == null or line.quantity > 3"))
    own.number(Source("line.floor_price * 2"), require.fails)
    assert own.problems == []


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("line.periods", "line.periods follows from other fields and cannot be set"),
        ("quote.tcv", "quote.tcv follows from other fields and cannot be set"),
        ("product.name", "product.name follows from other fields and cannot be set"),
        ("line.tiers", "a remedy sets one field of the document"),
        ("line", "a remedy sets one field of the document"),
        ("line.quantity + 1", "a remedy sets one field of the document"),
        ("line.nope", "line has no field nope"),
    ],
)
def test_a_remedy_sets_one_stated_field(path, reason):
    assert said(lambda own: own.target(Source(path))) == [reason]


def test_a_target_knows_its_way_through_the_document():
    own = reader()
    line, deal = own.target(Source("line.minimum_commitment.amount")), own.target(Source("renewal.uplift_percent"))
    assert (line.names, line.of_item) == (("minimum_commitment", "amount"), True)
    assert (deal.names, deal.of_item) == (("renewal", "uplift_percent"), False)
    assert own.target(Source("line.quantity")).names == ("quantity",)


def test_a_remedy_gives_the_field_a_value_of_its_type():
    own = reader()
    target = own.target(Source("line.billing_frequency"))
    value = own.value_for(Source('"annual"'), target)
    assert value.evaluate(a_deal(), a_line()) == "annual"
    own.value_for(Source('"anual"'), target)
    own.value_for(Source("3"), target)
    assert [problem.suggestion for problem in own.problems] == ["did you mean annual?", None]


def test_a_value_that_lacks_a_fact_is_none_and_never_raises():
    own = reader()
    amount = own.number(Source("line.quantity * line.periods"))
    assert amount.evaluate(a_deal(), a_line(quantity="3")) is None
    assert amount.evaluate(a_deal(), a_line(quantity="3", periods="2")) == Decimal(6)
    assert amount.lacks is True
