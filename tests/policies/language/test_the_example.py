"""The example of the product's description, word for word."""

from decimal import Decimal

from policies.language import Judgement, Reader, Rule, Source, Unit, fuse
from tests.policies.language.deals import DEALS, a_deal, a_line, problems, refusals


def read_the_example():
    reader = Reader(DEALS, "line")
    when = reader.condition(Source("line.floor_price != null"))
    require = reader.condition(Source("line.net_unit_price >= line.floor_price"), when.holds)
    given = when.holds | require.fails
    text = "(line.floor_price - line.net_unit_price) * line.quantity * line.periods"
    amount = reader.number(Source(text), given, Unit.MONEY)
    message = reader.message(
        Source("{line.product_name}: {line.net_unit_price} is under the floor of {line.floor_price}"), given
    )
    target = reader.target(Source("line.net_unit_price"))
    to = reader.value_for(Source("line.floor_price"), target, given)
    assert not reader.problems
    return Rule(scope=reader.scope, when=when, require=require), amount, message, to


def test_a_price_under_its_floor_is_violated_with_its_money_message_and_remedy():
    rule, amount, message, to = read_the_example()
    line = a_line(net_unit_price="9", floor_price="10", quantity="3", periods="12", product_name="Seat")
    deal = a_deal(line)
    assert fuse([rule]).run(deal) == [(0, 0, Judgement.VIOLATED)]
    assert amount.evaluate(deal, line) == Decimal(36)
    assert message.render(deal, line) == "Seat: 9 is under the floor of 10"
    assert to.evaluate(deal, line) == Decimal(10)


def test_a_price_at_its_floor_leaves_no_trace():
    rule, *_ = read_the_example()
    assert fuse([rule]).run(a_deal(a_line(net_unit_price="10", floor_price="10"))) == []


def test_a_line_without_a_price_is_undetermined_and_one_without_a_floor_unassessed():
    rule, *_ = read_the_example()
    deal = a_deal(a_line("1", floor_price="10"), a_line("2", net_unit_price="9"))
    assert fuse([rule]).run(deal) == [(0, 0, Judgement.UNDETERMINED), (0, 1, Judgement.UNASSESSED)]


def test_without_when_the_floor_is_unguarded_and_refused():
    [problem] = problems("line.net_unit_price >= line.floor_price")
    assert problem.message == "line.floor_price may be absent"
    assert problem.column == 24
    assert not refusals("line.net_unit_price >= line.floor_price", given="line.floor_price != null")
