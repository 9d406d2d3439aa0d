"""A way out without cause, and what of the contract's value is then not sure."""

from decimal import Decimal

import pytest

from policies.check import NotApplicable, Satisfied, Undetermined
from policies.checks.termination_for_convenience import CHECK
from tests.builders import a_line, a_quote
from tests.judging import after, judged, violated


def quoted(stated=False, *texts, **terms):
    """Ten seats at $100 a month for the 365 days of 2026: 12,000."""
    special = [{"text": text} for text in texts]
    return a_quote(termination_for_convenience=stated, special_terms=special, **terms)


def test_the_whole_recurring_value_is_exposed_and_one_time_fees_are_not():
    setup = a_line(line_id="2", charge_type="one_time", quantity="1", price_period=None, net_unit_price="5000")
    found = violated(CHECK, quoted(True, lines=[a_line(), setup]))

    assert found.loss.remaining_term == Decimal(12000)
    assert found.loss.is_exposure
    assert found.reports == {"exposure": "$12,000", "when": "at any time"}
    assert found.loss.assumptions[0].startswith("an exposure, not a loss")


def test_what_the_notice_covers_is_sure():
    # 73 of 365 days are a fifth.
    found = violated(
        CHECK, quoted(True, "Either party may terminate for convenience on 73 days' prior written notice.")
    )
    assert (found.loss.remaining_term, found.reports["when"]) == (Decimal(9600), "with 73 days' notice")


@pytest.mark.parametrize(
    "text",
    [
        "Customer may terminate this Agreement at any time.",
        "Customer may terminate without cause.",
        "Termination for convenience: permitted.",
        "Customer has an opt-out right after six months.",
        "Customer may opt out of the contract in month six.",
        "An early exit right is granted.",
    ],
)
def test_words_that_grant_a_way_out_count_though_with_less_confidence(text):
    found = violated(CHECK, quoted(False, text))
    assert (found.confidence, found.changes) == (Decimal("0.75"), ())


@pytest.mark.parametrize(
    "text",
    [
        "Neither party may terminate for convenience.",
        "Customer may not terminate without cause.",
        "No early termination.",
        "Recipients may opt out of marketing e-mail.",
        "Vendor may terminate for material breach.",
    ],
)
def test_words_that_deny_it_or_speak_of_something_else_do_not(text):
    assert isinstance(judged(CHECK, quoted(False, text)), Satisfied)


def test_the_field_can_be_changed_where_no_clause_stands_beside_it():
    assert isinstance(after(CHECK, quoted(True)), Satisfied)
    assert violated(CHECK, quoted(True, "Customer may terminate without cause.")).changes == ()


def test_without_dates_the_exposure_is_not_known():
    found = violated(CHECK, quoted(True, start_date=None))
    assert (found.loss.remaining_term, found.reports["exposure"]) == (None, "an unknown part")


def test_silence_is_not_assessed():
    assert isinstance(judged(CHECK, quoted(None)), Undetermined)
    once = a_line(charge_type="one_time", price_period=None)
    assert isinstance(judged(CHECK, quoted(None, lines=[once])), NotApplicable)
