"""Whether billing knows the amendments that are in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.domain.finding import Direction, Evidence
from policies.twin.found import SURE, Found, difference
from policies.twin.worth import Worth, worth_of

if TYPE_CHECKING:
    from policies.domain.agreement import Amendment
    from policies.domain.billing import BillingCharge
    from policies.twin.model import Difference, Match, Matching, Stream
    from policies.twin.setup import SetUp

ZERO: Final = Decimal(0)
CAUSE: Final = "amendment-not-set-up"
CITED: Final = "amendment_ids"
"""A field of the configuration beside the canonical ones: the amendments that it was set up with."""


def amendments_not_set_up(
    setup: SetUp, matching: Matching, agreement: Sequence[Stream], billing: Sequence[Stream]
) -> Iterator[Found]:
    """Amendments in force that billing does not know, where the bills of what was matched do not tell it.

    That is a line which came with an amendment and has no charge, one that was removed and goes on, and an amendment that
    is not cited where others are. A matched line that is billed on its earlier terms is found by its bills. The money is
    the difference of the two bills on those lines, over the whole term.
    """
    cited = setup.configuration.extra.get(CITED)
    known = {str(each) for each in cited} if isinstance(cited, list | tuple) else None
    signed = {line.line_id for line in setup.agreement.terms.lines}
    for amendment in sorted(setup.agreement.amendments, key=lambda each: (each.effective_date, each.amendment_id)):
        new = {line.line_id for line in amendment.lines} - signed
        signed |= new
        if amendment.effective_date > setup.today or (known is not None and amendment.amendment_id in known):
            continue
        lines = tuple(_not_shown(amendment, new, setup, matching))
        if lines:
            yield _not_set_up(amendment, lines, setup, matching, (agreement, billing))
        elif known is not None and _bills_agree(amendment, setup, matching, (agreement, billing)):
            yield _not_cited(amendment)


def _not_shown(amendment: Amendment, new: AbstractSet[str], setup: SetUp, matching: Matching) -> Iterator[str]:
    """The lines that an amendment brought and that have no charge, and those that it took and that have one still."""
    charges_of = {each.charge_id: each for each in setup.configuration.charges}
    matched = {line_id: match for match in matching.matches for line_id in match.line_ids}
    yield from (line.line_id for line in amendment.lines if line.line_id in new and line.line_id not in matched)
    for line_id in amendment.removed_line_ids:
        match = matched.get(line_id)
        if match is not None and _goes_on(match, charges_of, amendment.effective_date):
            yield line_id


def _goes_on(match: Match, charges_of: Mapping[str, BillingCharge], day: date) -> bool:
    held = [charges_of[each].terms for each in match.charge_ids if each in charges_of]
    return any(each.end_date is None or each.end_date >= day for each in held)


def _bills_agree(
    amendment: Amendment, setup: SetUp, matching: Matching, sides: tuple[Sequence[Stream], Sequence[Stream]]
) -> bool:
    """Whether billing has an amendment's terms although it does not cite it; where not, its bills say so."""
    agreed, billed = _worths([line.line_id for line in amendment.lines], setup, matching, sides)
    return agreed.total is not None and agreed.total == billed.total


def _worths(
    line_ids: Sequence[str], setup: SetUp, matching: Matching, sides: tuple[Sequence[Stream], Sequence[Stream]]
) -> tuple[Worth, Worth]:
    """What the matches of some lines bill over the term, on either side."""
    matches = _matches(line_ids, matching)
    lines = {line_id for match in matches for line_id in match.line_ids} | set(line_ids)
    charges = {charge_id for match in matches for charge_id in match.charge_ids}
    return (
        worth_of([each for each in sides[0] if each.id in lines], setup),
        worth_of([each for each in sides[1] if each.id in charges], setup),
    )


def _matches(line_ids: Sequence[str], matching: Matching) -> list[Match]:
    return [each for each in matching.matches if set(each.line_ids) & set(line_ids)]


def _not_set_up(
    amendment: Amendment,
    line_ids: tuple[str, ...],
    setup: SetUp,
    matching: Matching,
    sides: tuple[Sequence[Stream], Sequence[Stream]],
) -> Difference:
    agreed, billed = _worths(line_ids, setup, matching, sides)
    less = None if agreed.total is None or billed.total is None else agreed.total - billed.total
    matches = _matches(line_ids, matching)
    return difference(
        CAUSE,
        Direction.UNDER if less is None or less >= ZERO else Direction.OVER,
        line_ids=line_ids,
        charge_ids=tuple(charge_id for match in matches for charge_id in match.charge_ids),
        under=None if less is None else max(less, ZERO),
        over=None if less is None else max(-less, ZERO),
        confidence=min((each.confidence for each in matches), default=SURE),
        evidence=(_evidence(amendment, "charges", "the lines before the amendment"),),
        assumptions=tuple(dict.fromkeys((*agreed.assumptions, *billed.assumptions))),
        remedy_text=f"Set up amendment {amendment.amendment_id} in billing, from {amendment.effective_date} on",
        reports=_reports(amendment),
    )


def _not_cited(amendment: Amendment) -> Difference:
    return difference(
        CAUSE,
        Direction.COMPLIANCE,
        line_ids=tuple(line.line_id for line in amendment.lines),
        evidence=(_evidence(amendment, CITED, "not among them"),),
        remedy_text=f"Cite amendment {amendment.amendment_id} in the configuration that has its terms",
        reports=_reports(amendment),
    )


def _evidence(amendment: Amendment, field: str, actual: str) -> Evidence:
    origin = f"the amendment of {amendment.effective_date}"
    return Evidence(field=field, actual=actual, expected=amendment.amendment_id, expected_from=origin)


def _reports(amendment: Amendment) -> dict[str, str]:
    return {"amendment": amendment.amendment_id, "effective": amendment.effective_date.isoformat()}
