"""Signs of gaming show on data that was made with them, and nothing shows on smooth data."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from app.ledgers.signals import SizedQuote, bunching, splits

DAY = datetime(2026, 3, 2, tzinfo=UTC)
LIMITS = {"ae": [1000, 2000], "manager": [3000]}


def smooth(seed, n=3000):
    """Discounts that fall off evenly, to the tenth of a point."""
    chance = Random(seed)
    return Counter(int(chance.betavariate(2, 5) * 500) * 10 for _ in range(n))


def a_quote(number, *, days=0, annual=4_000_000, **terms):
    named = {"account_id": "A-1", "rep_id": "R-1", "products": "p", "currency": "USD"} | terms
    return SizedQuote(quote_id=f"Q-{number}", first_at=DAY + timedelta(days=days), annual=annual, **named)


def test_discounts_just_under_a_limit_are_told():
    counts = smooth(1)
    counts[1990] += 150
    [found] = bunching({"ae": counts}, LIMITS)
    assert (found.role, found.limit_percent) == ("ae", 20.0)
    assert found.seen > 1.5 * found.expected
    assert found.probability < 1e-6


@pytest.mark.parametrize("seed", range(25))
def test_smooth_discounts_raise_no_alarm(seed):
    assert bunching({"ae": smooth(seed), "manager": smooth(seed + 100)}, LIMITS) == []


def test_people_who_like_round_numbers_raise_no_alarm():
    counts = smooth(3)
    for round_number in (500, 1000, 1500, 2000, 2500, 3000):
        counts[round_number] += 200
    assert bunching({"ae": counts}, LIMITS) == []


def test_too_few_quotes_tell_nothing():
    assert bunching({"ae": Counter({1990: 12, 1500: 4})}, LIMITS) == []


def test_deals_that_are_split_to_stay_under_a_limit_are_told():
    [found] = splits([a_quote(1), a_quote(2, days=5), a_quote(3, days=12)], {"USD": [5_000_000, 10_000_000]})
    assert found.quote_ids == ("Q-1", "Q-2", "Q-3")
    assert (found.limit, found.within_days) == (10_000_000, 12)


@pytest.mark.parametrize(
    "other",
    [
        a_quote(2, days=40),
        a_quote(2, account_id="A-2"),
        a_quote(2, products="q"),
        a_quote(2, currency="EUR"),
        a_quote(2, annual=500_000),
        a_quote(2, annual=9_000_000),
    ],
)
def test_deals_far_apart_of_others_small_or_over_the_limit_anyway_are_none(other):
    assert splits([a_quote(1), other], {"USD": [5_000_000]}) == []
