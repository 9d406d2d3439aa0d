"""Findings of an audit: every difference with the same cause on the same line is one finding, which owns their money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING

from policies.auditing.causes import CREDIT, DOUBLE, NOT_SOLD, TWICE, UNKNOWN_USE, Cause, direction_of
from policies.auditing.expected import Component, spelt
from policies.auditing.outlook import outlook
from policies.auditing.words import message_of, remedy_of
from policies.domain.finding import AmountAtRisk, Direction, Effect, Evidence, Exposure, Finding, Remedy
from policies.domain.money import amount_string, format_amount
from policies.domain.wording import called, counted

if TYPE_CHECKING:
    from policies.auditing.invoiced import Billed
    from policies.auditing.metered import UsageBook
    from policies.auditing.recovery import Recovery
    from policies.domain.agreement import Agreement

ZERO = Decimal(0)
_OWNER = "billing-operations"
_MOST_EVIDENCE = 36
_SURE, _LIKELY = Decimal("0.97"), Decimal("0.85")
# What could be two meters that read the same, or a price that was changed on purpose, is not as sure as a missing line.
_LESS_SURE = frozenset({TWICE.policy, "price-or-quantity-differs", "price-override-lost", "charge-model-differs"})


@dataclass(frozen=True, slots=True)
class Difference:
    """A component that was not billed as it should have been, or whose use is not known, and why."""

    component: Component
    cause: Cause


def findings_of(
    agreement: Agreement,
    differences: Iterable[Difference],
    beyond: Sequence[Billed],
    usage: UsageBook,
    recovery: Recovery,
    expected: Sequence[Component],
) -> list[Finding]:
    """One finding for each cause on each line, the largest amounts first, and one for what no line expects."""
    grouped: dict[tuple[str, Cause, Direction], list[Component]] = defaultdict(list)
    for each in differences:
        direction = Direction.UNDER if each.cause is UNKNOWN_USE else direction_of(each.component.difference)
        line_id = "" if each.cause is DOUBLE else each.component.line.line_id  # one set-up too many owns all its lines
        grouped[line_id, each.cause, direction].append(each.component)
    found = [_finding(agreement, key[1], key[2], those, recovery, expected) for key, those in grouped.items()]
    found += _beyond(agreement, beyond)
    found += _harmless_repeats(agreement, usage, found)
    return sorted(found, key=lambda finding: (-_money(finding), finding.pattern, finding.line_ids))


def _money(finding: Finding) -> Decimal:
    at_risk = finding.amount_at_risk
    return ZERO if at_risk is None or at_risk.already_lost is None else at_risk.already_lost


def _finding(
    agreement: Agreement,
    cause: Cause,
    direction: Direction,
    those: Sequence[Component],
    recovery: Recovery,
    expected: Sequence[Component],
) -> Finding:
    currency = agreement.terms.currency
    to_come = outlook(cause.policy, those, expected, currency)
    lost = None if cause is UNKNOWN_USE else sum((abs(each.difference) for each in those), ZERO)
    line_ids = tuple(dict.fromkeys(each.line.line_id for each in those))
    told = {
        "line": called(those[0].line) if len(line_ids) == 1 else f"{len(line_ids)} lines",
        "amount": "" if lost is None else format_amount(lost, currency),
        "count": f"{len(those)} period{'s' if len(those) > 1 else ''}",
        "first": str(those[0].period.start),
        "last": str(those[-1].period.last_day),
        "price": _price(those[0], currency),
        "included": "" if those[0].line.included_quantity is None else counted(those[0].line.included_quantity),
        "amendment": those[-1].version.amendment_id or "the amendment",
    }
    return Finding(
        finding_id=finding_id(agreement, cause.policy, direction, line_ids),
        policy_id=cause.policy,
        pattern=cause.pattern,
        effect=Effect.FLAG,
        direction=direction,
        message=message_of(cause, direction).format(**told),
        line_ids=line_ids,
        evidence=tuple(_evidence(each) for each in those[:_MOST_EVIDENCE]),
        amount_at_risk=AmountAtRisk(
            currency=currency,
            per_period=None if to_come is None else to_come.per_period,
            remaining_term=None if to_come is None else to_come.remaining_term,
            already_lost=lost,
            assumptions=_assumptions(cause, direction, those, recovery)
            + (() if to_come is None else (to_come.assumption,)),
        ),
        exposures=tuple(
            Exposure(line_id=each.line.line_id, amount=abs(each.difference), period=each.period)
            for each in those
            if lost is not None
        ),
        remedy=Remedy(text=remedy_of(cause, direction).format(**told)),
        owner=_OWNER,
        confidence=_LIKELY if cause.policy in _LESS_SURE else _SURE,
    )


def finding_id(agreement: Agreement, policy: str, direction: Direction, line_ids: Iterable[str]) -> str:
    """An id that is the same whenever the same cause is found on the same lines of the agreement."""
    spelt_out = "\x1f".join((agreement.agreement_id, policy, direction.value, *line_ids))
    return "fnd_" + sha256(spelt_out.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _price(component: Component, currency: str) -> str:
    price = component.unit_price
    return "its price" if price is None else format_amount(price, currency)


def _evidence(component: Component) -> Evidence:
    """One period: what was invoiced for it, and what should have been, with the steps that lead to it."""
    currency, period = component.terms.currency, component.period
    field = f"lines[{component.line.line_id}].periods[{period.start}/{period.last_day}].{component.part}"
    invoices = ", ".join(dict.fromkeys(piece.invoice.invoice_id for piece, _ in component.pieces))
    if component.is_unknown:
        return Evidence(field=f"{field}.used", actual=None, expected_from="; ".join(component.how))
    billed = component.billed + component.credit
    actual = f"{amount_string(billed, currency)} on {invoices}" if invoices else "not invoiced"
    used = f"{spelt(component.used)} used; " if component.used is not None and not component.how else ""
    return Evidence(
        field=field,
        actual=actual,
        expected=amount_string(component.expected, currency),
        expected_from=used + "; ".join(component.how) if component.how or used else "the agreement",
    )


def _assumptions(cause: Cause, direction: Direction, those: Sequence[Component], recovery: Recovery) -> tuple[str, ...]:
    """What the amount rests on, and whether it can be recovered."""
    if cause is UNKNOWN_USE:
        return ("Not assessed: what was used is not known. Recoverable once the product's own count is had.",)
    if direction is Direction.OVER:
        return ("Not for recovery: it is owed to the customer.",)
    if cause is CREDIT:
        return ("Recoverable only with the customer's consent: the credit was given.",)
    return (recovery.why([each.period for each in those]),)


def _beyond(agreement: Agreement, beyond: Sequence[Billed]) -> list[Finding]:
    """Invoice lines that no line or no day of the agreement expects: charges are one finding, credits another."""
    found = []
    for direction in (Direction.OVER, Direction.UNDER):
        those = [each for each in beyond if each.amount and (each.amount > 0) is (direction is Direction.OVER)]
        if those:
            found.append(_beyond_one(agreement, direction, those))
    return found


def _beyond_one(agreement: Agreement, direction: Direction, those: Sequence[Billed]) -> Finding:
    currency = agreement.terms.currency
    cause = NOT_SOLD if direction is Direction.OVER else CREDIT
    amount = sum((abs(each.amount) for each in those), ZERO)
    told = {"line": "the agreement", "amount": format_amount(amount, currency), "count": f"{len(those)} invoice lines"}
    return Finding(
        finding_id=finding_id(agreement, cause.policy, direction, ()),
        policy_id=cause.policy,
        pattern=cause.pattern,
        effect=Effect.FLAG,
        direction=direction,
        message=message_of(cause, direction).format(**told),
        line_ids=tuple(dict.fromkeys(each.line_id for each in those if each.line_id is not None)),
        evidence=tuple(
            Evidence(
                field=f"invoices[{each.invoice.invoice_id}].lines",
                actual=f"{each.line.product_id or each.line.line_id or each.line.charge_id}: {amount_string(each.amount, currency)}",
            )
            for each in those[:_MOST_EVIDENCE]
        ),
        amount_at_risk=AmountAtRisk(currency=currency, already_lost=amount),
        exposures=(Exposure(line_id=None, amount=amount),),
        remedy=Remedy(text=remedy_of(cause, direction).format(**told)),
        owner=_OWNER,
        confidence=_LIKELY,
    )


def _harmless_repeats(agreement: Agreement, usage: UsageBook, found: Sequence[Finding]) -> list[Finding]:
    """Usage that was recorded twice and billed once: no money, but billing may not be as careful the next time."""
    told = {line_id for each in found if each.policy_id == TWICE.policy for line_id in each.line_ids}
    result = []
    for line_id, readings in usage.readings.items():
        repeats = sum(each.repeats for each in readings.values())
        if repeats and line_id not in told:
            result.append(_repeat(agreement, line_id, repeats))
    return result


def _repeat(agreement: Agreement, line_id: str, repeats: int) -> Finding:
    records = f"{repeats} usage record{'s' if repeats > 1 else ''}"
    return Finding(
        finding_id=finding_id(agreement, TWICE.policy, Direction.OVER, (line_id,)),
        policy_id=TWICE.policy,
        pattern=TWICE.pattern,
        effect=Effect.FLAG,
        direction=Direction.OVER,
        message=f"{records} of line {line_id} repeat another with the same time and quantity; each was counted once here.",
        line_ids=(line_id,),
        amount_at_risk=AmountAtRisk(currency=agreement.terms.currency, already_lost=ZERO),
        remedy=Remedy(text="Find out why records come twice, and let the meter send an id that a retry keeps."),
        owner=_OWNER,
        confidence=_LIKELY,
    )
