"""A charge beside what it stands for: field by field, what billing goes by and what the agreement says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from policies.domain.charge import ChargeType, Line
from policies.domain.terms import Terms

if TYPE_CHECKING:
    from datetime import date

    from policies.domain.billing import BillingCharge
    from policies.twin.model import Stream

_IF_BOTH_STATE: Final = frozenset({"unit_of_measure", "quantity_basis", "charge_model"})
_NOTHING_IS_ZERO: Final = frozenset({"free_months", "trial_days", "uplift_percent", "hard_cap"})
_DATES: Final = frozenset({"start_date", "end_date", "billing_start_date"})
_OF_TERMS: Final = frozenset({"price_period", "billing_frequency", "billing_timing"})


class Pair(NamedTuple):
    """A charge, and the version of a line (or the part of it) that it stands for.

    Where charges bill the version one after the other, `follows` says that another came before, and `until` is the last
    day before the next one.
    """

    charge: BillingCharge
    stream: Stream
    terms: Terms
    line: Line
    source: str
    is_last: bool
    ends_early: bool
    renews: bool
    follows: bool = False
    until: date | None = None


class Edit(NamedTuple):
    name: str
    value: object


def differs(pair: Pair, name: str) -> bool:
    actual, wanted = _current(pair, name), target(pair, name)
    if actual == wanted or (name in _IF_BOTH_STATE and None in (actual, wanted)):
        return False
    if name == "quantity" and pair.line.charge_type is ChargeType.USAGE:
        return False
    return bool(actual or wanted) if name in _NOTHING_IS_ZERO else True


def _current(pair: Pair, name: str) -> object:
    """What billing goes by: what the charge states, or what was taken where it does not."""
    terms = next(iter(pair.stream.terms), None)
    if name == "trial_days":
        return pair.charge.trial_days
    if name == "charge_model":
        return pair.stream.line.model
    if name == "start_date":
        return _start(pair)
    if name == "end_date":
        return pair.charge.terms.end_date
    if name in _OF_TERMS and terms is not None:
        return getattr(terms, name)
    return getattr(pair.stream.line, name)


def target(pair: Pair, name: str) -> object:
    """What the agreement says it should be."""
    terms = pair.terms
    if name == "trial_days":
        return None
    if name == "charge_model":
        return pair.line.model
    if name in _DATES:
        return _date(pair, name)
    return getattr(terms, name) if name in _OF_TERMS else getattr(pair.line, name)


def _date(pair: Pair, name: str) -> object:
    terms = pair.terms
    start = None if terms.term is None else terms.dated.start
    if name == "start_date":
        return _start(pair) if pair.follows else start
    if name == "end_date":
        return _end(pair) if pair.until is None else pair.until
    is_later = terms.billing_start is not None and (start is None or terms.billing_start > start)
    return terms.billing_start if is_later else _harmless(pair)


def _harmless(pair: Pair) -> object:
    """A start of billing that is the start of service says nothing."""
    stated, terms = pair.charge.terms.billing_start_date, pair.terms
    return stated if stated is not None and terms.term is not None and stated <= terms.dated.start else None


def _end(pair: Pair) -> object:
    """The last day that the charge should have; as it is where it may as well have none."""
    terms, stated = pair.terms, pair.charge.terms.end_date
    if terms.term is None or terms.comes_once:
        return stated
    last = terms.dated.last_day
    if not pair.is_last or (pair.ends_early and stated is None):
        return last
    may_be_longer = pair.renews or stated is None or stated == last
    return stated if may_be_longer and (stated is None or stated >= last) else last


def in_turn(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs, each knowing which others of the same version come before and after it in time."""
    return [_among(pair, [each for each in pairs if each is not pair and _bills_with(each, pair)]) for pair in pairs]


def _bills_with(one: Pair, other: Pair) -> bool:
    kinds = {each.stream.line.charge_type is ChargeType.USAGE for each in (one, other)}
    return one.terms is other.terms and len(kinds) == 1


def _among(pair: Pair, others: Sequence[Pair]) -> Pair:
    start, end = _start(pair), pair.charge.terms.end_date
    ends = [each.charge.terms.end_date for each in others]
    starts = [_start(each) for each in others]
    later = [each for each in starts if each is not None and end is not None and each > end]
    return pair._replace(
        follows=any(each is not None and start is not None and each < start for each in ends),
        until=min(later) - timedelta(days=1) if later else None,
    )


def _start(pair: Pair) -> date | None:
    terms = next(iter(pair.stream.terms), None)
    return None if terms is None or terms.term is None else terms.dated.start
