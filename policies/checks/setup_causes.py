"""Why the bills of an agreement and of its billing configuration part: one check for each cause that the twin tells apart.

The twin has done the work; a check turns its differences into violations, with money on either side by itself: what is
billed too little is never set off against what is billed too much.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from policies.check import NOT_APPLICABLE, SATISFIED, Check, CheckResult, Loss, Scope, Undetermined, Violated
from policies.domain.finding import Direction, Effect, Exposure
from policies.domain.money import format_amount, minor_unit
from policies.domain.wording import called, counted, listed

if TYPE_CHECKING:
    from policies.domain.finding import Evidence
    from policies.twin.model import Difference, Parting
    from policies.twin.setup import SetUp, SetUpFacts

ZERO: Final = Decimal(0)
_MEMBER: Final = re.compile(r"[a-z]+(_[a-z]+)+")
REPORTS: Final = ("name", "lines", "charges", "terms", "money", "first")
"""What every message may name: the product, the lines, the charges, what differs, what it costs, where it first shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """`minimum_amount`: a difference whose money is known and below it, in the agreement's currency, is not reported."""

    minimum_amount: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftParameters:
    """`tolerance_minor_units`: so many of the currency's smallest units (cents) over the whole term are let pass."""

    tolerance_minor_units: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One reason why bills part. `own_reports` are told by the twin; `told_apart_by` names those of them that make two
    findings on the same lines two, and `by_charge` that its money lies on the charge, whatever lines it is about. `applies` says whether the set-up has what the cause speaks of. A difference whose
    direction is in `flagged` puts no money at risk and asks a person to look, whatever the policy's effect is.
    """

    name: str
    summary: str
    parameters: type[Any] = Parameters
    own_reports: tuple[str, ...] = ()
    told_apart_by: tuple[str, ...] = ()
    by_charge: bool = False
    applies: Callable[[SetUp], bool] = lambda _: True
    flagged: frozenset[Direction] = frozenset()


def _was_approved(setup: SetUp) -> bool:
    return setup.approved is not None or bool(setup.agreement.terms.approvals)


CAUSES: Final = (
    Cause(name="line-without-charge", summary="Every line of the agreement has a charge that bills it."),
    Cause(name="charge-without-line", summary="Every charge bills something that was agreed.", by_charge=True),
    Cause(name="duplicate-charge", summary="What was agreed once is billed once.", by_charge=True),
    Cause(
        name="price-or-quantity-differs",
        summary="Charges have the agreed price and quantity.",
        flagged=frozenset({Direction.COMPLIANCE}),
    ),
    Cause(name="charge-model-differs", summary="A quantity becomes an amount in the agreed way."),
    Cause(name="overage-not-set-up", summary="Use beyond what is included is billed as agreed."),
    Cause(name="unit-or-aggregation-differs", summary="Use is counted in the agreed unit and way."),
    Cause(name="billing-rhythm-differs", summary="Invoices come when they were agreed to."),
    Cause(name="free-time-not-sold", summary="Billing gives no trial or free time that was not sold."),
    Cause(name="discount-differs", summary="Discounts are as deep and last as long as agreed."),
    Cause(
        name="never-invoices",
        summary="Every charge is in a state in which its platform makes invoices.",
        own_reports=("state", "because"),
    ),
    Cause(
        name="minimum-or-commitment-inert", summary="Minimums and commitments are billed where use stays below them."
    ),
    Cause(
        name="price-override-lost",
        summary="A change of the configuration keeps the negotiated prices that it had.",
        applies=lambda setup: setup.previous is not None,
    ),
    Cause(name="ramp-differs", summary="Billing has the agreed steps of price and quantity, on the agreed days."),
    Cause(name="minor-unit-error", summary="Amounts have their decimal point in the agreed place."),
    Cause(name="currency-differs", summary="Billing is in the agreed currency.", own_reports=("sold", "billed")),
    Cause(
        name="elapsed-periods-skipped",
        summary="A configuration that is made late still bills the time that has passed.",
        own_reports=("from", "until"),
    ),
    Cause(
        name="signed-differs-from-approved",
        summary="What was signed is what was approved.",
        own_reports=("edits",),
        applies=_was_approved,
    ),
    Cause(
        name="amendment-not-set-up",
        summary="Amendments that are in force are in the configuration.",
        own_reports=("amendment", "effective"),
        told_apart_by=("amendment",),
        applies=lambda setup: bool(setup.agreement.amendments),
    ),
    Cause(name="uplift-not-set-up", summary="Prices rise in billing as agreed."),
    Cause(
        name="auto-renewal-differs",
        summary="Billing renews where the agreement does, and stops where it ends.",
        own_reports=("agreed", "set"),
    ),
    Cause(name="prepaid-credit-differs", summary="Prepaid credit is what was agreed, for as long."),
    Cause(
        name="rounding-drift",
        summary="Differences within one minor unit an invoice do not add up.",
        parameters=DriftParameters,
    ),
    Cause(
        name="preview-differs",
        summary="Billing's own preview, its configuration and the agreement say the same.",
        own_reports=("agreeing", "previewed"),
        applies=lambda setup: bool(setup.previews),
        flagged=frozenset({Direction.COMPLIANCE}),
    ),
)


def check_of(cause: Cause) -> Check:
    """The check that reports a cause."""

    def run(facts: SetUpFacts, parameters: Any) -> CheckResult:
        return _result(cause, facts, parameters)

    return Check(
        name=cause.name,
        scope=Scope.SETUP,
        run=run,
        summary=cause.summary,
        parameters=cause.parameters,
        reports=(*REPORTS, *cause.own_reports),
    )


def _result(cause: Cause, facts: SetUpFacts, parameters: Any) -> CheckResult:
    """Violations first: what could not be told of other lines is listed by whoever evaluates the twin."""
    found = tuple(
        violated
        for difference in facts.twin.of(cause.name)
        for violated in _violations(cause, difference, facts, parameters)
    )
    if found:
        return tuple(_told_apart(found))
    reasons = [each.because for each in facts.twin.not_assessed if each.policy_id == cause.name]
    if reasons:
        return Undetermined("; ".join(dict.fromkeys(reasons)))
    return SATISFIED if cause.applies(facts.setup) else NOT_APPLICABLE


def _told_apart(found: Iterable[Violated]) -> Iterator[Violated]:
    """Two differences of one cause on one line, as an uplift too many within the term and one too few at renewal, are two findings."""
    seen: Counter[tuple[tuple[str, ...] | None, str]] = Counter()
    for each in found:
        place = (each.line_ids, each.discriminator)
        yield replace(each, discriminator=f"{each.discriminator}:{seen[place] + 1}") if seen[place] else each
        seen[place] += 1


def _violations(cause: Cause, difference: Difference, facts: SetUpFacts, parameters: Any) -> Iterator[Violated]:
    sides = _sides(difference)
    for money in sides:
        if not _is_reported(money, parameters, facts.currency):
            continue
        second = ":" + money.direction if money is not sides[0] else ""
        yield Violated(
            evidence=difference.evidence,
            loss=money.loss(cause, difference, only=len(sides) == 1),
            reports=_reports(cause, difference, money, facts),
            line_ids=difference.line_ids,
            changes=difference.changes,
            remedy_text=difference.remedy_text or None,
            direction=money.direction,
            effect=Effect.FLAG if money.direction in cause.flagged else None,
            confidence=difference.confidence,
            discriminator=_discriminator(cause, difference) + second,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Money:
    """What a difference costs on one side: over the term, of that what is lost already, and in the renewed term."""

    direction: Direction
    term: Decimal | None
    lost: Decimal | None
    renewal: Decimal | None

    @property
    def is_at_renewal(self) -> bool:
        """Whether the money is in the renewed term alone."""
        return not self.term and bool(self.renewal)

    @property
    def remaining(self) -> Decimal | None:
        if self.is_at_renewal:
            return self.renewal
        return None if self.term is None else self.term - (self.lost or ZERO)

    def loss(self, cause: Cause, difference: Difference, *, only: bool) -> Loss:
        """The four numbers. Exposures are the twin's where the difference has one side and its money lies on lines."""
        assumptions, place = difference.assumptions, _place(cause, difference)
        if self.is_at_renewal:
            assumptions = (*assumptions, "the amount is that of one renewed term")
        amount = None if self.remaining is None else self.remaining + (self.lost or ZERO)
        own = () if amount is None else (Exposure(line_id=place, amount=amount),)
        told = tuple(replace(each, line_id=each.line_id or place) for each in difference.exposures)
        return Loss(
            per_period=difference.per_period if only else None,
            remaining_term=self.remaining,
            already_lost=self.lost,
            assumptions=assumptions,
            exposures=told if told and only and not cause.by_charge else own,
        )


def _place(cause: Cause, difference: Difference) -> str | None:
    """Where the money lies: on the first line, or on the charge where it bills no line, or more than its lines."""
    if cause.by_charge or not difference.line_ids:
        return "+".join(sorted(difference.charge_ids)) or None
    return difference.line_ids[0]


def _sides(difference: Difference) -> tuple[_Money, ...]:
    """The sides on which a difference has money, its own direction first; its own alone where it has none or it is unknown."""
    by_direction = {
        Direction.UNDER: (difference.under, difference.renewal_under),
        Direction.OVER: (difference.over, difference.renewal_over),
    }
    own = difference.direction
    term, renewal = by_direction.get(own, (None, None))
    sides = [_Money(direction=own, term=term, lost=difference.already_lost, renewal=renewal)]
    for direction, (total, after) in by_direction.items():
        if direction is not own and own in by_direction and (total or after):
            # How much of the lesser side is past is not told apart.
            sides.append(_Money(direction=direction, term=total, lost=None, renewal=after))
    return tuple(sides)


def _is_reported(money: _Money, parameters: Any, currency: str) -> bool:
    if money.term is None and money.renewal is None:
        return True
    amount = (money.term or ZERO) + (money.renewal or ZERO)
    if isinstance(parameters, DriftParameters):
        return amount > parameters.tolerance_minor_units * minor_unit(currency)
    least: Decimal = parameters.minimum_amount
    return amount >= least


def _discriminator(cause: Cause, difference: Difference) -> str:
    """What tells findings on the same lines apart; a charge that bills no line is known by its own id."""
    named = [difference.reports.get(name, "") for name in cause.told_apart_by]
    by_charge = cause.by_charge or not difference.line_ids
    return "|".join([*named, *sorted(difference.charge_ids)] if by_charge else named)


def _reports(cause: Cause, difference: Difference, money: _Money, facts: SetUpFacts) -> Mapping[str, object]:
    own = {name: difference.reports.get(name, "") for name in cause.own_reports}
    return own | {
        "name": _names(difference, facts.setup),
        "lines": _counted_words("line", difference.line_ids),
        "charges": _counted_words("charge", difference.charge_ids),
        "terms": listed([_differs(each) for each in difference.evidence]) or "other amounts than agreed",
        "money": _money_words(money, facts.currency),
        "first": _first_words(difference.first, facts.currency),
    }


def _names(difference: Difference, setup: SetUp) -> str:
    """What the lines are called; a line that came with an amendment, or a charge alone, by what its own terms say."""
    amended = (line for each in setup.agreement.amendments for line in each.lines)
    lines = [line for line in (*setup.agreement.terms.lines, *amended) if line.line_id in difference.line_ids]
    if not lines:
        lines = [each.terms for each in setup.configuration.charges if each.charge_id in difference.charge_ids]
    return listed(list(dict.fromkeys(called(line) for line in lines))) or "The whole set-up"


def _counted_words(word: str, ids: tuple[str, ...]) -> str:
    if not ids:
        return f"no {word}"
    return f"{word}{'s' if len(ids) > 1 else ''} {listed(ids)}"


def _differs(evidence: Evidence) -> str:
    name = evidence.field.rpartition("].")[2].replace(".", " ").replace("_", " ")
    actual, expected = _words(evidence.actual), _words(evidence.expected)
    if actual is None:
        return f"no {name} instead of {expected}"
    return f"{name} {actual}" if expected is None else f"{name} {actual} instead of {expected}"


def _words(value: str | None) -> str | None:
    """A value as a sentence has it: `in_arrears` without its underscore, ids and everything else as they are."""
    return value.replace("_", " ") if value is not None and _MEMBER.fullmatch(value) else value


def _money_words(money: _Money, currency: str) -> str:
    words = {Direction.UNDER: "too little", Direction.OVER: "too much"}.get(money.direction)
    if words is None:
        return "the same money on other days" if money.direction is Direction.TIMING else "no money by itself"
    parts = []
    if money.term:
        past = f", {format_amount(money.lost, currency)} of it already" if money.lost else ""
        parts.append(f"{format_amount(money.term, currency)} {words} over the term{past}")
    if money.renewal:
        parts.append(f"{format_amount(money.renewal, currency)} {words} in the renewed term")
    unknown = (
        f"{words}, and how much is not known" if money.term is None else f"nothing {words} at the use that is assumed"
    )
    return listed(parts) or unknown


def _first_words(parting: Parting | None, currency: str) -> str:
    """Where the bills first part, as a sentence after another; empty where no one invoice shows it."""
    if parting is None:
        return ""
    use = "" if parting.quantity is None else f" at {counted(parting.quantity)} used"
    agreed, billed = format_amount(parting.agreement, currency), format_amount(parting.billing, currency)
    return f" First on the invoice of {parting.invoice_date}{use}: {agreed} agreed, {billed} billed."


CHECKS: Final = tuple(check_of(cause) for cause in CAUSES)
