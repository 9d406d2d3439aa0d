"""A ramp goes up."""

from decimal import Decimal

from policies.check import NotApplicable, Satisfied, Undetermined
from policies.checks.ramp_steps import CHECK
from tests.builders import a_line, a_quote
from tests.judging import judged, violated


def ramped(*steps, **line):
    """Half-years from January 2026 as (quantity, price)."""
    starts = ("2026-01-01", "2026-07-01", "2027-01-01")
    ramp = [
        {"start_date": start, "quantity": quantity, "net_unit_price": price}
        for start, (quantity, price) in zip(starts, steps, strict=False)
    ]
    return a_quote(end_date="2027-06-30", lines=[a_line(ramp=ramp, **line)])


def test_a_step_down_loses_what_the_step_before_it_sold():
    found = violated(CHECK, ramped(("20", "100"), ("10", "100")))

    # 1,000 a month less, from July 2026 to June 2027.
    assert (found.loss.per_period, found.loss.remaining_term) == (Decimal(1000), Decimal(12000))
    assert {name: str(value) for name, value in found.reports.items()} == {
        "before": "$2,000",
        "after": "$1,000",
        "from": "2026-07-01",
    }


def test_each_step_down_counts():
    # 1,000 a month for six months, and then 500 less for six more.
    found = violated(CHECK, ramped(("20", "100"), ("10", "100"), ("5", "100")))
    assert (found.loss.remaining_term, len(found.evidence)) == (Decimal(9000), 2)


def test_steps_that_rise_or_stay_are_fine_also_at_a_lower_price():
    assert isinstance(judged(CHECK, ramped(("10", "100"), ("10", "100"))), Satisfied)
    assert isinstance(judged(CHECK, ramped(("10", "100"), ("20", "90"))), Satisfied)


def test_one_segment_has_no_step_and_one_without_a_price_cannot_be_told():
    assert isinstance(judged(CHECK, ramped(("10", "100"))), NotApplicable)
    assert isinstance(judged(CHECK, ramped(("10", None), ("5", None), net_unit_price=None)), Undetermined)
