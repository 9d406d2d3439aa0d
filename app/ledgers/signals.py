"""Signs that limits are played with: discounts bunched just under one, deals split to stay below one, quotes tried until they pass.

A sign is a reason to look and no verdict. Each says how likely it is by chance, or what it rests on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from app.ledgers.statistics import binomial_tail

ALPHA: Final = 0.001
"""A bunching is told where chance alone makes it less often than this, over all limits together."""
FEWEST_NEAR: Final = 40
LEAST_EXCESS: Final = 1.5
NEAR_POINTS: Final = 3
DAYS: Final = 14
SMALL_CHANGES: Final = 4
_POINT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Bunching:
    """More quotes of a role just under a discount limit (percent) than the points beside it have."""

    role: str
    limit_percent: float
    seen: int
    expected: float
    n: int
    probability: float


def bunching(discounts: Mapping[str, Mapping[int, int]], limits: Mapping[str, Sequence[int]]) -> list[Bunching]:
    """Test each role's limits. `discounts` counts quotes by role and discount, limits are both in hundredths of a percent.

    The point is (limit - 1, limit], its neighbours three points on each side. Whole numbers draw people as well, so a limit on a
    round number is held against the neighbouring round numbers only where these are as round: see `_expected`.
    """
    tests = [(role, limit) for role, those in sorted(limits.items()) for limit in sorted(set(those))]
    found = [_bunching(role, limit, discounts.get(role, {})) for role, limit in tests]
    return [each for each in found if each is not None and each.probability * max(1, len(tests)) < ALPHA]


def _bunching(role: str, limit: int, counts: Mapping[int, int]) -> Bunching | None:
    seen = _between(counts, limit - _POINT, limit)
    beside = [_between(counts, limit + step * _POINT, limit + (step + 1) * _POINT) for step in _beside()]
    n = seen + sum(beside)
    if n < FEWEST_NEAR:
        return None
    expected = _expected(limit, beside, counts)
    if seen < LEAST_EXCESS * expected:
        return None
    share = min(0.999, max(1e-6, expected / (expected + sum(beside))))
    return Bunching(
        role=role,
        limit_percent=limit / 100,
        seen=seen,
        expected=expected,
        n=n,
        probability=binomial_tail(seen, n, share),
    )


def _beside() -> list[int]:
    """The points beside the limit, as steps: three below the point itself, three above."""
    return [*range(-NEAR_POINTS - 1, -1), *range(NEAR_POINTS)]


def _expected(limit: int, beside: Sequence[int], counts: Mapping[int, int]) -> float:
    """What a smooth distribution has in the point; at a multiple of five, what the multiples of five beside it have, if more."""
    smooth = sum(beside) / len(beside)
    if limit % (5 * _POINT):
        return smooth
    rounds = [_between(counts, each - _POINT, each) for each in (limit - 5 * _POINT, limit + 5 * _POINT)]
    return max(smooth, sum(rounds) / 2)


def _between(counts: Mapping[int, int], above: int, through: int) -> int:
    return sum(n for discount, n in counts.items() if above < discount <= through)


@dataclass(frozen=True, slots=True, kw_only=True)
class SizedQuote:
    """A quote as it was first sent: whose, over what, how large (minor units a year)."""

    quote_id: str
    account_id: str
    rep_id: str
    products: str
    currency: str
    first_at: datetime
    annual: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Quotes that stay below a limit each, and not together."""

    account_id: str
    quote_ids: tuple[str, ...]
    rep_ids: tuple[str, ...]
    currency: str
    amounts: tuple[int, ...]
    limit: int
    within_days: int


def splits(quotes: Iterable[SizedQuote], limits: Mapping[str, Sequence[int]]) -> list[Split]:
    """Runs of quotes of one account over the same products, each within 14 days of the one before; limits by currency."""
    by_deal: dict[tuple[str, str, str], list[SizedQuote]] = defaultdict(list)
    for each in quotes:
        if each.account_id and each.products:
            by_deal[each.account_id, each.products, each.currency].append(each)
    found = []
    for key, those in sorted(by_deal.items()):
        for run in _runs(sorted(those, key=lambda each: each.first_at)):
            limit = _crossed([each.annual for each in run], limits.get(key[2], ()))
            if limit is not None:
                found.append(_split(run, limit))
    return found


def _runs(quotes: Sequence[SizedQuote]) -> Iterable[list[SizedQuote]]:
    run = list(quotes[:1])
    for before, after in pairwise(quotes):
        if after.first_at - before.first_at > timedelta(days=DAYS):
            yield run
            run = []
        run.append(after)
    yield run


def _crossed(amounts: Sequence[int], limits: Sequence[int]) -> int | None:
    """The largest limit that each is below and the sum is above."""
    if len(amounts) < 2:
        return None
    return max((each for each in limits if max(amounts) <= each < sum(amounts)), default=None)


def _split(run: Sequence[SizedQuote], limit: int) -> Split:
    return Split(
        account_id=run[0].account_id,
        quote_ids=tuple(each.quote_id for each in run),
        rep_ids=tuple(dict.fromkeys(each.rep_id for each in run)),
        currency=run[0].currency,
        amounts=tuple(each.annual for each in run),
        limit=limit,
        within_days=(run[-1].first_at - run[0].first_at).days,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A quote that was tried with small changes until it passed."""

    quote_id: str
    rep_id: str
    decisions: int
    small_changes: int
    first_at: str
    last_at: str
