"""What stands alone: lines that no charge bills, and charges that bill no line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from policies.domain.decision import NotAssessed
from policies.domain.finding import Change, Evidence
from policies.domain.terms import Unscheduled
from policies.twin.attributing import DUPLICATE
from policies.twin.bills import Biller
from policies.twin.comparing import Basis, compare
from policies.twin.expecting import Expected
from policies.twin.grouping import charge_for, source_of, versions_of
from policies.twin.matching import BY_ID, BY_PRODUCT
from policies.twin.model import Difference, Match, MatchBasis, Stream
from policies.twin.repairs import Repair
from policies.twin.telling import difference_of

if TYPE_CHECKING:
    from policies.twin.setup import SetUp

NO_CHARGE: Final = "line-without-charge"
NO_LINE: Final = "charge-without-line"


def line_without_charge(
    stream: Stream, setup: SetUp, basis: Basis, expected: Expected
) -> Iterator[Difference | NotAssessed]:
    """All that the line would bill, and a charge with its terms."""
    match = Match(line_ids=(stream.id,), charge_ids=(), basis=MatchBasis.LINE_ID, confidence=BY_ID)
    repair = Repair(cause=NO_CHARGE, text=f"Add a charge for line {stream.id}")
    try:
        if stream.unscheduled is not None:
            raise Unscheduled(stream.unscheduled)  # noqa: TRY301 - the same end as an amount that cannot be told
        found = compare(Biller((stream,)), Biller(()), basis)
    except Unscheduled as unknown:
        yield _of_unknown_worth(NO_CHARGE, f"line {stream.id} has no charge", unknown, (stream.id,))
        return
    if found.is_equal:
        return
    versions = versions_of(stream)
    changes = [
        Change(path="/charges/-", value=charge_for(setup, stream.id, each, each is versions[-1], at), absent=True)
        for at, each in enumerate(versions, start=len(setup.configuration.charges))
    ]
    evidence = Evidence(
        field="charges",
        actual=None,
        expected=f"a charge for line {stream.id}",
        expected_from=source_of(setup, stream.id, versions[0]),
    )
    repair = Repair(cause=NO_CHARGE, changes=tuple(changes), evidence=(evidence,), text=repair.text)
    yield difference_of(match, repair, found, basis, expected)


def charge_without_line(
    stream: Stream, billed: tuple[str, ...], basis: Basis, expected: Expected
) -> Iterator[Difference | NotAssessed]:
    """All that the charge bills; `billed` are lines of its product that other charges bill, which makes it a second one."""
    cause = DUPLICATE if billed else NO_LINE
    confidence = BY_PRODUCT if billed else BY_ID
    match = Match(line_ids=billed, charge_ids=(stream.id,), basis=MatchBasis.PRODUCT, confidence=confidence)
    try:
        if stream.unscheduled is not None:
            raise Unscheduled(stream.unscheduled)  # noqa: TRY301 - the same end as an amount that cannot be told
        found = compare(Biller(()), Biller((stream,)), basis)
    except Unscheduled as unknown:
        yield _of_unknown_worth(cause, f"charge {stream.id} bills no line of the agreement", unknown, billed)
        return
    if found.is_equal:
        return
    what = "what it bills is billed already" if billed else "nothing that was agreed is billed by it"
    evidence = Evidence(field=f"charges[{stream.id}]", actual=f"a charge for {stream.line.product_id}")
    repair = Repair(cause=cause, evidence=(evidence,), text=f"Take out charge {stream.id}: {what}")
    yield difference_of(match, repair, found, basis, expected)


def _of_unknown_worth(cause: str, what: str, unknown: Unscheduled, line_ids: tuple[str, ...]) -> NotAssessed:
    return NotAssessed(
        policy_id=cause, because=f"{what}, and its worth is not known: {unknown.reason}", line_ids=line_ids
    )
