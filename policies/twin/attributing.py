"""Attribution: why the bills of a match differ, cause by cause, each with its money and the changes that remove it.

All repairs together make the bills equal. Those that the bills do not need are dropped one after the other; each that is
left is a cause, and its money is what the bills differ by with all the others made and this one not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.domain.charge import UpliftAt
from policies.domain.decision import NotAssessed
from policies.domain.money import format_amount
from policies.domain.terms import Unscheduled
from policies.domain.wording import listed
from policies.twin.bills import Biller, same_without_billing
from policies.twin.comparing import Basis, Comparison, compare, same_bills
from policies.twin.grouping import Group, amendment_repair, billable, pairs_of
from policies.twin.model import Difference
from policies.twin.pairing import Pair
from policies.twin.repairs import (
    PRICE,
    RHYTHM,
    UNIT,
    UPLIFT,
    Repair,
    config_repair,
    end_repair,
    merged,
    repairs_of,
    uplift_repairs,
)
from policies.twin.telling import difference_of

if TYPE_CHECKING:
    from policies.twin.expecting import Expected
    from policies.twin.model import Stream

ZERO: Final = Decimal(0)
DRIFT: Final = "rounding-drift"
DUPLICATE: Final = "duplicate-charge"
MODEL: Final = "charge-model-differs"


def differences_of(group: Group, basis: Basis, expected: Expected) -> Iterator[Difference | NotAssessed]:
    """Why the two sides of a match bill different amounts; nothing where they bill the same."""
    try:
        yield from _Attribution(group, basis, expected).differences()
    except Unscheduled as unknown:
        yield not_compared(group, unknown.reason)


def not_compared(group: Group, reason: str) -> NotAssessed:
    """That the bills of a match could not be held against each other."""
    charges = listed([each.id for each in group.charges])
    because = f"what charge {charges} bills could not be held against the agreement: {reason}"
    return NotAssessed(policy_id=PRICE, because=because, line_ids=group.match.line_ids)


class _Attribution:
    """One match: its comparison, and the repairs that were tried."""

    def __init__(self, group: Group, basis: Basis, expected: Expected) -> None:
        group = replace(group, charges=tuple(billable(each, group.memory) for each in group.charges))
        self.group, self.basis, self.expected = group, basis, expected
        self.agreement = group.agreement
        self.unscheduled = [each for each in group.charges if each.unscheduled is not None]

    def differences(self) -> Iterator[Difference | NotAssessed]:
        reason = next((each.unscheduled for each in self.group.lines if each.unscheduled is not None), None)
        if reason is not None:
            yield not_compared(self.group, f"the agreement's own line: {reason}")
            return
        found = compare(self.agreement, self.group.billing(), self.basis)
        twice = [] if found.is_equal else self._billed_twice()
        if twice:
            yield self._duplicates(twice)
            yield from _Attribution(self.group.without(twice), self.basis, self.expected).differences()
            return
        pairs = pairs_of(self.group)
        counted = list(self._counted_otherwise(pairs))
        yield from counted
        if found.is_equal and not self.unscheduled:
            return
        needed = self._explained(pairs)
        if needed is None:
            yield self._unexplained(found)
            return
        if found.parts_in_term or found.drift:
            yield from self._causes(found, needed, bool(counted))
        rise = self._rise(pairs, needed)
        if rise is not None:
            yield rise

    def _repairs(self, pairs: Sequence[Pair]) -> list[Repair]:
        setup = self.group.setup
        found = [repair for pair in pairs for repair in repairs_of(pair, setup)]
        own = [config_repair(pairs[0], setup)] if pairs else []
        return merged([each for each in (amendment_repair(self.group, pairs), *found, *own) if each is not None])

    def _explained(self, pairs: Sequence[Pair]) -> list[Repair] | None:
        """The repairs that make the bills of the term equal, and are needed for it; None where none do."""
        repairs = self._repairs(pairs)
        for tried in (repairs, merged([*repairs, *self._ends(pairs)])):
            if self._are_equal(tried):
                return self._needed(tried)
        return None

    def _ends(self, pairs: Sequence[Pair]) -> Iterator[Repair]:
        """The term's end for a charge that states none, where billing renews by itself: no invoice then reaches beyond it."""
        if self.group.setup.configuration.auto_renew:
            yield from (each for pair in pairs if (each := end_repair(pair)) is not None)

    def _needed(self, repairs: Sequence[Repair]) -> list[Repair]:
        """The repairs without which the bills of the term are not equal."""
        needed = list(repairs)
        for each in repairs:
            others = [other for other in needed if other is not each]
            if self._are_equal(others):
                needed = others
        return needed

    def _are_equal(self, repairs: Sequence[Repair]) -> bool:
        repaired = self.group.repaired(repairs)
        if any(each.unscheduled is not None for each in repaired.streams):
            return False
        return same_bills(self.agreement, repaired, self.basis)

    # ------------------------------------------------------------------------------------- duplicates

    def _billed_twice(self) -> list[Stream]:
        """Charges of the match that bill what another one does, or without which it bills what was agreed."""
        charges = self.group.charges
        if len(charges) < 2 or len(self.group.lines) > 1:
            return []
        copies = [
            each
            for at, each in enumerate(charges)
            if any(same_without_billing(Biller((each,)), Biller((other,))) for other in charges[:at])
        ]
        if copies and not same_bills(self.agreement, self.group.billing(), self.basis):
            return copies
        for each in reversed(charges):
            others = [other for other in charges if other is not each]
            if same_bills(self.agreement, self.group.billing(others), self.basis):
                return [each]
        return []

    def _duplicates(self, twice: Sequence[Stream]) -> Difference:
        found = compare(Biller(()), self.group.billing(twice), self.basis)
        names = listed([each.id for each in twice])
        text = f"Take out {names}: what it bills is billed already"
        return self._difference(Repair(cause=DUPLICATE, text=text), found)

    # ----------------------------------------------------------------------------------------- causes

    def _causes(self, found: Comparison, needed: Sequence[Repair], is_counted: bool) -> Iterator[Difference]:
        if not found.parts_in_term and not self.unscheduled:
            changes = [change for each in needed for change in each.changes]
            text = "; ".join(each.text for each in needed)
            evidence = [one for each in needed for one in each.evidence]
            yield self._difference(
                Repair(cause=DRIFT, changes=tuple(changes), evidence=tuple(evidence), text=text), found
            )
            return
        for each in needed:
            if each.cause == UNIT and is_counted:
                continue
            others = [other for other in needed if other is not each]
            repaired = self.group.repaired(others) if others else self.group.billing()
            left = found if not others else compare(self.agreement, repaired, self.basis)
            yield self._difference(each, self._over_both_terms(left, repaired) if each.cause == RHYTHM else left)

    def _over_both_terms(self, found: Comparison, billing: Biller) -> Comparison:
        """The comparison; of both terms as one, where an invoice only takes from the renewed term what it bills in the other."""
        if not (found.parts_in_term and found.parts_in_renewal):
            return found
        whole = compare(self.agreement, billing, replace(self.basis, renewal_from=None))
        return whole if whole.is_timing else found

    def _unexplained(self, found: Comparison) -> Difference | NotAssessed:
        """A difference that no repair of a single field explains: told, with a remedy in words."""
        if self.unscheduled:
            return not_compared(self.group, str(self.unscheduled[0].unscheduled))
        found = self._over_both_terms(found, self.group.billing())
        cause = DRIFT if found.drift else PRICE
        if not found.parts_in_term and found.parts_in_renewal:
            cause = UPLIFT
        elif found.is_timing:
            cause = RHYTHM
        elif found.first is not None and found.first.quantity is not None:
            cause = MODEL
        return self._difference(Repair(cause=cause, text=self._in_words(found)), found)

    def _in_words(self, found: Comparison) -> str:
        lines, charges = (listed([each.id for each in side]) for side in (self.group.lines, self.group.charges))
        words = f"Let {charges} bill what is agreed on {lines}"
        if found.first is None:
            return words
        amounts = (format_amount(each, self.basis.currency) for each in (found.first.agreement, found.first.billing))
        agreed, billed = amounts
        return f"{words}: {agreed} on the invoice of {found.first.invoice_date}, not {billed}"

    def _counted_otherwise(self, pairs: Sequence[Pair]) -> Iterator[Difference]:
        """Use that is counted in a unit that nothing converts, or in another way: no bill can show what it costs."""
        for pair in pairs:
            ways = {pair.line.quantity_basis, pair.stream.line.quantity_basis}
            by_other_way = None not in ways and len(ways) > 1 and self.agreement.is_metered
            if not by_other_way and self.group.unknown_unit() is not pair.stream:
                continue
            for repair in repairs_of(pair, self.group.setup):
                if repair.cause == UNIT:
                    assumption = "what another count of use costs cannot be told without the readings"
                    yield self._difference(repair, Comparison(), assumptions=(assumption,))

    # ---------------------------------------------------------------------------------------- renewal

    def _rise(self, pairs: Sequence[Pair], needed: Sequence[Repair]) -> Difference | None:
        """The rise at renewal, where it is all that is still different once the term is right."""
        if self.basis.renewal_from is None:
            return None
        repaired = self.group.repaired(needed)
        if same_bills(self.agreement, repaired, self.basis, in_renewal=True):
            return None
        if not _bills_from(repaired, self.basis):
            return None  # billing ends with the term; that it does not renew is a difference of its own
        left = compare(self.agreement, repaired, self.basis)
        for repair in self._rises(pairs):
            tried = self.group.repaired([*needed, repair])
            if same_bills(self.agreement, tried, self.basis) and same_bills(
                self.agreement, tried, self.basis, in_renewal=True
            ):
                return self._difference(repair, left)
        day = self.basis.renewal_from
        return self._difference(
            Repair(cause=UPLIFT, text=f"Let the prices of {day} be those agreed for the renewal"), left
        )

    def _rises(self, pairs: Sequence[Pair]) -> Iterator[Repair]:
        renewal = self.group.setup.agreement.terms.renewal
        for pair in pairs:
            own = pair.line.uplift_percent
            agreed = own if renewal is None or renewal.uplift_percent is None else renewal.uplift_percent
            if agreed is not None and renewal is not None and renewal.cap_percent is not None:
                agreed = min(agreed, renewal.cap_percent)
            rises: list[tuple[object, object]] = [
                (own, pair.line.uplift_at),
                (agreed, None),
                (agreed, UpliftAt.RENEWAL),
            ]
            yield from uplift_repairs(pair, rises)

    # ----------------------------------------------------------------------------------------- telling

    def _difference(self, repair: Repair, found: Comparison, assumptions: tuple[str, ...] = ()) -> Difference:
        unbilled = tuple(
            f"charge {each.id} bills nothing as it stands: {each.unscheduled}" for each in self.unscheduled
        )
        return difference_of(self.group.match, repair, found, self.basis, self.expected, (*assumptions, *unbilled))


def _bills_from(billing: Biller, basis: Basis) -> bool:
    """Whether billing goes on into the renewed term."""
    day = basis.renewal_from
    return any(terms.term is not None and day is not None and terms.term.end > day for terms, _ in billing.terms())
