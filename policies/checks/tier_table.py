"""Whether a tier table says what every quantity costs: how it applies, up to where, and at which price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, Loss, NoParameters, Scope, Violated
from policies.domain.charge import ChargeModel, Tier
from policies.domain.finding import Change, Evidence
from policies.domain.money import plain
from policies.domain.tiers import follows_on, misplaced
from policies.domain.wording import field_of, listed

if TYPE_CHECKING:
    from policies.domain.charge import Line
    from policies.facts import LineFacts, QuoteFacts

ZERO: Final = Decimal(0)
_TIERED: Final = frozenset({ChargeModel.GRADUATED, ChargeModel.VOLUME, ChargeModel.STAIRSTEP})


class _Defect(NamedTuple):
    """What is wrong with one field of the table, and what should stand there where that is known."""

    sentence: str
    field: str
    actual: str | None
    expected: str | None = None


def run(facts: LineFacts, _quote: QuoteFacts, _: NoParameters) -> CheckResult:
    line = facts.line
    if not line.tiers and line.charge_model not in _TIERED:
        return NOT_APPLICABLE
    defects = [*_model_defects(line), *_bound_defects(line.tiers), *_price_defects(line)]
    return _violated(facts, defects) if defects else SATISFIED


def _model_defects(line: Line) -> Iterator[_Defect]:
    if not line.tiers:
        yield _Defect(f"it is {line.charge_model} but has no tiers", "tiers", None)
    elif line.charge_model is None:
        say = "it does not say whether the tiers are graduated, volume or stairstep"
        yield _Defect(say, "charge_model", None, "graduated, volume or stairstep")
    elif line.charge_model not in _TIERED:
        yield _Defect(
            f"it has tiers, but its charge model is {line.charge_model}", "charge_model", line.charge_model.value
        )


def _bound_defects(tiers: Sequence[Tier]) -> Iterator[_Defect]:
    yield from _start_defects(tiers)
    lower = ZERO
    for number, tier in enumerate(tiers[:-1], start=1):
        if tier.up_to is None:
            yield _Defect(f"tier {number} is open but not the last", f"tiers[{number - 1}].up_to", None)
        elif tier.up_to <= lower:
            yield _Defect(_no_width(number, tier.up_to, lower), f"tiers[{number - 1}].up_to", plain(tier.up_to))
        lower = max(lower, tier.up_to or ZERO)
    last = tiers[-1].up_to if tiers else None
    if last is not None:
        at = f"tiers[{len(tiers) - 1}].up_to"
        if last <= lower:
            yield _Defect(_no_width(len(tiers), last, lower), at, plain(last))
        yield _Defect(
            f"no tier holds more than {plain(max(last, lower))}", at, plain(last), "no bound (the last tier is open)"
        )


def _start_defects(tiers: Sequence[Tier]) -> Iterator[_Defect]:
    """Tiers that leave a gap behind the one before them, or begin within it."""
    lower = ZERO
    for number, tier in enumerate(tiers, start=1):
        start = tier.starts_at
        if start is not None and not follows_on(start, lower):
            sentence = f"tier {number} {misplaced(start, lower)}"
            yield _Defect(sentence, f"tiers[{number - 1}].from", plain(start), plain(lower))
        lower = max(lower, tier.up_to or ZERO)


def _no_width(number: int, up_to: Decimal, lower: Decimal) -> str:
    return f"tier {number} ends at {plain(up_to)}, where {plain(lower)} is reached already"


def _price_defects(line: Line) -> Iterator[_Defect]:
    for number, tier in enumerate(line.tiers):
        if tier.unit_price is None and tier.flat_fee is None:
            yield _Defect(
                f"tier {number + 1} has neither a unit price nor a flat fee", f"tiers[{number}].unit_price", None
            )
        for name, price in (("unit_price", tier.unit_price), ("flat_fee", tier.flat_fee)):
            if price is not None and price < ZERO:
                yield _Defect(
                    f"tier {number + 1} pays the customer", f"tiers[{number}].{name}", plain(price), "0 or more"
                )


def _violated(facts: LineFacts, defects: Sequence[_Defect]) -> Violated:
    line = facts.line
    changes, text = _remedy(facts)
    return Violated(
        evidence=tuple(
            Evidence(
                field=field_of(line, each.field),
                actual=each.actual,
                expected=each.expected,
                expected_from="the rule that a tier table covers every quantity" if each.expected is not None else None,
            )
            for each in defects
        ),
        loss=_loss(facts),
        reports={"defects": listed([each.sentence for each in defects])},
        changes=changes,
        remedy_text=text,
    )


def _remedy(facts: LineFacts) -> tuple[tuple[Change, ...], str]:
    """Put the tiers in order, open the last one, and take the catalog's charge model, where nothing has to be guessed."""
    line, product = facts.line, facts.product
    known = product.charge_model if product is not None else None
    ordered = _in_order(line.tiers)
    if any(_start_defects(line.tiers)):
        return (), "State tiers of which each begins where the one before it ends"
    if ordered is None or any(_price_defects(line)):
        return (), "State tiers with rising bounds, the last one open, each with a price of 0 or more"
    at = f"/lines/{facts.index}"
    changes: list[Change] = []
    if line.charge_model not in _TIERED:
        if known not in _TIERED:
            return (), "Say whether the tiers are graduated, volume or stairstep"
        changes.append(Change(path=f"{at}/charge_model", value=known, absent=line.charge_model is None))
    if ordered[:-1] != line.tiers[:-1]:
        changes.append(Change(path=f"{at}/tiers", value=ordered))
    elif ordered != line.tiers:
        changes.append(Change(path=f"{at}/tiers/{len(ordered) - 1}/up_to", value=None))
    return tuple(changes), "Complete the tier table: bounds in order, the last tier open, and how the tiers apply"


def _in_order(tiers: Sequence[Tier]) -> tuple[Tier, ...] | None:
    """The tiers by their bounds with the last one open; None where bounds are missing, equal or not positive."""
    if not tiers:
        return None
    closed = sorted((tier for tier in tiers if tier.up_to is not None), key=lambda tier: tier.up_to or ZERO)
    bounds = [tier.up_to or ZERO for tier in closed]
    if len(tiers) - len(closed) > 1 or any(b <= ZERO for b in bounds) or any(a == b for a, b in pairwise(bounds)):
        return None
    opened = [tier for tier in tiers if tier.up_to is None]
    return (*closed, *opened) if opened else (*closed[:-1], _open(closed[-1]))


def _open(tier: Tier) -> Tier:
    return Tier(up_to=None, unit_price=tier.unit_price, flat_fee=tier.flat_fee)


def _loss(facts: LineFacts) -> Loss:
    """Units in the gap beyond the last tier * the last tier's price."""
    line, quantity = facts.line, facts.quantity
    last = line.tiers[-1] if line.tiers else None
    if last is None or last.up_to is None or quantity is None or last.unit_price is None or quantity <= last.up_to:
        return Loss(assumptions=("what the table would be read as in billing is not known",))
    per_period = (quantity - last.up_to) * max(ZERO, last.unit_price)
    assumption = f"what lies beyond {plain(last.up_to)} at the price of the last tier"
    remaining = per_period * facts.periods if facts.periods is not None else None
    return Loss(per_period=per_period, remaining_term=remaining, assumptions=(assumption,))


CHECK: Final = Check(
    name="tier-table",
    scope=Scope.LINE,
    run=run,
    summary="A tier table says how it applies, has rising bounds with the last tier open, and prices every tier.",
    reports=("defects",),
    reads=("tiers", "charge_model", "quantity"),
)
