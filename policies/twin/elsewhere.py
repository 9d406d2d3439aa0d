"""Other configurations in force for the same agreement: what they bill of its lines, beside the one that is verified.

What two configurations bill together as agreed is well. What both bill is billed twice. A line that only the other one
bills is no line without a charge: how it is billed is for that one's own verification.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from policies.domain.decision import NotAssessed
from policies.domain.finding import Evidence
from policies.domain.terms import Unscheduled
from policies.domain.wording import listed
from policies.twin.attributing import DUPLICATE
from policies.twin.bills import Biller
from policies.twin.comparing import Basis, Comparison, compare
from policies.twin.grouping import Group, stream_of
from policies.twin.matching import match
from policies.twin.model import Difference, MatchBasis, Stream
from policies.twin.readiness import invoicing_charges
from policies.twin.repairs import Repair
from policies.twin.telling import difference_of

if TYPE_CHECKING:
    from policies.domain.billing import BillingConfiguration
    from policies.domain.charge import Line
    from policies.twin.expecting import Expected
    from policies.twin.horizon import Horizon
    from policies.twin.setup import SetUp

NO_CHARGE: Final = "line-without-charge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A charge of another configuration, as it bills the lines that it was matched with."""

    line_ids: frozenset[str]
    configuration_id: str
    stream: Stream


def billed_elsewhere(
    setup: SetUp, lines: Sequence[Line], streams: Mapping[str, Stream], horizon: Horizon
) -> tuple[Elsewhere, ...]:
    """What other configurations bill in the agreement's currency, where ids or products say of which lines."""
    found: list[Elsewhere] = []
    for other in setup.others:
        if other.currency == setup.agreement.terms.currency:
            found += _billed_by(other, lines, streams, horizon)
    return tuple(found)


def _billed_by(
    other: BillingConfiguration, lines: Sequence[Line], streams: Mapping[str, Stream], horizon: Horizon
) -> Iterator[Elsewhere]:
    live = replace(other, charges=invoicing_charges(other))
    places = {each.charge_id: at for at, each in enumerate(live.charges)}
    for each in match(lines, live.charges).matches:
        if each.basis is MatchBasis.TERMS:
            continue
        own = tuple(streams[line_id] for line_id in each.line_ids)
        for charge_id in each.charge_ids:
            at = places[charge_id]
            stream = stream_of(live.charges[at], at, live, own, horizon)
            name = f"{other.billing_configuration_id}/{charge_id}"
            yield Elsewhere(
                line_ids=frozenset(each.line_ids),
                configuration_id=other.billing_configuration_id,
                stream=replace(stream, id=name),
            )


def of_lines(elsewhere: Sequence[Elsewhere], line_ids: Sequence[str]) -> tuple[Elsewhere, ...]:
    """What is billed of these lines, and of no others."""
    known = frozenset(line_ids)
    return tuple(each for each in elsewhere if each.line_ids <= known)


def line_billed_elsewhere(stream: Stream, others: Sequence[Elsewhere]) -> NotAssessed:
    """That a line has no charge here because another configuration bills it."""
    names = listed(list(dict.fromkeys(each.configuration_id for each in others)))
    because = f"line {stream.id} is billed by {names}, and how is for the verification of that one to tell"
    return NotAssessed(policy_id=NO_CHARGE, because=because, line_ids=(stream.id,))


def bill_together(group: Group, others: Sequence[Elsewhere], basis: Basis) -> Comparison | None:
    """What a match and its charges elsewhere bill together, held against the agreement; None where that cannot be told."""
    streams = (*group.charges, *(each.stream for each in others))
    try:
        if any(each.unscheduled is not None for each in (*group.lines, *streams)):
            return None
        return compare(group.agreement, group.billing(streams), basis)
    except Unscheduled:
        return None


def billed_twice(
    group: Group, others: Sequence[Elsewhere], together: Comparison, basis: Basis, expected: Expected
) -> Iterator[Difference]:
    """What charges elsewhere bill of a match, where with them more is billed than was agreed."""
    gaps = [each for each in (together.term, together.renewal) if each is not None]
    if gaps and not any(each.over for each in gaps):
        return
    found = compare(Biller(()), group.billing([each.stream for each in others]), basis)
    if found.is_equal:
        return
    names = [each.stream.id for each in others]
    where = listed(list(dict.fromkeys(each.configuration_id for each in others)))
    evidence = Evidence(
        field="charges",
        actual=f"{listed(names)} beside {listed(list(group.match.charge_ids))}",
        expected="one charge",
        expected_from="the agreement",
    )
    repair = Repair(
        cause=DUPLICATE,
        evidence=(evidence,),
        text=f"Take out {listed(names)}, or this configuration: {where} bills the same",
    )
    own = replace(group.match, charge_ids=(*group.match.charge_ids, *names))
    yield difference_of(own, repair, found, basis, expected)
