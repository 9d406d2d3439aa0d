"""One match, ready to be compared: both sides as billers, and each charge beside the part of a line that it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.domain.billing import BillingCharge
from policies.domain.charge import ChargeModel, ChargeType, Line, UpliftAt
from policies.domain.finding import Change
from policies.domain.metering import has_overage
from policies.domain.terms import Terms, Unscheduled
from policies.twin.bills import Biller
from policies.twin.changing import applied
from policies.twin.configured import billing_stream
from policies.twin.model import Assumed, Match, Stream
from policies.twin.pairing import Pair, in_turn
from policies.twin.repairs import AMENDMENT, Repair
from policies.twin.shapes import Memory
from policies.twin.units import conversion
from policies.twin.use import is_metered

if TYPE_CHECKING:
    from policies.domain.billing import BillingConfiguration
    from policies.domain.quote import Renewal
    from policies.twin.setup import SetUp
    from policies.twin.streams import Horizon


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The lines and charges of one match, as streams."""

    match: Match
    setup: SetUp
    horizon: Horizon
    lines: tuple[Stream, ...]
    charges: tuple[Stream, ...]
    memory: Memory = field(default_factory=Memory, compare=False)

    @property
    def agreement(self) -> Biller:
        return Biller(self.lines, memory=self.memory)

    def billing(self, streams: Sequence[Stream] | None = None) -> Biller:
        """The charges, or others in their place, with their meters in the agreement's unit where that is known."""
        streams = self.charges if streams is None else streams
        factors = {each.id: self._factor(each) for each in streams if each.line.unit_of_measure is not None}
        return Biller(
            streams, {stream_id: factor for stream_id, factor in factors.items() if factor is not None}, self.memory
        )

    def without(self, streams: Sequence[Stream]) -> Group:
        """The same match without some of its charges."""
        left = tuple(each for each in self.charges if each not in streams)
        match = replace(self.match, charge_ids=tuple(each.id for each in left))
        return replace(self, charges=left, match=match)

    def repaired(self, repairs: Sequence[Repair]) -> Biller:
        """The charges after repairs. One that has no schedule bills nothing."""
        changes = [change for each in repairs for change in each.changes]
        configuration = applied(self.setup.configuration, changes)
        added = range(len(self.setup.configuration.charges), len(configuration.charges))
        places = [*(each.index for each in self.charges), *added]
        streams = [stream_of(configuration.charges[at], at, configuration, self.lines, self.horizon) for at in places]
        return self.billing([billable(each, self.memory) for each in streams])

    def unknown_unit(self) -> Stream | None:
        """A metered charge that counts in a unit which nothing converts to the line's."""
        for each in self.charges:
            if (
                each.line.unit_of_measure is not None
                and any(map(is_metered, each.terms))
                and self._factor(each) is None
            ):
                return each
        return None

    def _factor(self, charge: Stream) -> Decimal | None:
        unit = charge.line.unit_of_measure
        agreed = next((each.line.unit_of_measure for each in self.lines if each.line.unit_of_measure is not None), None)
        return Decimal(1) if unit is None or agreed is None else conversion(agreed, unit)


def stream_of(
    charge: BillingCharge,
    index: int,
    configuration: BillingConfiguration,
    lines: Sequence[Stream],
    horizon: Horizon,
    *,
    starts: Sequence[date] | None = None,
) -> Stream:
    """The charge's stream; how use is read is the agreement's way where the charge does not say."""
    stream = billing_stream(charge, index, configuration, lines, horizon, starts=starts)
    basis = next((each.line.quantity_basis for each in lines if each.line.quantity_basis is not None), None)
    if basis is None or charge.terms.quantity_basis is not None or not any(map(is_metered, stream.terms)):
        return stream
    whose = f"line {lines[0].id} of the agreement"
    return replace(
        stream,
        line=replace(stream.line, quantity_basis=basis),
        terms=tuple(replace(each, line=replace(each.line, quantity_basis=basis)) for each in stream.terms),
        assumed=(*stream.assumed, Assumed(field="quantity_basis", value=str(basis), taken_from=whose)),
    )


def billable(stream: Stream, memory: Memory) -> Stream:
    """The stream; without terms, and with the reason, where its terms do not come to an amount."""
    try:
        Biller((stream,), memory=memory).bill(None)
    except Unscheduled as unknown:
        return replace(stream, terms=(), unscheduled=unknown.reason)
    return stream


# -------------------------------------------------------------------------------------------------- pairs


def pairs_of(group: Group) -> list[Pair]:
    """Each charge beside the version of the line that it stands for. None where several lines are billed together."""
    if len(group.lines) != 1 or not group.lines[0].terms:
        return []
    versions = versions_of(group.lines[0])
    charges = {each.charge_id: each for each in group.setup.configuration.charges}
    pairs = []
    for stream in group.charges:
        charge = charges[stream.id]
        start = stream.terms[0].term.start if stream.terms and stream.terms[0].term is not None else None
        held = [each for each in versions if each.term is not None and start is not None and each.term.contains(start)]
        terms = held[0] if held else versions[0]
        part = _part(terms.line, stream, group.charges)
        source = source_of(group.setup, group.lines[0].id, terms)
        horizon = group.horizon.term
        ends_early = terms.term is not None and horizon is not None and terms.term.end < horizon.end
        renews = group.lines[0].renewal is not None
        pairs.append(Pair(charge, stream, terms, part, source, terms is versions[-1], ends_early, renews))
    return in_turn(pairs)


def versions_of(stream: Stream) -> list[Terms]:
    """The line's terms without the renewed ones."""
    if stream.renewal is None:
        return list(stream.terms)
    start = stream.renewal.start
    return [each for each in stream.terms if each.term is None or each.term.start < start] or list(stream.terms[:1])


def source_of(setup: SetUp, line_id: str, terms: Terms) -> str:
    """Where the terms of a line are stated, in words."""
    amended = amendment_of(setup, line_id, terms)
    words = f"agreement {setup.agreement.agreement_id}, line {line_id}"
    return words if amended is None else f"{words}, amendment {amended}"


def amendment_of(setup: SetUp, line_id: str, terms: Terms) -> str | None:
    """The amendment that brought these terms of a line; None for those that were signed first."""
    start = None if terms.term is None else terms.dated.start
    for each in setup.agreement.amendments:
        if each.effective_date == start and any(line.line_id == line_id for line in each.lines):
            return each.amendment_id
    return None


def _part(line: Line, charge: Stream, all_charges: Sequence[Stream]) -> Line:
    """What a charge bills of a line, where one charge bills its price and another its use."""
    if not has_overage(line) or line.charge_type is ChargeType.USAGE or len(all_charges) < 2:
        return line
    kinds = {each.line.charge_type is ChargeType.USAGE for each in all_charges}
    if len(kinds) < 2:
        return line
    if charge.line.charge_type is not ChargeType.USAGE:
        return replace(line, included_quantity=None, overage_unit_price=None, hard_cap=None)
    by_overage_price = charge.line.overage_unit_price is not None
    return replace(
        line,
        charge_type=ChargeType.USAGE,
        charge_model=ChargeModel.PER_UNIT,
        net_unit_price=charge.line.net_unit_price if by_overage_price else line.overage_unit_price,
        overage_unit_price=line.overage_unit_price if by_overage_price else None,
        quantity=None,
        discounts=(),
        ramp=(),
        uplift_percent=None,
        minimum_amount=None,
        maximum_amount=None,
    )


# --------------------------------------------------------------------------------------------- amendments


def amendment_repair(group: Group, pairs: Sequence[Pair]) -> Repair | None:
    """Charges for the versions of a line that have none, and an end for those whose version has ended."""
    if not pairs or len(group.lines) != 1:
        return None
    versions, line = versions_of(group.lines[0]), group.lines[0]
    missing = [each for each in versions if not any(pair.terms is each for pair in pairs)]
    if not missing:
        return None
    number = len(group.setup.configuration.charges)
    changes = [
        Change(
            path="/charges/-",
            value=charge_for(group.setup, line.id, each, each is versions[-1], number + at),
            absent=True,
        )
        for at, each in enumerate(missing)
    ]
    names = [name for each in missing if (name := amendment_of(group.setup, line.id, each)) is not None]
    starts = [each.dated.start.isoformat() for each in missing if each.term is not None]
    what = f"amendment {names[0]}" if names else f"line {line.id}"
    return Repair(
        cause=AMENDMENT,
        changes=tuple(changes),
        text=f"Bill {what} from {', '.join(starts)} on, by a charge of its own",
        reports={"amendment": ", ".join(names), "effective": ", ".join(starts)},
    )


def charge_for(setup: SetUp, line_id: str, terms: Terms, is_last: bool, number: int) -> BillingCharge:
    """A charge with the terms of a line, everything spelt out that a bill needs."""
    taken = {each.charge_id for each in setup.configuration.charges}
    charge_id = line_id if line_id not in taken else f"{line_id}-{number + 1}"
    line = terms.line
    ends = terms.term is not None and not is_last and not terms.comes_once
    line = replace(
        line,
        start_date=None if terms.term is None else terms.dated.start,
        end_date=terms.dated.last_day if ends else None,
        price_period=terms.price_period,
        billing_frequency=terms.billing_frequency,
        billing_timing=None if terms.comes_once else terms.billing_timing,
        billing_start_date=terms.billing_start,
    )
    if is_last and not terms.comes_once and not line.uplift_percent:
        line = _rising(line, setup.agreement.terms.renewal)
    return BillingCharge(charge_id=charge_id, quote_line_id=line_id, terms=line)


def _rising(line: Line, renewal: Renewal | None) -> Line:
    """The line with the rise that is agreed for a renewal that comes by itself."""
    if renewal is None or not renewal.auto_renew or not renewal.uplift_percent:
        return line
    percents = [each for each in (renewal.uplift_percent, renewal.cap_percent) if each is not None]
    return replace(line, uplift_percent=min(percents), uplift_at=UpliftAt.RENEWAL)
