"""Tables of a policy: every key that can come has a value, or the table is refused."""

from decimal import Decimal

import pytest

from policies.domain.charge import ChargeType
from policies.language import Band, Reader, Rule, Source, TableText, fuse
from tests.policies.language.deals import DEALS, a_deal, a_line


def a_table(by="line.charge_type", name="limit", default=None, bands=(), **rows) -> TableText:
    return TableText(
        name=Source(name),
        by=Source(by),
        rows=tuple((Source(key), Source(value)) for key, value in rows.items()),
        default=Source(default) if default is not None else None,
        bands=tuple(Band(Source(up_to), Source(value)) for up_to, value in bands),
    )


def read(*tables: TableText) -> Reader:
    reader = Reader(DEALS, "line")
    reader.add_tables(tables)
    return reader


def said(*tables: TableText) -> list[str]:
    return [problem.message for problem in read(*tables).problems]


def looked_up(table: TableText, text: str, line) -> object:
    reader = read(table)
    value = reader.number(Source(text))
    assert not reader.problems
    demand = Rule(
        scope=reader.scope, require=reader.condition(Source(f"{text} == {value.evaluate(a_deal(line), line)}"))
    )
    assert fuse([demand]).run(a_deal(line)) == []
    return value.evaluate(a_deal(line), line)


def test_a_total_table_gives_the_value_of_its_key():
    table = a_table(recurring="10", one_time="20", usage="2.5")
    for text in (
        "limit",
        "limit[line.charge_type]",
        "table(limit)",
        "table(limit, line.charge_type)",
        'limit["usage"]',
    ):
        assert looked_up(table, text, a_line(charge_type=ChargeType.USAGE)) == Decimal("2.5")


def test_a_default_answers_for_the_keys_that_are_not_named():
    assert looked_up(a_table(usage="3", default="7"), "limit", a_line()) == 7
    assert looked_up(a_table(by="line.product_id", A="3", default="7"), "limit", a_line(product_id="A")) == 3
    assert looked_up(a_table(by="line.product_id", A="3", default="7"), "limit", a_line(product_id="B")) == 7


@pytest.mark.parametrize(("quantity", "value"), [("0", 5), ("10", 5), ("10.5", 6), ("20", 6), ("21", 7)])
def test_the_end_of_a_band_belongs_to_it(quantity, value):
    table = a_table(by="line.quantity", bands=(("10", "5"), ("20", "6"), ("null", "7")))
    assert looked_up(table, "limit", a_line(quantity=quantity)) == value


def test_a_gap_names_the_missing_keys():
    assert said(a_table(recurring="10")) == ["the table limit has no value for one_time, usage"]
    assert said(a_table(by="coalesce(line.is_custom, false)", true="1")) == ["the table limit has no value for false"]


def test_texts_and_numbers_need_a_default():
    assert said(a_table(by="line.product_id", A="10")) == ["the table limit is looked up by text and has no default"]
    assert said(a_table(by="line.quantity", **{"12": "10"})) == [
        "the table limit is looked up by a number and has no default"
    ]


def test_a_key_that_can_never_come_is_refused_with_the_nearest():
    [problem] = read(a_table(recuring="10", default="1")).problems
    assert problem.message == "recuring is not a value that the table is looked up by"
    assert problem.suggestion == "did you mean recurring?"


@pytest.mark.parametrize(
    ("bands", "reason"),
    [
        ((("10", "5"),), "the table limit has no value above 10"),
        ((("20", "5"), ("10", "6"), ("null", "7")), "the bands must rise, but 10 comes after 20: they overlap"),
        ((("10", "5"), ("10", "6"), ("null", "7")), "two bands end at 10: the second is never reached"),
        (
            (("null", "5"), ("10", "6"), ("null", "7")),
            "only the last band may be open: those after it are never reached",
        ),
        ((("ten", "5"), ("null", "7")), "ten is not a number"),
    ],
)
def test_bands_rise_and_end_open(bands, reason):
    assert said(a_table(by="line.quantity", bands=bands)) == [reason]


def test_bands_are_for_numbers():
    bands = (("10", "5"), ("null", "7"))
    assert "not a number" in said(a_table(bands=bands))[0]
    assert "have no place beside" in said(a_table(by="line.quantity", bands=bands, default="1"))[0]


def test_values_are_of_one_type():
    assert said(a_table(recurring="10", one_time="ten", usage="1")) == [
        "'ten' is not a number, as other values of this table are"
    ]
    assert said(a_table()) == ["the table limit is empty"]


def test_a_table_takes_no_name_that_means_something():
    assert said(a_table(name="line", default="1")) == ["line already means something else"]
    assert said(a_table(name="min", default="1")) == ["min already means something else"]
    assert said(a_table(name="a b", default="1")) == ["a b is not a name: letters, digits and single underscores"]
    assert said(a_table(default="1"), a_table(default="1")) == ["limit already means something else"]


def test_the_key_of_a_table_is_guarded_where_the_table_is_used():
    table = a_table(by="rep.role", ae="10", default="0")
    reader = read(table)
    reader.condition(Source("line.quantity <= limit"))
    assert reader.problems[0].message == "the table limit is looked up by rep.role: rep.role may be absent"
    reader = read(table)
    reader.condition(Source("rep.role != null and line.quantity <= limit"))
    assert not reader.problems


def test_a_table_is_looked_up_by_its_own_kind_of_key():
    reader = read(a_table(usage="3", default="7"))
    reader.condition(Source('limit["usge"] > 3 and limit[line.quantity] > 3 and limt[line.charge_type] > 3'))
    assert [problem.suggestion for problem in reader.problems] == ["did you mean usage?", None, "did you mean limit?"]
