"""What outlasts an amendment: one commitment is trued up once, one credit is burned once."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from policies.domain.period import Period
from policies.domain.schedule import charges
from policies.domain.succession import Held, charges_in_turn
from policies.domain.terms import resolve
from tests.builders import a_quote, a_usage_line

JULY, NEXT = date(2026, 7, 1), date(2027, 1, 1)
USED = {month: Decimal(1000) for month in range(1, 7)} | {month: Decimal(200) for month in range(7, 13)}


def halves(first, second=None):
    """Two halves of 2026, and their use: 1,000 a month and then 200, at $1."""
    before, after = (resolve(line, a_quote()) for line in (first, second or first))
    before = replace(before, term=Period(date(2026, 1, 1), JULY))
    after = replace(after, term=Period(JULY, NEXT), since=date(2026, 1, 1))
    return [Held(each, lambda period: USED[period.start.month]) for each in (before, after)]


def calls(**terms):
    return a_usage_line(net_unit_price="1", **terms)


def committed(amount, period="year"):
    return calls(minimum_commitment={"amount": amount, "period": period, "true_up": True})


def total(found, *, true_up=None):
    return sum(each.amount for each in found if true_up is None or each.true_up is true_up)


def test_a_yearly_commitment_is_held_against_the_whole_year() -> None:
    # 6 * 1,000 + 6 * 200 = 7,200, and 800 are missing; cut in halves, the second one alone would owe 2,800.
    found = charges_in_turn(halves(committed("8000")))
    assert [(each.invoice_date, each.amount) for each in found if each.true_up] == [(NEXT, 800)]
    assert total(found) == 8000


def test_a_commitment_for_the_term_is_owed_once_and_again_only_when_the_term_is_renewed() -> None:
    held = halves(committed("8000", "term"))
    assert total(charges_in_turn(held)) == 8000
    assert total(charges_in_turn(held, renewed_on=JULY)) == 16000


def test_a_commitment_that_was_changed_counts_for_its_own_days() -> None:
    # 181 of 365 days at 3,650 are 1,810, less than the 6,000 used; 184 of 365 days at 7,300 are 3,680, and 1,200 were used.
    found = charges_in_turn(halves(committed("3650"), committed("7300")))
    assert [each.amount for each in found if each.true_up] == [2480]


def test_credit_that_is_stated_again_is_not_given_again() -> None:
    found = charges_in_turn(halves(calls(drawdown={"credit_amount": "6500"})))
    # 7,200 used and 6,500 paid before: in July and August 200 each, then half of September's 200.
    assert total(found) == 700
    assert sum(-each.amount for each in found if each.amount < 0) == 6500


def test_terms_that_share_nothing_bill_what_they_bill_alone() -> None:
    held = halves(calls())
    alone = [each for terms, usage in held for each in charges(terms, usage)]
    assert list(charges_in_turn(held)) == alone
