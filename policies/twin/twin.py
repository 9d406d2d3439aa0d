"""The bill twin: both descriptions of a deal, expanded into what they will invoice, and why their bills part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final, TypeAlias

from policies.domain.charge import BillingTiming
from policies.domain.decision import NotAssessed
from policies.domain.period import add_months
from policies.domain.terms import Unscheduled
from policies.twin.attributing import differences_of
from policies.twin.beside import found_beside
from policies.twin.bills import Bill, Biller, same_without_billing
from policies.twin.comparing import Basis
from policies.twin.elsewhere import (
    Elsewhere,
    bill_together,
    billed_elsewhere,
    billed_twice,
    line_billed_elsewhere,
    of_lines,
)
from policies.twin.expecting import Expected, expected_use
from policies.twin.grouping import Group, stream_of, versions_of
from policies.twin.matching import BY_ID, match
from policies.twin.model import Assumed, Difference, Match, MatchBasis, Matching, Stream, Twin
from policies.twin.months import MONTHS_SHOWN, Column, column_of, months_of
from policies.twin.repairs import PRICE, RHYTHM
from policies.twin.setup import SetUp
from policies.twin.strays import charge_without_line, line_without_charge
from policies.twin.streams import AgreementStreams, agreement_streams
from policies.twin.swaps import exchanged, swapped, swaps
from policies.twin.ties import SKIPPED
from policies.twin.use import Use

if TYPE_CHECKING:
    from policies.domain.billing import BillingCharge
    from policies.domain.charge import Line

Found: TypeAlias = Difference | NotAssessed
Finder: TypeAlias = Callable[[SetUp, Matching, Sequence[Stream], Sequence[Stream]], Iterable[Found]]
"""What looks for differences that no bill shows: it is given the streams of the agreement and those of billing."""

FINDERS: Final[tuple[Finder, ...]] = (found_beside,)


def twin(setup: SetUp, finders: Sequence[Finder] = FINDERS) -> Twin:
    """Both sides of a set-up, compared. Never raises for what the documents say: what cannot be told is not assessed."""
    return Expanding(finders)(setup)


class Expanding:
    """The twin of a set-up, and of what changes of its configuration make of it.

    To prove dozens of remedies the same set-up is expanded dozens of times with one charge changed each time. Matches that
    a change does not reach are compared once. Of one agreement only, with the same catalog, previews and history.
    """

    def __init__(self, finders: Sequence[Finder] = FINDERS) -> None:
        self._finders = finders
        self._agreed: AgreementStreams | None = None
        self._known: Known = {}

    def __call__(self, setup: SetUp) -> Twin:
        """The twin of the set-up as it is now."""
        if self._agreed is None:
            self._agreed = agreement_streams(setup.agreement)
        return _twin(setup, self._agreed, self._finders, self._known)


def _twin(setup: SetUp, agreed: AgreementStreams, finders: Sequence[Finder], known: Known) -> Twin:
    matching = match(_lines(agreed.streams), setup.configuration.charges)
    sides = _Sides(setup, agreed, matching, known)
    parts = list(sides.parts())
    found = [each for part in parts for each in part.found]
    differences = [each for each in found if isinstance(each, Difference)]
    beside = [each for finder in finders for each in finder(setup, matching, agreed.streams, sides.billing)]
    differences += [each for each in beside if isinstance(each, Difference) and not _is_told(each, differences)]
    differences = [each for each in differences if not _follows_from_skipping(each, differences)]
    return Twin(
        currency=setup.agreement.terms.currency,
        term=agreed.horizon.term,
        renewal=agreed.horizon.renewal,
        matching=matching,
        differences=tuple(differences),
        months=months_of([part.column for part in parts], setup.previews),
        not_assessed=tuple(dict.fromkeys((*agreed.not_assessed, *_not_assessed(found), *_not_assessed(beside)))),
        assumed=tuple((stream.id, each) for stream in sides.billing for each in stream.assumed),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One match, or what stands alone: what was found, and its bills for the months."""

    found: tuple[Found, ...]
    column: Column


Known: TypeAlias = dict[Hashable, _Part]
"""What matches came to, by all that it depends on."""


class _Sides:
    """All streams of both sides, and what each match of them comes to."""

    def __init__(self, setup: SetUp, agreed: AgreementStreams, matching: Matching, known: Known) -> None:
        self.setup, self.agreed, self.matching, self.known = setup, agreed, matching, known
        self.lines: Mapping[str, Stream] = {each.id: each for each in agreed.streams}
        of_charge = {charge_id: each for each in matching.matches for charge_id in each.charge_ids}
        starts = [each.terms.start_date for each in setup.configuration.charges if each.terms.start_date is not None]
        self.starts = [min(starts)] if starts else []
        self.billing = tuple(
            self._billing(charge, index, of_charge.get(charge.charge_id))
            for index, charge in enumerate(setup.configuration.charges)
        )
        self.charges: Mapping[str, Stream] = {each.id: each for each in self.billing}
        renewal = agreed.horizon.renewal
        self.basis = Basis(
            currency=setup.agreement.terms.currency,
            today=setup.today,
            renewal_from=None if renewal is None else renewal.start,
        )
        self.billed_by_product: dict[str, list[str]] = defaultdict(list)
        for line_id in (each for own in matching.matches for each in own.line_ids):
            self.billed_by_product[self.lines[line_id].line.product_id].append(line_id)
        self.elsewhere = billed_elsewhere(setup, _lines(agreed.streams), self.lines, agreed.horizon)
        self.until = _end_of_months((*agreed.streams, *self.billing))
        header = replace(setup.configuration, charges=())
        self.surroundings = (header, len(self.billing), tuple(self.starts), self.until)

    def _billing(self, charge: BillingCharge, index: int, own: Match | None) -> Stream:
        """A charge as a stream. One that bills no line, and does not say how often, is billed as often as the agreement."""
        configuration, horizon = self.setup.configuration, self.agreed.horizon
        if own is not None:
            return stream_of(charge, index, configuration, self._streams(own.line_ids), horizon, starts=self.starts)
        frequency = self.setup.agreement.terms.billing_frequency
        if charge.terms.billing_frequency is not None or frequency is None:
            return stream_of(charge, index, configuration, (), horizon, starts=self.starts)
        charge = replace(charge, terms=replace(charge.terms, billing_frequency=frequency))
        stream = stream_of(charge, index, configuration, (), horizon, starts=self.starts)
        taken = Assumed(field="billing_frequency", value=str(frequency), taken_from="the agreement")
        return replace(stream, assumed=(*stream.assumed, taken))

    def parts(self) -> Iterator[_Part]:
        """The matches in the order of the agreement, then lines alone, then charges alone."""
        if self.setup.configuration.currency != self.basis.currency:
            yield from self._in_two_currencies()
            return
        told = {id(each): part for pair in self._swaps() for each, part in pair}
        yield from (told.get(id(each)) or self._known(each) for each in self.matching.matches)
        yield from (self._line_alone(self.lines[each]) for each in self.matching.lines_alone)
        yield from (self._charge_alone(self.charges[each]) for each in self.matching.charges_alone)

    def _swaps(self) -> Iterator[tuple[tuple[Match, _Part], tuple[Match, _Part]]]:
        """Matches whose charges name each other's lines, and bill those as agreed."""
        configuration = self.setup.configuration
        for one, other in swaps(self.matching.matches, self.lines, configuration):
            parts = [self._known(each) for each in exchanged(one, other)]
            if not any(part.found for part in parts):
                found = swapped(one, other, configuration)
                yield (one, replace(parts[0], found=(found,))), (other, parts[1])

    def _known(self, own: Match) -> _Part:
        """What the match comes to, worked out unless that was done before for the very same charges."""
        billing = (self.charges[each] for each in own.charge_ids)
        charges = tuple((each.index, self.setup.configuration.charges[each.index]) for each in billing)
        key = (own, charges, self.surroundings)
        if key not in self.known:
            self.known[key] = self._matched(own)
        return self.known[key]

    def _matched(self, own: Match) -> _Part:
        others = of_lines(self.elsewhere, own.line_ids)
        return self._alone(own) if not others else self._with_others(own, others)

    def _with_others(self, own: Match, others: Sequence[Elsewhere]) -> _Part:
        """A match of which other configurations bill something too: nothing is found where all together bill as agreed."""
        alone, group = self._alone(own), self._group(own)
        expected = expected_use(group.lines, group.charges, self.setup.catalog)
        basis = self._basis(expected)
        together = bill_together(group, others, basis)
        if together is None:
            return alone
        if together.is_equal:
            return replace(alone, found=())
        return replace(alone, found=(*alone.found, *billed_twice(group, others, together, basis, expected)))

    def _alone(self, own: Match) -> _Part:
        group = self._group(own)
        expected = expected_use(group.lines, group.charges, self.setup.catalog)
        agreement, billing = group.agreement, group.billing()
        is_whole = not any(each.unscheduled for each in (*group.lines, *group.charges))
        if is_whole and group.unknown_unit() is None and same_without_billing(agreement, billing):
            bill = _bill(group.lines, agreement, expected, self.until)
            return _Part(found=(), column=column_of(own, bill, bill, expected.quantity))
        is_told = any(line_id in each.line_ids for each in self.agreed.not_assessed for line_id in own.line_ids)
        found = () if is_told else tuple(differences_of(group, self._basis(expected), expected))
        bills = (_bill(group.lines, agreement, expected), _bill(group.charges, billing, expected))
        return _Part(found=found, column=column_of(own, *bills, expected.quantity))

    def _line_alone(self, stream: Stream) -> _Part:
        expected = expected_use((stream,), (), self.setup.catalog)
        others = of_lines(self.elsewhere, (stream.id,))
        found: tuple[Found, ...] = (line_billed_elsewhere(stream, others),) if others else ()
        if not others:
            found = tuple(line_without_charge(stream, self.setup, self._basis(expected), expected))
        own = Match(line_ids=(stream.id,), charge_ids=(), basis=MatchBasis.LINE_ID, confidence=BY_ID)
        bill = _bill((stream,), Biller((stream,)), expected)
        return _Part(found=found, column=column_of(own, bill, Bill(()), expected.quantity))

    def _charge_alone(self, stream: Stream) -> _Part:
        expected = expected_use((), (stream,), self.setup.catalog)
        billed = tuple(self.billed_by_product.get(stream.line.product_id, ()))
        found = tuple(charge_without_line(stream, billed, self._basis(expected), expected))
        own = Match(line_ids=(), charge_ids=(stream.id,), basis=MatchBasis.LINE_ID, confidence=BY_ID)
        bill = _bill((stream,), Biller((stream,)), expected)
        return _Part(found=found, column=column_of(own, Bill(()), bill, expected.quantity))

    def _in_two_currencies(self) -> Iterator[_Part]:
        """Amounts of two currencies are never held against each other: the agreement's are shown by themselves."""
        two = f"{self.setup.configuration.currency} in billing and {self.basis.currency} in the agreement"
        for own in self.matching.matches:
            group = self._group(own)
            expected = expected_use(group.lines, (), self.setup.catalog)
            reason = NotAssessed(policy_id=PRICE, because=f"the currencies differ: {two}", line_ids=own.line_ids)
            bill = _bill(group.lines, group.agreement, expected)
            yield _Part(found=(reason,), column=column_of(own, bill, None, expected.quantity))
        yield from (self._line_alone(self.lines[each]) for each in self.matching.lines_alone)

    def _group(self, own: Match) -> Group:
        return Group(
            match=own,
            setup=self.setup,
            horizon=self.agreed.horizon,
            lines=self._streams(own.line_ids),
            charges=tuple(self.charges[each] for each in own.charge_ids),
        )

    def _streams(self, line_ids: Sequence[str]) -> tuple[Stream, ...]:
        return tuple(self.lines[each] for each in line_ids)

    def _basis(self, expected: Expected) -> Basis:
        return replace(self.basis, expected=expected.quantity, months=expected.months)


def _lines(streams: Sequence[Stream]) -> list[Line]:
    """Every version of every line."""
    return [
        line
        for each in streams
        for line in ([terms.line for terms in versions_of(each)] if each.terms else [each.line])
    ]


def _bill(streams: Sequence[Stream], biller: Biller, expected: Expected, until: date | None = None) -> Bill | None:
    """The bill at the use that is expected, and without any where none can be; None where it cannot be told."""
    if any(each.unscheduled is not None for each in streams):
        return None
    try:
        use = None if expected.quantity is None else Use(expected.quantity, expected.months)
        return biller.bill(use) if until is None else biller.first_months(use, until)
    except Unscheduled:
        return None


def _end_of_months(streams: Sequence[Stream]) -> date | None:
    """A day after all of the months that are shown; None where nothing tells when the first of them is."""
    first = {
        terms.paid_from: terms
        for each in streams
        for terms in each.terms[:1]
        if terms.term is not None and not (terms.is_usage or terms.billing_timing is BillingTiming.IN_ARREARS)
    }
    paid = [terms.paid_from for each in streams for terms in each.terms[:1] if terms.term is not None]
    if not paid or min(paid) not in first or first[min(paid)].first_invoice is not None:
        return None
    return add_months(min(paid).replace(day=1), MONTHS_SHOWN)


def _is_told(difference: Difference, told: Sequence[Difference]) -> bool:
    """Whether the bills have shown the same cause on one of the same lines: what they show is tried and has its money."""
    lines = set(difference.line_ids)
    return any(each.cause == difference.cause and lines & set(each.line_ids) for each in told)


def _follows_from_skipping(difference: Difference, found: Sequence[Difference]) -> bool:
    """Whether invoices are only late because the first one is, where that is said to have skipped what was due before it."""
    is_late = difference.cause == RHYTHM and {each.path for each in difference.changes} == {"/first_invoice_date"}
    return is_late and any(each.cause == SKIPPED for each in found)


def _not_assessed(found: Iterable[Found]) -> list[NotAssessed]:
    return [each for each in found if isinstance(each, NotAssessed)]
