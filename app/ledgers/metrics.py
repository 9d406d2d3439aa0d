"""The metrics as pure functions: each gives a value with what it rests on, or says why it cannot be told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.ledgers.statistics import Interval, bootstrap_difference, chapman, quantile, rate_ratio, wilson

FEWEST: Final = 10
"""With fewer cases before a fix, or judged findings of a tier, nothing is concluded."""
_A_MONTH: Final = 28
_NO_REVIEW: Final = "no review is recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A figure by a definition. `value` is None where it cannot be told, and `because` then says why."""

    definition: str
    value: float | None
    n: int
    interval: Interval | None = None
    because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewTally:
    """One reviewer's reviews: how many, on how many days, how many approved, and how often each took how many seconds."""

    days: int
    approved: int
    seconds: Mapping[int, int]

    @property
    def reviews(self) -> int:
        return sum(self.seconds.values())


def share(definition: str, hits: int, n: int, *, nothing: str) -> Measured:
    """A share with its Wilson interval; `nothing` says what is missing where n is 0."""
    if n == 0:
        return Measured(definition=definition, value=None, n=0, because=nothing)
    return Measured(definition=definition, value=hits / n, n=n, interval=wilson(hits, n))


def leakage_rate(under: int, expected: int, agreements: int) -> Measured:
    """Of one currency. A rate of money, not of cases, so it has no interval."""
    if expected <= 0:
        return Measured(
            definition="leakage_rate", value=None, n=agreements, because="no audit is kept in this currency"
        )
    return Measured(definition="leakage_rate", value=max(0, under) / expected, n=agreements)


def prevention_yield(prevented: int, corrected: int, found_after: int, n: int) -> Measured:
    """Of one currency; `found_after` is everything that was detected, also what has been recovered or written off since."""
    whole = prevented + corrected + found_after
    if whole <= 0:
        return Measured(definition="prevention_yield", value=None, n=n, because="nothing was prevented or found yet")
    return Measured(definition="prevention_yield", value=(prevented + corrected) / whole, n=n)


def detection_rate(flagged: int, by_others: int) -> Measured:
    """Of confirmed leaks."""
    return share("detection_rate", flagged, flagged + by_others, nothing="no leak has been confirmed yet")


def leaks_in_all(by_audit: int, by_others: int, by_both: int) -> Measured:
    """An estimate by capture and recapture."""
    if by_both == 0:
        because = "no leak was found both by an audit and by somebody else, so what nobody found cannot be estimated"
        return Measured(definition="leaks_in_all", value=None, n=by_audit + by_others, because=because)
    value, interval = chapman(by_audit, by_others, by_both)
    return Measured(definition="leaks_in_all", value=value, n=by_audit + by_others - by_both, interval=interval)


def tier_calibration(tier: str, confirmed: int, judged: int, bound: float) -> tuple[Measured, bool | None]:
    """A tier's precision, and whether it bears the tier's lower bound; None where too few were judged to tell."""
    measured = share("tier_calibration", confirmed, judged, nothing=f"no deal of the tier {tier} has turned out yet")
    if judged < FEWEST or measured.interval is None:
        return measured, None
    return measured, measured.interval.high >= bound


def days(definition: str, counts: Mapping[int, int], at: float) -> Measured:
    """A quantile of days, given how often each occurs."""
    n = sum(counts.values())
    value = quantile(counts, at)
    if value is None:
        return Measured(definition=definition, value=None, n=0, because="nothing has come this far yet")
    return Measured(definition=definition, value=float(value), n=n)


def recurrence(closed: Sequence[tuple[str, str, str, date]], opened: Iterable[tuple[str, str, str, date]]) -> Measured:
    """From (pattern, product, source, day) of what was closed and of what was opened: came back within 90 days."""
    by_cause: dict[tuple[str, str, str], list[date]] = defaultdict(list)
    for *cause, day in opened:
        by_cause[cause[0], cause[1], cause[2]].append(day)
    back = sum(
        any(0 < (each - day).days <= 90 for each in by_cause.get((pattern, product, source), ()))
        for pattern, product, source, day in closed
    )
    return share("recurrence", back, len(closed), nothing="nothing has been closed yet")


def cycle_time_cost(signed: Mapping[tuple[Hashable, bool, int], int]) -> Measured:
    """From how many signed deals are of one (size, flagged, days): medians compared within each size, weighted by flagged deals."""
    by_size: dict[Hashable, dict[bool, Counter[int]]] = defaultdict(lambda: {True: Counter(), False: Counter()})
    for (size, flagged, took), n in signed.items():
        by_size[size][flagged][took] += n
    weighted, of = 0.0, 0
    for each in by_size.values():
        with_flag, without = quantile(each[True], 0.5), quantile(each[False], 0.5)
        if with_flag is not None and without is not None:
            count = sum(each[True].values())
            weighted += count * (with_flag - without)
            of += count
    if of == 0:
        because = "no signed deal with a flag has one of its size without"
        return Measured(definition="cycle_time_cost", value=None, n=0, because=because)
    return Measured(definition="cycle_time_cost", value=weighted / of, n=of)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewerFigures:
    """One reviewer: how many, which share approved, the median seconds, reviews on a day with any."""

    reviewer: str
    approvals: Measured
    seconds: Measured
    a_day: Measured
    hurried: bool


def reviewers(tallies: Mapping[str, ReviewTally]) -> list[ReviewerFigures]:
    """Figures of each reviewer. `hurried` says that nearly all was approved, of many, in less than half a minute."""
    return [_reviewer(name, tally) for name, tally in sorted(tallies.items())]


def _reviewer(name: str, tally: ReviewTally) -> ReviewerFigures:
    approvals, seconds = rubber_stamping([tally]), review_seconds([tally])
    stamped = approvals.interval is not None and approvals.interval.low >= 0.9 and (seconds.value or 0) < 30
    return ReviewerFigures(
        reviewer=name,
        approvals=approvals,
        seconds=seconds,
        a_day=a_day([tally]),
        hurried=stamped and tally.reviews >= FEWEST,
    )


def rubber_stamping(tallies: Sequence[ReviewTally]) -> Measured:
    """The share of reviews that approve."""
    approved, n = sum(each.approved for each in tallies), sum(each.reviews for each in tallies)
    return share("rubber_stamping", approved, n, nothing=_NO_REVIEW)


def review_seconds(tallies: Sequence[ReviewTally]) -> Measured:
    """The median."""
    counts: Counter[int] = Counter()
    for each in tallies:
        counts.update(each.seconds)
    value, n = quantile(counts, 0.5), counts.total()
    because = None if n else _NO_REVIEW
    return Measured(definition="review_seconds", value=None if value is None else float(value), n=n, because=because)


def a_day(tallies: Sequence[ReviewTally]) -> Measured:
    """Reviews on an analyst's day with any."""
    n, days = sum(each.reviews for each in tallies), sum(each.days for each in tallies)
    because = None if n else _NO_REVIEW
    return Measured(definition="flags_per_analyst_day", value=n / days if days else None, n=n, because=because)


@dataclass(frozen=True, slots=True, kw_only=True)
class FixEffect:
    """Before and after a fix: how often per day, and how much money a day (minor units), over windows of the same length."""

    window_days: int
    before: int
    after: int
    ratio: Measured
    saved_a_day: Measured


def fix_effect(before: Sequence[tuple[int, float]], after: Sequence[tuple[int, float]]) -> FixEffect:
    """From (count, money) of each day before and after, as many days each; too few say so."""
    n_before, n_after, window = sum(n for n, _ in before), sum(n for n, _ in after), min(len(before), len(after))
    because = None
    if window < _A_MONTH:
        because = f"only {window} days have passed since the fix: wait for {_A_MONTH}"
    elif n_before < FEWEST:
        because = f"only {n_before} cases before the fix: below {FEWEST}, chance explains any change"
    if because is not None:
        unknown = Measured(definition="fix_effect", value=None, n=n_before + n_after, because=because)
        return FixEffect(window_days=window, before=n_before, after=n_after, ratio=unknown, saved_a_day=unknown)
    ratio, interval = rate_ratio(n_before, len(before), n_after, len(after))
    money = [amount for _, amount in before], [amount for _, amount in after]
    saved = sum(money[0]) / len(before) - sum(money[1]) / len(after)
    return FixEffect(
        window_days=window,
        before=n_before,
        after=n_after,
        ratio=Measured(definition="fix_effect", value=ratio, n=n_before + n_after, interval=interval),
        saved_a_day=Measured(
            definition="fix_effect", value=saved, n=n_before + n_after, interval=bootstrap_difference(*money)
        ),
    )
