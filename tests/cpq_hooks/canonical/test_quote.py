"""A quote is read whole or refused with everything that is wrong with it, each thing where it stands."""

from decimal import Decimal

import pytest

from cpq_hooks.canonical import load_quote, to_document
from cpq_hooks.problem import MOST_PROBLEMS
from policies.domain.charge import Discount
from policies.domain.quote import SpecialTerm
from tests.cpq_hooks.refusals import only_problem, places_of, problems_of
from tests.documents import a_line_sent, a_quote_sent


def test_every_error_comes_at_once_where_it_stands():
    lines = [a_line_sent(quantity="many"), a_line_sent(line_id="1", net_unit_price="-1", tiers=[{"up_to": "x"}])]
    found = places_of(load_quote, a_quote_sent(currency="USX", stage="draff", end_date="2025-01-01", lines=lines))
    assert sorted(found) == [
        ("$.currency", "unknown_currency"),
        ("$.end_date", "ends_before_start"),
        ("$.lines[0].quantity", "not_a_number"),
        ("$.lines[1].line_id", "duplicate"),
        ("$.lines[1].net_unit_price", "negative"),
        ("$.lines[1].tiers[0]", "no_price"),
        ("$.lines[1].tiers[0].up_to", "not_a_number"),
        ("$.stage", "unknown_value"),
    ]


@pytest.mark.parametrize("sent", [None, [], "quote", 3, True])
def test_what_is_no_object_is_no_quote(sent):
    path, message = only_problem(load_quote, sent)
    assert path == "$"
    assert message.endswith("is not an object: send {…} with its fields")


def test_required_are_only_ids_currency_and_lines():
    found = problems_of(load_quote, {})
    assert [(problem.path, problem.code) for problem in found] == [
        ("$.quote_id", "required"),
        ("$.currency", "required"),
        ("$.lines", "required"),
    ]
    assert found[0].message == "quote_id is missing: The quote's id in the sender's system."


def test_of_a_line_its_ids_and_charge_type_and_a_price_are_required():
    found = places_of(load_quote, a_quote_sent(lines=[{}]))
    assert found == [
        ("$.lines[0].line_id", "required"),
        ("$.lines[0].product_id", "required"),
        ("$.lines[0].charge_type", "required"),
        ("$.lines[0]", "no_price"),
    ]


@pytest.mark.parametrize(
    "price", [{"tiers": [{"unit_price": 1}]}, {"package": {"size": 10}}, {"percentage": {"rate_percent": 3}}]
)
def test_each_kind_of_price_is_a_price(price):
    line = a_line_sent(**price)
    del line["net_unit_price"]
    assert load_quote(a_quote_sent(lines=[line]))


def test_a_price_that_was_refused_is_not_said_to_be_missing():
    assert places_of(load_quote, a_quote_sent(lines=[a_line_sent(net_unit_price="banana")])) == [
        ("$.lines[0].net_unit_price", "not_a_number")
    ]


def test_null_where_a_value_is_needed_is_refused():
    path, message = only_problem(load_quote, a_quote_sent(quote_id=None))
    assert (path, message) == (
        "$.quote_id",
        "quote_id is null, but it is needed: The quote's id in the sender's system.",
    )


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "the list is empty: send at least 1 of its lines"),
        ({}, "an object is not a list: send […], also for one entry"),
        ("x", '"x" is not a list: send […], also for one entry'),
    ],
)
def test_a_quote_has_a_list_of_lines(lines, message):
    assert only_problem(load_quote, a_quote_sent(lines=lines)) == ("$.lines", message)


def test_what_is_no_line_is_refused_in_its_place_and_the_others_are_judged():
    found = places_of(load_quote, a_quote_sent(lines=[None, 3, a_line_sent(), a_line_sent(line_id="1")]))
    assert found == [
        ("$.lines[0]", "null"),
        ("$.lines[1]", "not_an_object"),
        ("$.lines[3].line_id", "duplicate"),
    ]


def test_more_lines_than_are_taken_are_refused_and_the_number_is_the_callers():
    lines = [a_line_sent(line_id=str(at)) for at in range(10_001)]
    path, message = only_problem(load_quote, a_quote_sent(lines=lines))
    assert path == "$.lines"
    assert message == "there are 10,001 lines, and at most 10,000 are taken: send the document in parts"
    assert len(load_quote(a_quote_sent(lines=lines), max_lines=None).lines) == 10_001
    assert only_problem(lambda sent: load_quote(sent, max_lines=1), a_quote_sent(lines=lines[:2]))[0] == "$.lines"


def test_beyond_a_thousand_problems_the_rest_is_counted():
    lines = [a_line_sent(line_id=str(at), quantity="x", net_unit_price="x") for at in range(900)]
    found = problems_of(load_quote, a_quote_sent(lines=lines))
    assert len(found) == MOST_PROBLEMS + 1
    assert found[-1].code == "more"
    assert "more problems are not listed" in found[-1].message


def test_line_ids_are_unique():
    lines = [a_line_sent(line_id="a"), a_line_sent(line_id="b"), a_line_sent(line_id="a")]
    path, message = only_problem(load_quote, a_quote_sent(lines=lines))
    assert (path, message) == ("$.lines[2].line_id", '"a" is the line_id of lines[0] as well: give each its own')


def test_a_parent_is_a_line_of_the_quote():
    lines = [a_line_sent(), a_line_sent(line_id="2", parent_line_id="3")]
    path, message = only_problem(load_quote, a_quote_sent(lines=lines))
    assert (path, message) == ("$.lines[1].parent_line_id", 'there is no line "3" that this line could belong to')


@pytest.mark.parametrize(
    ("parents", "in_cycle"),
    [
        ({"1": "1"}, ["1"]),
        ({"1": "2", "2": "1"}, ["1", "2"]),
        ({"1": "2", "2": "3", "3": "2"}, ["2", "3"]),
        ({"1": "2", "2": "3", "3": None}, []),
    ],
)
def test_no_line_is_its_own_ancestor(parents, in_cycle):
    sent = a_quote_sent(lines=[a_line_sent(line_id=child, parent_line_id=parent) for child, parent in parents.items()])
    if in_cycle:
        assert places_of(load_quote, sent) == [(f"$.lines[{int(at) - 1}].parent_line_id", "cycle") for at in in_cycle]
    else:
        assert load_quote(sent)


def test_a_chain_of_ten_thousand_parents_is_followed_in_no_time():
    lines = [a_line_sent(line_id=str(at), parent_line_id=str(at + 1) if at < 9_999 else None) for at in range(10_000)]
    assert len(load_quote(a_quote_sent(lines=lines)).lines) == 10_000


@pytest.mark.parametrize(
    ("currency", "amount", "message"),
    [
        ("USD", "9.999", '"9.999" cannot be paid: USD has 2 decimals'),
        ("JPY", "100.5", '"100.5" cannot be paid: JPY has no decimals'),
        ("KWD", "1.0001", '"1.0001" cannot be paid: KWD has 3 decimals'),
    ],
)
def test_an_amount_has_no_more_decimals_than_its_currency(currency, amount, message):
    sent = a_quote_sent(currency=currency, lines=[a_line_sent(stated_total=amount)])
    assert only_problem(load_quote, sent) == ("$.lines[0].stated_total", message)


@pytest.mark.parametrize(
    ("currency", "amount"), [("USD", "9.990"), ("JPY", "100.00"), ("KWD", "1.001"), ("USD", Decimal("9.99"))]
)
def test_an_amount_that_can_be_paid_is_taken(currency, amount):
    sent = a_quote_sent(currency=currency, stated_totals={"tcv": amount})
    assert load_quote(sent).stated_totals.tcv == Decimal(amount)


def test_every_amount_of_a_quote_is_held_to_the_currency_and_no_rate_is():
    line = a_line_sent(
        net_unit_price="0.123456789012",
        minimum_amount="0.001",
        minimum_commitment={"amount": "0.001"},
        drawdown={"credit_amount": "0.001"},
        tiers=[{"unit_price": "0.001", "flat_fee": "0.001"}],
        percentage={"rate_percent": "0.001", "fixed_amount": "0.001"},
    )
    found = places_of(load_quote, a_quote_sent(lines=[line], stated_totals={"tcv": "0.001"}))
    assert {code for _, code in found} == {"too_many_decimals"}
    assert [path.removeprefix("$.").removeprefix("lines[0].") for path, _ in found] == [
        "stated_totals.tcv",
        "tiers[0].flat_fee",
        "percentage.fixed_amount",
        "minimum_amount",
        "minimum_commitment.amount",
        "drawdown.credit_amount",
    ]


def test_the_term_ends_after_it_starts_and_within_a_hundred_years():
    assert only_problem(load_quote, a_quote_sent(start_date="2026-06-30", end_date="2026-06-29")) == (
        "$.end_date",
        "end_date 2026-06-29 is before start_date 2026-06-30; an end date is the last day",
    )
    assert load_quote(a_quote_sent(start_date="2026-06-30", end_date="2026-06-30"))
    assert places_of(load_quote, a_quote_sent(start_date="2026-01-01", end_date="2127-01-01")) == [
        ("$.end_date", "term_too_long")
    ]


def test_a_special_term_is_an_object_or_its_text():
    terms = ["No charge in May.", {"text": "Logo use.", "billing_effect": False}]
    quote = load_quote(a_quote_sent(special_terms=terms))
    assert quote.special_terms == (
        SpecialTerm(text="No charge in May."),
        SpecialTerm(text="Logo use.", billing_effect=False),
    )


@pytest.mark.parametrize(
    ("terms", "path", "code"),
    [
        (["ok", "  "], "$.special_terms[1]", "empty"),
        (["ok", 3], "$.special_terms[1]", "not_an_object"),
        ([{"billing_effect": True}], "$.special_terms[0].text", "required"),
        (["x"] * 201, "$.special_terms", "too_many"),
    ],
)
def test_a_special_term_says_something(terms, path, code):
    assert places_of(load_quote, a_quote_sent(special_terms=terms)) == [(path, code)]


@pytest.mark.parametrize(
    ("field", "count", "entry"),
    [
        ("tiers", 1_001, {"unit_price": "1"}),
        ("ramp", 601, {"start_date": "2026-01-01"}),
        ("discounts", 101, {"percent": "1"}),
    ],
)
def test_lists_of_a_line_are_bounded(field, count, entry):
    found = places_of(load_quote, a_quote_sent(lines=[a_line_sent(**{field: [entry] * count})]))
    assert found == [(f"$.lines[0].{field}", "too_many")]


def test_approvals_are_bounded():
    approvals = [{"approver_id": "a"}] * 201
    assert places_of(load_quote, a_quote_sent(approvals=approvals)) == [("$.approvals", "too_many")]


def test_absent_null_zero_and_unlimited_are_four_different_things():
    def line(**fields):
        return load_quote(a_quote_sent(lines=[a_line_sent(**fields)])).lines[0]

    absent, null = line(), line(included_quantity=None)
    zero, unlimited = line(included_quantity=0), line(included_quantity="unlimited")
    assert (absent.included_quantity, absent.nulls) == (None, frozenset())
    assert (null.included_quantity, null.nulls) == (None, {"included_quantity"})
    assert (zero.included_quantity, zero.included_unlimited) == (0, False)
    assert (unlimited.included_quantity, unlimited.included_unlimited) == (None, True)


def test_a_plain_discount_stands_for_a_list_of_one_and_not_beside_it():
    quote = load_quote(a_quote_sent(lines=[a_line_sent(discount_percent="20")]))
    assert quote.lines[0].discounts == (Discount(percent=Decimal(20)),)
    both = a_line_sent(discount_percent="20", discounts=[{"percent": "20"}])
    assert only_problem(load_quote, a_quote_sent(lines=[both])) == (
        "$.lines[0].discount_percent",
        "send discounts or discount_percent, not both",
    )


def test_unknown_fields_are_kept_where_they_stood():
    account = {"account_id": "A", "industry": "steel"}
    sent = a_quote_sent(campaign={"id": 7}, account=account, lines=[a_line_sent(colour="red", nulls=["x"], extra=1)])
    quote = load_quote(sent)
    assert dict(quote.extra) == {"campaign": {"id": 7}}
    assert dict(quote.account.extra) == {"industry": "steel"}
    assert dict(quote.lines[0].extra) == {"colour": "red", "nulls": ["x"], "extra": 1}
    assert to_document(quote)["lines"][0]["colour"] == "red"


def test_a_quote_reads_the_same_whatever_it_was_told_beside():
    assert load_quote(a_quote_sent(campaign=1)) == load_quote(a_quote_sent())


def test_what_was_stated_is_written_again_and_nothing_else():
    line = a_line_sent(quantity="10.0", discount_percent="5", overage_unit_price=None, included_quantity="unlimited")
    sent = a_quote_sent(
        lines=[line], special_terms=["A."], created_at="2026-01-01T00:00:00+00:00", renewal={"auto_renew": None}
    )
    assert to_document(load_quote(sent)) == {
        "quote_id": "Q-1",
        "currency": "USD",
        "created_at": "2026-01-01T00:00:00Z",
        "start_date": "2026-01-01",
        "end_date": "2026-12-31",
        "renewal": {"auto_renew": None},
        "special_terms": [{"text": "A."}],
        "lines": [
            {
                "line_id": "1",
                "product_id": "SEAT",
                "charge_type": "recurring",
                "quantity": "10",
                "price_period": "month",
                "net_unit_price": "100",
                "discounts": [{"percent": "5"}],
                "included_quantity": "unlimited",
                "overage_unit_price": None,
            }
        ],
    }
