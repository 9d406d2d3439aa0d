"""Which charge bills which line: by id, then by product, then by terms, with how sure each is.

Every pass sorts by id before it pairs, so the order of the documents does not matter, and looks up by key instead of
trying all pairs, so that thousands of charges cost no more than their number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from policies.domain.charge import ChargeType, Line, PricePeriod
from policies.domain.metering import has_overage
from policies.domain.period import MONTHS
from policies.twin.model import Match, MatchBasis, Matching

if TYPE_CHECKING:
    from policies.domain.billing import BillingCharge

BY_ID: Final = Decimal("0.97")
BY_PRODUCT: Final = Decimal("0.90")
BY_PRODUCT_AND_TERMS: Final = Decimal("0.85")
BY_PRODUCT_IN_ORDER: Final = Decimal("0.75")
BY_TERMS: Final = Decimal("0.75")

_Key: TypeAlias = Callable[[Line], Hashable]


def match(lines: Sequence[Line], charges: Sequence[BillingCharge]) -> Matching:
    """The matching of an agreement's lines, in all their versions, and the charges of a configuration."""
    matcher = _Matcher(lines, charges)
    matcher.by_id()
    matcher.by_product()
    matcher.beside_others()
    matcher.by_terms()
    matcher.by_sums()
    return matcher.matching()


class _Matcher:
    """The pairs found so far, and what has none yet."""

    def __init__(self, lines: Sequence[Line], charges: Sequence[BillingCharge]) -> None:
        self.versions: dict[str, list[Line]] = defaultdict(list)
        for line in lines:
            self.versions[line.line_id].append(line)
        self.charges = {charge.charge_id: charge for charge in charges}
        self.open_lines = dict.fromkeys(sorted(self.versions))
        self.open_charges = dict.fromkeys(sorted(self.charges))
        self.billed_by: dict[str, list[str]] = defaultdict(list)
        self.lines_of: dict[str, list[str]] = defaultdict(list)
        self.how: dict[str, tuple[MatchBasis, Decimal]] = {}

    # ------------------------------------------------------------------------------------------ passes

    def by_id(self) -> None:
        """A charge that names its line. Where it can only be its own id that it has, the product must agree."""
        for charge_id in list(self.open_charges):
            charge = self.charges[charge_id]
            named = charge.quote_line_id if charge.quote_line_id in self.versions else charge.terms.line_id
            if named not in self.versions:
                continue
            is_said = named == charge.quote_line_id or named != charge_id
            if is_said or self._first(named).product_id == charge.terms.product_id:
                self._pair(named, charge_id, MatchBasis.LINE_ID, BY_ID)

    def by_product(self) -> None:
        """Lines and charges of one product: one of each is plain, several are told apart by their terms."""
        lines, charges = self._by(lambda line: line.product_id)
        for product_id in lines.keys() & charges.keys():
            if len(lines[product_id]) == len(charges[product_id]) == 1:
                self._pair(lines[product_id][0], charges[product_id][0], MatchBasis.PRODUCT, BY_PRODUCT)
        for key in _FROM_STRICT_TO_LOOSE:
            self._pair_by(lambda line, key=key: (line.product_id, key(line)), MatchBasis.PRODUCT, BY_PRODUCT_AND_TERMS)  # type: ignore[misc]
        self._pair_by(
            lambda line: (line.product_id, line.charge_type), MatchBasis.PRODUCT, BY_PRODUCT_IN_ORDER, zipped=True
        )
        self._pair_by(lambda line: line.product_id, MatchBasis.PRODUCT, BY_PRODUCT_IN_ORDER, zipped=True)

    def beside_others(self) -> None:
        """A charge of a product whose line has one already, where it bills another part of it or another time."""
        owners: dict[str, list[str]] = defaultdict(list)
        for line_id in sorted(self.versions):
            for line in self.versions[line_id]:
                if line_id not in owners[line.product_id]:
                    owners[line.product_id].append(line_id)
        for charge_id in list(self.open_charges):
            terms = self.charges[charge_id].terms
            if terms.parent_line_id in self.versions and self._completes(terms, terms.parent_line_id):
                self._pair(terms.parent_line_id, charge_id, MatchBasis.PRODUCT, BY_PRODUCT_AND_TERMS)
                continue
            candidates = owners.get(terms.product_id, ())
            completed = next((each for each in candidates if self._completes(terms, each)), None)
            if completed is not None:
                confidence = BY_PRODUCT if len(candidates) == 1 else BY_PRODUCT_AND_TERMS
                self._pair(completed, charge_id, MatchBasis.PRODUCT, confidence)

    def by_terms(self) -> None:
        """Lines and charges that have no product in common, where type and price, or type and quantity, are the same."""
        for key in _FROM_STRICT_TO_LOOSE[:-1]:
            self._pair_by(key, MatchBasis.TERMS, BY_TERMS)

    def by_sums(self) -> None:
        """A charge for several lines, or several charges for a line, whose amounts add up."""
        parents = defaultdict(list)
        for line_id in self.open_lines:
            parents[self._first(line_id).parent_line_id].append(line_id)
        by_worth: dict[Hashable, list[str]] = defaultdict(list)
        for charge_id in self.open_charges:
            by_worth[_worth(self.charges[charge_id].terms)].append(charge_id)
        for parent, children in sorted(parents.items(), key=lambda item: item[0] or ""):
            self._bundle(parent, children, by_worth)
        parts = list(self.open_charges)
        whole = _sum(self.charges[each].terms for each in parts)
        fitting = [each for each in self.open_lines if whole is not None and _worth(self._first(each)) == whole]
        for charge_id in parts if len(parts) > 1 and len(fitting) == 1 else ():
            self._pair(fitting[0], charge_id, MatchBasis.TERMS, BY_TERMS)

    # ----------------------------------------------------------------------------------------- pieces

    def _bundle(self, parent: str | None, children: list[str], by_worth: Mapping[Hashable, list[str]]) -> None:
        """Let the charge whose amount is the sum of the lines' bill them all: the parent's own, or one that is open."""
        lines = [self._first(each) for each in children]
        if parent is not None and parent in self.versions:
            own = self.billed_by.get(parent, [])
            whole = _sum([*lines, self._first(parent)])
            if len(own) == 1 and whole is not None and _worth(self.charges[own[0]].terms) == whole:
                for line_id in children:
                    self._pair(line_id, own[0], MatchBasis.TERMS, BY_TERMS)
                return
        whole = _sum(lines)
        fitting = [] if whole is None else [each for each in by_worth.get(whole, ()) if each in self.open_charges]
        if len(lines) > 1 and len(fitting) == 1:
            for line_id in children:
                self._pair(line_id, fitting[0], MatchBasis.TERMS, BY_TERMS)

    def _completes(self, terms: Line, line_id: str) -> bool:
        """Whether a charge bills of a line what the charges that it has do not: its use, or another time."""
        own = [self.charges[each].terms for each in self.billed_by.get(line_id, ())]
        if not own:
            return False
        metered_line = any(has_overage(line) or line.charge_type is ChargeType.USAGE for line in self.versions[line_id])
        bills_use = terms.charge_type is ChargeType.USAGE
        if bills_use and metered_line and all(each.charge_type is not ChargeType.USAGE for each in own):
            return not any(has_overage(each) for each in own)
        return all(_apart(terms, each) for each in own)

    def _pair_by(self, key: _Key, basis: MatchBasis, confidence: Decimal, *, zipped: bool = False) -> None:
        """Pair what has the same key; `zipped` pairs in the order of ids where only the number decides."""
        lines, charges = self._by(key)
        for each in lines.keys() & charges.keys():
            pairs = list(zip(lines[each], charges[each], strict=False))
            is_plain = len(lines[each]) == len(charges[each]) or zipped or basis is MatchBasis.PRODUCT
            for line_id, charge_id in pairs if is_plain else ():
                if line_id in self.open_lines and charge_id in self.open_charges:
                    self._pair(line_id, charge_id, basis, confidence)

    def _by(self, key: _Key) -> tuple[dict[Hashable, list[str]], dict[Hashable, list[str]]]:
        lines: dict[Hashable, list[str]] = defaultdict(list)
        charges: dict[Hashable, list[str]] = defaultdict(list)
        for line_id in self.open_lines:
            for found in dict.fromkeys(key(line) for line in self.versions[line_id]):
                lines[found].append(line_id)
        for charge_id in self.open_charges:
            charges[key(self.charges[charge_id].terms)].append(charge_id)
        return lines, charges

    def _first(self, line_id: str) -> Line:
        return self.versions[line_id][0]

    def _pair(self, line_id: str, charge_id: str, basis: MatchBasis, confidence: Decimal) -> None:
        self.billed_by[line_id].append(charge_id)
        self.lines_of[charge_id].append(line_id)
        self.open_lines.pop(line_id, None)
        self.open_charges.pop(charge_id, None)
        known = self.how.get(charge_id)
        if known is None or confidence < known[1]:
            self.how[charge_id] = basis, confidence

    # ----------------------------------------------------------------------------------------- result

    def matching(self) -> Matching:
        """The pairs as groups: what shares a line or a charge belongs together. The least sure pair speaks for a group."""
        matches, seen = [], set[str]()
        for line_id in self.versions:
            if line_id in self.billed_by and line_id not in seen:
                lines, charges = self._group(line_id)
                seen.update(lines)
                basis, confidence = min((self.how[each] for each in charges), key=lambda how: how[1])
                matches.append(
                    Match(line_ids=tuple(lines), charge_ids=tuple(charges), basis=basis, confidence=confidence)
                )
        return Matching(
            matches=tuple(matches),
            lines_alone=tuple(each for each in self.versions if each in self.open_lines),
            charges_alone=tuple(each for each in self.charges if each in self.open_charges),
        )

    def _group(self, line_id: str) -> tuple[list[str], list[str]]:
        lines, charges, waiting = {line_id}, set[str](), [line_id]
        while waiting:
            for charge_id in self.billed_by[waiting.pop()]:
                charges.add(charge_id)
                more = [each for each in self.lines_of[charge_id] if each not in lines]
                lines.update(more)
                waiting += more
        return sorted(lines), sorted(charges)


# --------------------------------------------------------------------------------------------------- keys


def _monthly_price(line: Line) -> Decimal | None:
    """The price of a unit by the month, so that 1,200 a year and 100 a month are one; None where there is no one price."""
    if line.net_unit_price is None or line.price_period is None:
        return line.net_unit_price
    return line.net_unit_price / MONTHS.get(line.price_period, 1)


def _exactly(line: Line) -> Hashable:
    return _priced(line), line.quantity, line.start_date, line.included_quantity


def _sized(line: Line) -> Hashable:
    return _priced(line), line.quantity


def _priced(line: Line) -> Hashable:
    return line.charge_type, line.model, _monthly_price(line), line.tiers, line.package, line.percentage


def _counted(line: Line) -> Hashable:
    """By the quantity, where it says something: one of something is nothing to go by."""
    tells = line.quantity is not None and line.quantity > 1
    return line.charge_type, line.model, line.quantity if tells else (line.line_id, line.product_id)


def _typed(line: Line) -> Hashable:
    return line.charge_type, line.model


_FROM_STRICT_TO_LOOSE: Final[tuple[_Key, ...]] = (_exactly, _sized, _priced, _counted, _typed)


def _worth(line: Line) -> tuple[ChargeType, Decimal] | None:
    """What a line costs by the month, or at once; None where that depends on more than price and quantity."""
    price = _monthly_price(line)
    if price is None or line.charge_type is ChargeType.USAGE or line.tiers or line.price_period is PricePeriod.TERM:
        return None
    return line.charge_type, price * (Decimal(1) if line.quantity is None else line.quantity)


def _sum(lines: Iterable[Line]) -> tuple[ChargeType, Decimal] | None:
    worths = [_worth(line) for line in lines]
    found = [each for each in worths if each is not None]
    if not found or len(found) < len(worths) or len({each[0] for each in found}) > 1:
        return None
    return found[0][0], sum((each[1] for each in found), Decimal(0))


def _apart(one: Line, other: Line) -> bool:
    """Whether two charges bill different times: one ends before the other starts."""
    return (one.end_date is not None and other.start_date is not None and one.end_date < other.start_date) or (
        other.end_date is not None and one.start_date is not None and other.end_date < one.start_date
    )
