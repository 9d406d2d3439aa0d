"""The content hash binds an approval to what was approved, and to nothing else."""

from dataclasses import replace

import pytest

from policies.domain.charge import Line
from policies.domain.material import LINE_FIELDS, content_hash, material, worsened
from tests.builders import a_line, a_quote, built


def test_another_spelling_of_the_same_content_has_the_same_hash() -> None:
    one = a_quote(lines=[a_line(net_unit_price="40"), a_line(line_id="2")], revision="1")
    other = a_quote(lines=[a_line(line_id="2", product_name="Seats"), a_line(net_unit_price="40.00")], revision="2")
    assert content_hash(one) == content_hash(other)


@pytest.mark.parametrize(
    "change",
    [{"quantity": "11"}, {"net_unit_price": "99.99"}, {"free_months": "1"}, {"discounts": [{"percent": "5"}]}],
)
def test_a_change_of_a_material_term_changes_the_hash(change: dict[str, object]) -> None:
    assert content_hash(a_quote()) != content_hash(a_quote(lines=[a_line(**change)]))


def test_text_cannot_pass_for_another_field() -> None:
    sneaky = a_quote(lines=[a_line(product_id="A'\nquantity=10")])
    assert content_hash(sneaky) != content_hash(a_quote(lines=[a_line(product_id="A")]))


def test_every_term_of_a_line_is_material_or_known_not_to_be() -> None:
    not_material = {"line_id", "product_name", "product_family", "unit_cost", "floor_price", "is_custom"}
    not_material |= {"stated_total", "extra", "nulls"}
    assert set(LINE_FIELDS) | not_material == set(Line.__dataclass_fields__)


@pytest.mark.parametrize(
    ("field", "better", "worse"),
    [
        ("net_unit_price", "101", "99"),
        ("quantity", "11", "9"),
        ("overage_unit_price", "2", "0.5"),
        ("included_quantity", "5", "50"),
    ],
)
def test_a_field_gets_worse_in_its_own_direction(field: str, better: str, worse: str) -> None:
    line = a_line(overage_unit_price="1", included_quantity="10")
    before = material(a_quote(lines=[line]))

    def changed(value: str):
        return material(
            a_quote(lines=[replace(line, **{field: getattr(built(Line, _terms(line) | {field: value}), field)})])
        )

    assert worsened(before, changed(better)) == ()
    assert [each.field for each in worsened(before, changed(worse))] == [field]


def test_a_term_that_appears_is_worse_only_where_it_gives_something_away() -> None:
    before = material(a_quote())
    assert worsened(before, material(a_quote(lines=[a_line(overage_unit_price="1")]))) == ()
    assert [each.field for each in worsened(before, material(a_quote(lines=[a_line(free_months="1")])))] == [
        "free_months"
    ]


@pytest.mark.parametrize(
    ("now", "worse"),
    [
        ([{"percent": "20", "periods": 3}], False),
        ([{"percent": "19", "periods": 3}], False),
        ([], False),
        ([{"percent": "20", "periods": 2}], False),
        ([{"percent": "21", "periods": 3}], True),
        ([{"percent": "20", "periods": 4}], True),
        ([{"percent": "20"}], True),
        ([{"amount": "1", "periods": 3}], True),
        ([{"percent": "20", "periods": 3, "kind": "promo"}], True),
        ([{"percent": "20", "periods": 3}, {"percent": "1"}], True),
    ],
)
def test_a_discount_gets_worse_when_it_is_new_deeper_or_longer(now: list[dict[str, object]], worse: bool) -> None:
    before = material(a_quote(lines=[a_line(discounts=[{"percent": "20", "periods": 3}])]))
    found = worsened(before, material(a_quote(lines=[a_line(discounts=now)])))
    assert [each.field for each in found] == (["discounts"] if worse else [])


def test_a_line_that_comes_or_goes_has_to_be_looked_at() -> None:
    one, two = a_quote(), a_quote(lines=[a_line(), a_line(line_id="2")])
    assert [(each.line_id, each.field) for each in worsened(material(one), material(two))] == [("2", "line")]
    assert [(each.line_id, each.field) for each in worsened(material(two), material(one))] == [("2", "line")]


def test_an_approval_of_one_quote_says_nothing_of_another() -> None:
    assert worsened(material(a_quote()), material(a_quote(quote_id="Q-2")))[0].field == "quote_id"


def _terms(line: Line) -> dict[str, object]:
    return {"line_id": line.line_id, "product_id": line.product_id, "charge_type": line.charge_type}
