"""The linter of the company's numbers: gaps, inversions and contradictions, between tables and within them.

A fault that would let a verdict go wrong without anyone seeing it refuses the files; the others are warnings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from itertools import combinations, pairwise, product
from typing import TYPE_CHECKING, Final

from policies.domain.authority import Sale, limit_of
from policies.domain.review import DESK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from policies.domain.catalog import Catalog, CatalogPrice, PriceBook
    from policies.domain.company import Company, DiscountAuthority, MarginFloor, PaymentTerms
    from policies.domain.desk import ApprovalChain
    from policies.policyset import PolicySet

COMPANY: Final = "company.yaml"
CATALOG: Final = "catalog.yaml"
_ANY_FAMILY: Final = "\0any other family"
_ABOVE: Final = Decimal("0.01")
_MOST_SALES: Final = 5_000


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong among the tables. `refuses`: the files are not taken up with it."""

    file: str
    message: str
    refuses: bool = False


def lint(company: Company | None, catalog: Catalog | None, policies: PolicySet) -> tuple[Fault, ...]:
    """All faults, in the order of the files."""
    faults: list[Fault] = []
    if company is not None:
        faults += _company(company, policies)
    if catalog is not None:
        faults += _catalog(catalog)
    return tuple(dict.fromkeys(faults))


def _company(company: Company, policies: PolicySet) -> Iterator[Fault]:
    yield from _overrides(company, policies)
    if company.discount_authority is not None:
        yield from _authority(company.discount_authority)
    if company.payment_terms is not None:
        yield from _payment_terms(company.payment_terms)
    yield from _margin_floors(company.margin_floors)
    limits = company.thresholds
    if limits.digest_probability > limits.alert_probability:
        yield Fault(COMPANY, "thresholds: the digest tier begins above the alert tier", refuses=True)
    if (
        limits.flag_expected_leakage is not None
        and limits.block_expected_leakage is not None
        and limits.flag_expected_leakage > limits.block_expected_leakage
    ):
        yield Fault(COMPANY, "thresholds: a leakage that blocks would not even flag", refuses=True)
    term = company.term
    if term is not None and term.minimum_months and term.maximum_months and term.minimum_months > term.maximum_months:
        yield Fault(COMPANY, "term: the minimum is longer than the maximum", refuses=True)
    yield from _unknown_clocks(company)
    yield from _chains(company, policies)


def _chains(company: Company, policies: PolicySet) -> Iterator[Fault]:
    """Chains that nobody could go through, or that are never asked."""
    names = [chain.name for chain in company.approval_chains]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield Fault(COMPANY, f"approval_chains: two chains are called {name}", refuses=True)
    known = _roles_known(company, policies)
    for chain in company.approval_chains:
        where = f"approval_chains: {chain.name}"
        asked = [role for stage in chain.stages for role in stage.roles]
        for role in dict.fromkeys((*asked, *chain.when.roles)):
            if role not in known:
                near = get_close_matches(role, known, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                yield Fault(COMPANY, f"{where}: there is no role {role}{hint}", refuses=True)
        for role in dict.fromkeys(role for role in asked if asked.count(role) > 1):
            yield Fault(COMPANY, f"{where}: {role} is asked twice", refuses=True)
        for policy in chain.when.policies:
            if policy not in policies.policies:
                near = get_close_matches(policy, policies.policies, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                yield Fault(COMPANY, f"{where}: there is no policy {policy}{hint}", refuses=True)
        missing = sorted(role for role in set(asked) & known if role not in company.approval_hours)
        if missing and company.approval_hours:
            yield Fault(COMPANY, f"{where}: no time is set in approval_hours for {', '.join(missing)}")
        yield from _out_of_order(company, chain)


def _out_of_order(company: Company, chain: ApprovalChain) -> Iterator[Fault]:
    """A higher rung consents for a lower one, so a lower one that is asked later is asked for nothing."""
    ladder = company.discount_authority.ladder if company.discount_authority is not None else ()
    rungs = [max((ladder.index(role) for role in stage.roles if role in ladder), default=-1) for stage in chain.stages]
    if any(later < earlier for earlier, later in pairwise(rung for rung in rungs if rung >= 0)):
        yield Fault(COMPANY, f"approval_chains: {chain.name} asks a lower role of the ladder after a higher one")


def _roles_known(company: Company, policies: PolicySet) -> set[str]:
    """Every role that some table or policy names."""
    known = {DESK, *company.approval_hours}
    known |= set(company.discount_authority.ladder) if company.discount_authority is not None else set()
    terms = company.payment_terms
    if terms is not None:
        known |= {terms.approver, *(each.approver for each in terms.extended)}
    named = [each.approver for each in (company.renewal, company.term) if each is not None]
    named += [each.approver for each in policies.policies.values()]
    return known | {role for role in named if role is not None}


def _overrides(company: Company, policies: PolicySet) -> Iterator[Fault]:
    left_out = {name for name, override in company.policy_overrides.items() if not override.enabled}
    for name in company.policy_overrides:
        if name not in policies.policies and name not in left_out:
            near = get_close_matches(name, policies.policies, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield Fault(COMPANY, f"policy_overrides: there is no policy {name}{hint}", refuses=True)


def _unknown_clocks(company: Company) -> Iterator[Fault]:
    """Approvers without a time by which they answer: their consent would never be due."""
    asked = set(company.discount_authority.ladder[1:]) if company.discount_authority is not None else set()
    asked |= {company.payment_terms.approver} if company.payment_terms is not None else set()
    missing = sorted(asked - company.approval_hours.keys())
    if missing and company.approval_hours:
        yield Fault(COMPANY, f"approval_hours: {', '.join(missing)} may be asked for consent, and no time is set")


def _authority(table: DiscountAuthority) -> Iterator[Fault]:
    yield from _gaps(table)
    yield from _contradictions(table)
    yield from _inversions(table)
    yield from _uneven_bands(table)


def _gaps(table: DiscountAuthority) -> Iterator[Fault]:
    for role in table.ladder:
        rules = [rule for rule in table.rules if rule.role == role]
        general = [rule for rule in rules if rule.product_family is None and rule.deal_type is None]
        if not any(rule.deal_size_up_to is None for rule in general):
            what = "no rule" if not rules else "no rule that fits every family, deal type and deal size"
            yield Fault(COMPANY, f"discount_authority: a gap, {what} for the role {role}", refuses=True)


def _contradictions(table: DiscountAuthority) -> Iterator[Fault]:
    keys = [(rule.role, rule.product_family, rule.deal_type, rule.deal_size_up_to) for rule in table.rules]
    for key, count in Counter(keys).items():
        if count > 1:
            limits = {rule.maximum_discount_percent for rule, own in zip(table.rules, keys, strict=True) if own == key}
            word = "contradict each other" if len(limits) > 1 else "say the same"
            message = f"discount_authority: {count} rules for the role {key[0]} cover the very same deals and {word}"
            yield Fault(COMPANY, message, refuses=len(limits) > 1)


def _inversions(table: DiscountAuthority) -> Iterator[Fault]:
    """A role that may do less than the one below it: an approval would go to someone who cannot give it."""
    for lower, higher in pairwise(table.ladder):
        for sale in _sales(table, (lower, higher)):
            one, other = limit_of(table, lower, sale), limit_of(table, higher, sale)
            if one is not None and other is not None and one.strictest > other.strictest:
                message = f"discount_authority: an inversion, {lower} may go to {one.strictest} % and {higher} only to "
                yield Fault(COMPANY, f"{message}{other.strictest} %{_words(sale)}", refuses=True)
                break


def _uneven_bands(table: DiscountAuthority) -> Iterator[Fault]:
    """A limit that falls and rises again as deals grow is rarely meant."""
    for role in table.ladder:
        limits = []
        for size in _sizes(table, (role,)):
            found = limit_of(table, role, Sale(_ANY_FAMILY, None, size))
            limits.append(found.strictest if found is not None else Decimal(0))
        steps = [later - earlier for earlier, later in pairwise(limits) if later != earlier]
        if any(step > 0 for step in steps) and any(step < 0 for step in steps):
            shown = ", ".join(str(limit) for limit in limits)
            yield Fault(
                COMPANY, f"discount_authority: the limits of {role} rise and fall with the deal size ({shown} %)"
            )


def _sales(table: DiscountAuthority, roles: Sequence[str]) -> Iterator[Sale]:
    """One sale for every way in which the rules of these roles can tell sales apart."""
    rules = [rule for rule in table.rules if rule.role in roles]
    families = [_ANY_FAMILY, *sorted({rule.product_family for rule in rules if rule.product_family is not None})]
    types = [None, *sorted({rule.deal_type for rule in rules if rule.deal_type is not None})]
    combinations_ = product(families, types, _sizes(table, roles))
    for _, (family, deal_type, size) in zip(range(_MOST_SALES), combinations_, strict=False):
        yield Sale(family, deal_type, size)


def _sizes(table: DiscountAuthority, roles: Sequence[str]) -> list[Decimal]:
    """The ends of all bands, and a deal above the last."""
    ends = {rule.deal_size_up_to for rule in table.rules if rule.role in roles and rule.deal_size_up_to is not None}
    return [*sorted(ends), max(ends, default=Decimal(0)) + _ABOVE]


def _words(sale: Sale) -> str:
    family = "" if sale.product_family == _ANY_FAMILY else f" on {sale.product_family}"
    kind = f" in a deal of type {sale.deal_type}" if sale.deal_type is not None else ""
    return f"{family}{kind} at a deal size of {sale.deal_size}"


def _payment_terms(terms: PaymentTerms) -> Iterator[Fault]:
    for each in terms.extended:
        if each.up_to_days <= terms.standard_days:
            message = f"payment_terms: {each.approver} may extend to {each.up_to_days} days, and {terms.standard_days} are standard"
            yield Fault(COMPANY, message, refuses=True)
    for one, other in combinations(sorted(terms.extended, key=lambda each: each.up_to_days), 2):
        if (one.minimum_acv or 0) > (other.minimum_acv or 0):
            message = f"payment_terms: {other.up_to_days} days need a smaller deal than {one.up_to_days} days"
            yield Fault(COMPANY, message)


def _margin_floors(floors: Iterable[MarginFloor]) -> Iterator[Fault]:
    bands = [floor.deal_size_up_to for floor in floors]
    if bands and None not in bands:
        yield Fault(
            COMPANY, f"margin_floors: a gap, deals above {max(filter(None, bands))} have no floor", refuses=True
        )
    for band, count in Counter(bands).items():
        if count > 1:
            yield Fault(COMPANY, f"margin_floors: {count} floors for deals up to {band or 'any size'}", refuses=True)


def _catalog(catalog: Catalog) -> Iterator[Fault]:
    for item in catalog.products.values():
        if item.billing is None:
            yield Fault(CATALOG, f"{item.product_id}: billing does not know it, so no quote with it can be sent")
        for price in item.prices:
            yield from _price(item.product_id, price)
    yield from _books(tuple(catalog.price_books.values()))


def _price(product_id: str, price: CatalogPrice) -> Iterator[Fault]:
    where = f"{product_id} in {price.price_book}"
    if _over(price.floor_price, price.list_unit_price):
        yield Fault(CATALOG, f"{where}: the floor is above the list price, so nothing could be sold", refuses=True)
    if _over(price.unit_cost, price.floor_price):
        yield Fault(CATALOG, f"{where}: the floor is below the cost")
    if _over(price.ssp_low, price.ssp_high):
        yield Fault(CATALOG, f"{where}: the stand-alone selling range ends before it begins", refuses=True)


def _over(one: Decimal | None, other: Decimal | None) -> bool:
    return one is not None and other is not None and one > other


def _books(books: Sequence[PriceBook]) -> Iterator[Fault]:
    for one, other in combinations(books, 2):
        starts = max(filter(None, (one.effective_from, other.effective_from)), default=None)
        ends = min(filter(None, (one.effective_to, other.effective_to)), default=None)
        if one.currency == other.currency and (starts is None or ends is None or starts <= ends):
            message = f"{one.price_book} and {other.price_book} are both in force in {one.currency} at one time: a quote has to name its price book"
            yield Fault(CATALOG, message)
