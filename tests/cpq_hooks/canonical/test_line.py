"""Terms that cannot be read are refused; terms that are read but likely wrong stay for the policies to report."""

from decimal import Decimal

import pytest

from cpq_hooks.canonical import load_quote, to_document
from tests.cpq_hooks.refusals import only_problem, places_of
from tests.documents import a_line_sent, a_quote_sent


def loaded(**fields):
    return load_quote(a_quote_sent(lines=[a_line_sent(**fields)])).lines[0]


def refused(**fields):
    path, message = only_problem(load_quote, a_quote_sent(lines=[a_line_sent(**fields)]))
    assert path.startswith("$.lines[0]")
    return path.removeprefix("$.lines[0]"), message


@pytest.mark.parametrize(
    ("bounds", "position", "message"),
    [
        (["10", "5", None], 1, "up_to 5 is below the tier before it (10): tiers ascend, and none is empty"),
        (["10", "10.0", None], 1, "up_to 10.0 is the same as the tier before it (10): tiers ascend, and none is empty"),
        ([None, "10"], 0, "only the last tier can be open: send up_to, or remove the tiers after it"),
        (["10", None, "5"], 2, "up_to 5 is below the tier before it (10): tiers ascend, and none is empty"),
    ],
)
def test_tiers_that_do_not_ascend_cannot_be_read(bounds, position, message):
    tiers = [{"up_to": bound, "unit_price": "1"} for bound in bounds]
    problems = places_of(load_quote, a_quote_sent(lines=[a_line_sent(tiers=tiers)]))
    assert f"$.lines[0].tiers[{position}].up_to" in [path for path, _ in problems]
    if len(problems) == 1:
        assert refused(tiers=tiers) == (f".tiers[{position}].up_to", message)


def test_a_tier_of_no_width_is_refused():
    assert refused(tiers=[{"up_to": 0, "unit_price": "1"}]) == (
        ".tiers[0].up_to",
        "0 is not more than zero: send a number that is",
    )


def test_a_tier_has_a_price():
    path, message = refused(tiers=[{"up_to": 10, "unit_price": 1}, {"up_to": None}])
    assert (path, message) == (".tiers[1]", "the tier has neither unit_price nor flat_fee: send at least one")


def test_tier_tables_with_defects_that_a_policy_reports_are_read():
    closed = loaded(tiers=[{"up_to": "10", "unit_price": "1"}]).tiers
    assert closed[-1].up_to == 10
    negative = loaded(tiers=[{"up_to": "10", "unit_price": "-1"}, {"unit_price": "2", "flat_fee": "-3.00"}]).tiers
    assert (negative[0].unit_price, negative[1].flat_fee) == (Decimal(-1), Decimal("-3.00"))
    assert loaded(tiers=[{"up_to": "10", "unit_price": "1"}, {"up_to": None, "unit_price": "9"}])


@pytest.mark.parametrize("charge_type", ["recurring", "one_time"])
def test_nothing_cannot_be_sold(charge_type):
    assert refused(quantity="0", charge_type=charge_type) == (
        ".quantity",
        f"the quantity of a {charge_type} line is zero: send what is sold, or leave the line out",
    )


def test_a_usage_line_may_commit_to_nothing_and_a_quantity_may_be_absent():
    assert loaded(quantity="0", charge_type="usage").quantity == 0
    assert loaded(quantity=None).quantity is None


@pytest.mark.parametrize(
    ("discount", "path", "message"),
    [
        ({}, "", "a discount has either percent or amount: send exactly one of them"),
        ({"percent": "5", "amount": "1"}, "", "a discount has either percent or amount: send exactly one of them"),
        (
            {"percent": "5", "ends_on": "2026-03-31", "periods": 3},
            ".periods",
            "the discount ends either on a day or after periods: send ends_on or periods, not both",
        ),
        (
            {"percent": "5", "starts_on": "2026-03-31", "ends_on": "2026-03-01"},
            ".ends_on",
            "ends_on 2026-03-01 is before starts_on 2026-03-31; an end date is the last day",
        ),
    ],
)
def test_a_discount_has_one_size_and_at_most_one_end(discount, path, message):
    assert refused(discounts=[discount]) == (f".discounts[0]{path}", message)


def test_lines_and_ramp_steps_end_after_they_start():
    assert refused(end_date="2026-01-01", start_date="2026-02-01")[0] == ".end_date"
    step = {"start_date": "2026-02-01", "end_date": "2026-01-01"}
    assert refused(ramp=[step])[0] == ".ramp[0].end_date"


def test_gaps_and_overlaps_of_a_ramp_are_read():
    ramp = [{"start_date": "2026-05-01", "quantity": 5}, {"start_date": "2026-01-01", "end_date": "2026-06-30"}]
    assert len(loaded(ramp=ramp).ramp) == 2


def test_the_most_is_no_less_than_the_least():
    path, message = refused(minimum_amount="10.00", maximum_amount="5.00")
    assert (path, message) == (".maximum_amount", "maximum_amount 5.00 is below minimum_amount 10.00")


@pytest.mark.parametrize(
    ("field", "sent", "path"),
    [
        ("package", {"size": 0}, ".package.size"),
        ("package", {}, ".package.size"),
        ("package", {"size": 10, "rounding": "nearest"}, ".package.rounding"),
        ("percentage", {"rate_percent": "101"}, ".percentage.rate_percent"),
        ("percentage", "3", ".percentage"),
        ("drawdown", {"credit_amount": 0}, ".drawdown.credit_amount"),
        ("minimum_commitment", {"period": "year"}, ".minimum_commitment.amount"),
        ("free_months", -1, ".free_months"),
        ("uplift_percent", "-101", ".uplift_percent"),
        ("billing_frequency", "weekly", ".billing_frequency"),
    ],
)
def test_terms_that_make_no_sense_are_refused_where_they_stand(field, sent, path):
    assert refused(**{field: sent})[0] == path


def test_a_price_may_fall_at_an_anniversary():
    assert loaded(uplift_percent="-5").uplift_percent == -5


def a_table(*rows):
    return [dict(zip(("from", "to", "unit_price"), row, strict=True)) for row in rows]


@pytest.mark.parametrize(
    "rows",
    [
        (("0", "100", "5"), ("101", "200", "4"), ("201", None, "3")),
        (("1", 100, "5"), (101, 200, "4"), ("201", None, "3")),
        (("0", "100", "5"), ("100", "200", "4"), ("200.0", None, "3")),
    ],
)
def test_a_table_with_from_and_to_is_the_one_with_up_to(rows):
    bounds = [{"up_to": bound, "unit_price": price} for bound, price in (("100", "5"), ("200", "4"), (None, "3"))]
    assert loaded(tiers=a_table(*rows)).tiers == loaded(tiers=bounds).tiers
    assert to_document(load_quote(a_quote_sent(lines=[a_line_sent(tiers=a_table(*rows))])))["lines"][0]["tiers"] == [
        {"up_to": "100", "unit_price": "5"},
        {"up_to": "200", "unit_price": "4"},
        {"unit_price": "3"},
    ]


def test_a_gap_and_an_overlap_are_read_and_kept_for_the_policies():
    tiers = loaded(tiers=a_table(("0", "100", "5"), ("150", "200", "4"), ("180", None, "3"))).tiers
    assert [tier.starts_at for tier in tiers] == [None, 150, 180]
    halves = loaded(tiers=a_table(("0", "0.5", "5"), ("1.5", None, "4"))).tiers
    assert halves[1].starts_at == Decimal("1.5")


def test_a_tier_has_one_bound():
    both = [{"up_to": "10", "to": "10", "unit_price": "1"}, {"unit_price": "2"}]
    assert refused(tiers=both) == (".tiers[0].to", "up_to and to are the same bound: send one of them")
    path, message = refused(tiers=a_table(("0", "10", "1"), ("11", "5", "2"), ("6", None, "3")))
    assert (path, message[:32]) == (".tiers[1].up_to", "up_to 5 is below the tier before")


def test_how_and_when_a_price_rises_can_be_said():
    line = loaded(uplift_percent="5", uplift_method="simple", uplift_at="renewal")
    assert (line.uplift_method, line.uplift_at) == ("simple", "renewal")
    assert loaded().uplift_method is None
