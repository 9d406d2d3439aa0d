"""Whether billing knows the amendments that are in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.amended import Version, fold
from policies.domain.finding import Direction, Evidence
from policies.domain.material import LINE_FIELDS
from policies.twin.found import SURE, Found, difference
from policies.twin.worth import worth_of

if TYPE_CHECKING:
    from policies.domain.agreement import Amendment
    from policies.domain.billing import BillingCharge
    from policies.twin.model import Difference, Match, Matching, Stream
    from policies.twin.setup import SetUp

ZERO: Final = Decimal(0)
CITED: Final = "amendment_ids"
"""A field of the configuration beside the canonical ones: the amendments that it was set up with."""

_DATES: Final = frozenset({"start_date", "end_date", "billing_start_date", "parent_line_id", "list_unit_price"})


def amendments_not_set_up(
    setup: SetUp, matching: Matching, agreement: Sequence[Stream], billing: Sequence[Stream]
) -> Iterator[Found]:
    """Amendments in force that billing does not know: not cited where it cites any, or with the terms before them.

    The money is the difference of the two bills on the amended lines, over the whole term.
    """
    cited = setup.configuration.extra.get(CITED)
    known = {str(each) for each in cited} if isinstance(cited, list | tuple) else None
    versions = fold(setup.agreement).versions
    for amendment in sorted(setup.agreement.amendments, key=lambda each: (each.effective_date, each.amendment_id)):
        if amendment.effective_date > setup.today or (known is not None and amendment.amendment_id in known):
            continue
        stale = tuple(_stale(amendment, versions, setup, matching))
        is_uncited = known is not None
        if stale or is_uncited:
            lines = stale or tuple(line.line_id for line in amendment.lines)
            yield _not_set_up(amendment, lines, setup, matching, (agreement, billing), is_uncited=is_uncited)


def _stale(amendment: Amendment, versions: Sequence[Version], setup: SetUp, matching: Matching) -> Iterator[str]:
    """The lines of an amendment that billing holds as they were before it."""
    charges_of = {each.charge_id: each for each in setup.configuration.charges}
    matched = {line_id: match for match in matching.matches for line_id in match.line_ids}
    for line in amendment.lines:
        match = matched.get(line.line_id)
        before = [each for each in versions if each.line.line_id == line.line_id]
        now = next((at for at, each in enumerate(before) if each.amendment_id == amendment.amendment_id), 0)
        if match is None or (now > 0 and _has_old_terms(match, charges_of, before[now - 1], before[now])):
            yield line.line_id
    for line_id in amendment.removed_line_ids:
        match = matched.get(line_id)
        if match is not None and _goes_on(match, charges_of, amendment.effective_date):
            yield line_id


def _has_old_terms(match: Match, charges_of: Mapping[str, BillingCharge], before: Version, now: Version) -> bool:
    """Whether a charge has the terms that were amended as they were, and none has them as they are."""
    names = [name for name in LINE_FIELDS if name not in _DATES and _term(before, name) != _term(now, name)]
    held = [charges_of[each].terms for each in match.charge_ids if each in charges_of]
    if not names:
        return False
    is_old = any(all(getattr(each, name) == _term(before, name) for name in names) for each in held)
    return is_old and not any(all(getattr(each, name) == _term(now, name) for name in names) for each in held)


def _term(version: Version, name: str) -> object:
    return getattr(version.line, name)


def _goes_on(match: Match, charges_of: Mapping[str, BillingCharge], day: date) -> bool:
    held = [charges_of[each].terms for each in match.charge_ids if each in charges_of]
    return any(each.end_date is None or each.end_date >= day for each in held)


def _not_set_up(
    amendment: Amendment,
    line_ids: tuple[str, ...],
    setup: SetUp,
    matching: Matching,
    sides: tuple[Sequence[Stream], Sequence[Stream]],
    *,
    is_uncited: bool,
) -> Difference:
    matches = [each for each in matching.matches if set(each.line_ids) & set(line_ids)]
    charge_ids = tuple(charge_id for match in matches for charge_id in match.charge_ids)
    lines = {line_id for match in matches for line_id in match.line_ids} | set(line_ids)
    agreed = worth_of([each for each in sides[0] if each.id in lines], setup)
    billed = worth_of([each for each in sides[1] if each.id in charge_ids], setup)
    less = None if agreed.total is None or billed.total is None else agreed.total - billed.total
    field, actual = (CITED, "not cited") if is_uncited else ("charges", "the terms before the amendment")
    return difference(
        "amendment-not-set-up",
        Direction.UNDER if less is None or less >= ZERO else Direction.OVER,
        line_ids=line_ids,
        charge_ids=charge_ids,
        under=None if less is None else max(less, ZERO),
        over=None if less is None else max(-less, ZERO),
        confidence=min((each.confidence for each in matches), default=SURE),
        evidence=(
            Evidence(
                field=field,
                actual=actual,
                expected=amendment.amendment_id,
                expected_from=f"the amendment of {amendment.effective_date}",
            ),
        ),
        assumptions=tuple(dict.fromkeys((*agreed.assumptions, *billed.assumptions))),
        remedy_text=f"Set up amendment {amendment.amendment_id} in billing, from {amendment.effective_date} on",
        reports={"amendment": amendment.amendment_id, "effective": amendment.effective_date.isoformat()},
    )
