"""Whether prices rise at the renewal by what the company asks for. A line's own uplift goes before the quote's."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.check import (
    NOT_APPLICABLE,
    SATISFIED,
    Check,
    CheckResult,
    Loss,
    NoParameters,
    Scope,
    Undetermined,
    Violated,
)
from policies.domain.charge import ChargeType
from policies.domain.finding import Change, Effect, Evidence, Exposure
from policies.domain.money import plain
from policies.facts import LineFacts, QuoteFacts, priced_segments

if TYPE_CHECKING:
    from policies.domain.company import RenewalTerms
    from policies.domain.quote import Renewal

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
HUNDRED: Final = Decimal(100)
TWELVE: Final = Decimal(12)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Short:
    """A recurring line that renews with less than the minimum uplift; `own` where the line says so itself."""

    facts: LineFacts
    uplift: Decimal
    own: bool


def run(quote: QuoteFacts, _parameters: NoParameters) -> CheckResult:
    terms = quote.company.renewal if quote.company is not None else None
    if terms is None or terms.minimum_uplift_percent is None:
        return Undetermined("company.yaml has no minimum uplift")
    recurring = [each for each in quote.lines if each.line.charge_type is ChargeType.RECURRING]
    if not recurring:
        return NOT_APPLICABLE
    short = _short(recurring, quote.quote.renewal, terms.minimum_uplift_percent)
    if short:
        return _violated(quote, short, terms, terms.minimum_uplift_percent)
    return _without_shortfall(quote, recurring)


def _short(recurring: list[LineFacts], renewal: Renewal | None, minimum: Decimal) -> list[_Short]:
    header = _header(renewal)
    found = []
    for facts in recurring:
        own = _own(facts)
        uplift = header if own is None else own
        if uplift is not None and uplift < minimum:
            found.append(_Short(facts=facts, uplift=uplift, own=own is not None))
    return found


def _own(facts: LineFacts) -> Decimal | None:
    """The line's own uplift; an explicit null is none at all."""
    if facts.line.uplift_percent is None and "uplift_percent" in facts.line.nulls:
        return ZERO
    return facts.line.uplift_percent


def _header(renewal: Renewal | None) -> Decimal | None:
    """The quote's uplift; none at all where it renews by itself and names none. None where the quote does not say."""
    if renewal is None:
        return None
    if renewal.uplift_percent is None and (renewal.auto_renew or "uplift_percent" in renewal.nulls):
        return ZERO
    return renewal.uplift_percent


def _without_shortfall(quote: QuoteFacts, recurring: list[LineFacts]) -> CheckResult:
    renewal = quote.quote.renewal
    if all(each.line.uplift_percent is not None for each in recurring) or _header(renewal) is not None:
        return SATISFIED
    if renewal is not None and renewal.auto_renew is False:
        return NOT_APPLICABLE
    return Undetermined("the quote does not say by how much prices rise at the renewal")


def _violated(quote: QuoteFacts, short: list[_Short], terms: RenewalTerms, minimum: Decimal) -> Violated:
    lowest = min(each.uplift for each in short)
    return Violated(
        line_ids=tuple(each.facts.line.line_id for each in short),
        evidence=_evidence(quote, short, minimum),
        loss=_loss(quote, short, terms, minimum),
        reports={"uplift": lowest, "minimum": minimum, "mandatory": terms.uplift_is_mandatory},
        changes=_changes(quote, short, minimum),
        remedy_text=f"Set the renewal uplift to {plain(minimum)} %",
        approver=terms.approver,
        clears_without_approval=f"renewal uplift {plain(minimum)} % or more",
        effect=Effect.BLOCK if terms.uplift_is_mandatory else None,
    )


def _evidence(quote: QuoteFacts, short: list[_Short], minimum: Decimal) -> tuple[Evidence, ...]:
    """One field of the quote, and one of each line that says something else."""
    renewal, source = quote.quote.renewal, "company.yaml: renewal.minimum_uplift_percent"
    found = []
    if not all(each.own for each in short):
        stated = renewal.uplift_percent if renewal is not None else None
        actual = None if stated is None else plain(stated)
        found.append(
            Evidence(field="renewal.uplift_percent", actual=actual, expected=plain(minimum), expected_from=source)
        )
    for each in short:
        if each.own:
            stated = each.facts.line.uplift_percent
            field = f"lines[{each.facts.line.line_id}].uplift_percent"
            actual = None if stated is None else plain(stated)
            found.append(Evidence(field=field, actual=actual, expected=plain(minimum), expected_from=source))
    return tuple(found)


def _changes(quote: QuoteFacts, short: list[_Short], minimum: Decimal) -> tuple[Change, ...]:
    renewal = quote.quote.renewal
    changes = []
    if renewal is not None and not all(each.own for each in short):
        absent = renewal.uplift_percent is None and "uplift_percent" not in renewal.nulls
        changes.append(Change(path="/renewal/uplift_percent", value=minimum, absent=absent))
    changes.extend(
        Change(path=f"/lines/{each.facts.index}/uplift_percent", value=minimum) for each in short if each.own
    )
    return tuple(changes)


def _loss(quote: QuoteFacts, short: list[_Short], terms: RenewalTerms, minimum: Decimal) -> Loss:
    """Net_annual * u * (1 + (1 + u) + ...) over the renewals that are expected, as long as each of them lasts.

    The sum is (1 + u)^n - 1; what the quote's own lower uplift brings is taken off in the same way.
    """
    renewal = quote.quote.renewal
    months = Decimal(renewal.term_months) if renewal is not None and renewal.term_months else TWELVE
    renewals = max(1, terms.expected_renewals)
    exposures = []
    for each in short:
        annual = _annual_at_end(each.facts)
        if annual is None:
            reason = f"the yearly price of line {each.facts.line.line_id} cannot be told"
            return Loss(already_lost=None, assumptions=(reason,))
        growth = (ONE + minimum / HUNDRED) ** renewals - (ONE + each.uplift / HUNDRED) ** renewals
        amount = annual * growth * months / TWELVE
        exposures.append(Exposure(line_id=each.facts.line.line_id, amount=amount, period=quote.renewal_period))
    total = sum((each.amount for each in exposures), ZERO)
    expected = (
        "one renewal is expected" if renewals == 1 else f"{renewals} renewals are expected, each on the one before"
    )
    return Loss(
        per_period=total * TWELVE / months,
        remaining_term=total,
        assumptions=(f"{expected}, of {plain(months)} months; a period is a year of it",),
        exposures=tuple(exposures),
    )


def _annual_at_end(facts: LineFacts) -> Decimal | None:
    """The yearly price that is uplifted: as it stands when the term ends, so that of the last segment of a ramp."""
    if not facts.line.ramp or not facts.annual_net:
        return facts.annual_net
    first, last = facts.line, priced_segments(facts)[-1]
    before = first.net_unit_price * facts.units if first.net_unit_price is not None and facts.units else None
    if not before or last.net_unit_price is None or last.units is None:
        return facts.annual_net
    return facts.annual_net * last.net_unit_price * last.units / before


CHECK: Final = Check(
    name="renewal-uplift",
    scope=Scope.QUOTE,
    run=run,
    summary="Holds the uplift at the renewal, of the quote and of each line, against the company's minimum.",
    reports=("uplift", "minimum", "mandatory"),
    reads=("renewal.uplift_percent", "renewal.auto_renew", "uplift_percent", "renewal.term_months"),
)
