"""`python -m benchmarks.twin`: what a twin costs, and whether that is linear in lines times months.

Times are of the processor, not of the clock, as machines are shared. Read the ratios within one run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from statistics import median
from typing import Final

from policies.domain.agreement import Agreement
from policies.domain.billing import BillingCharge, BillingConfiguration
from policies.domain.charge import (
    BillingFrequency,
    BillingTiming,
    ChargeModel,
    ChargeType,
    Line,
    MinimumCommitment,
    PricePeriod,
    Tier,
)
from policies.domain.period import add_months
from policies.domain.quote import Quote, Renewal
from policies.twin.setup import SetUp
from policies.twin.twin import twin

ROUNDS: Final = 15
START: Final = date(2026, 1, 1)
SIZES: Final = ((50, 36), (100, 36), (50, 72), (100, 72))


def main() -> None:
    print(f"One twin, median of {ROUNDS} rounds, milliseconds of CPU")
    print(f"{'lines':>7}{'months':>8}{'all match':>12}{'renewing':>12}{'per line and month, us':>25}")
    for lines, months in SIZES:
        plain, renewing = (_milliseconds(setup(lines, months, renews=renews)) for renews in (False, True))
        print(f"{lines:>7}{months:>8}{plain:>12.2f}{renewing:>12.2f}{plain * 1000 / lines / months:>25.2f}")
    print()
    print(f"50 lines, 36 months, so many of them different{'':>4}")
    for name, change in DIFFERENT.items():
        cells = [_milliseconds(_with(setup(50, 36), change, number), rounds=3) for number in (1, 5, 20)]
        print(
            f"{name:>30}" + "".join(f"{number:>6}:{cell:>9.1f}" for number, cell in zip((1, 5, 20), cells, strict=True))
        )
    print("\nOne line of so many tiers, median of 3 rounds, milliseconds")
    for name, whole in long_tables():
        print(f"{name:>60}{_milliseconds(whole, rounds=3):>9.1f}")
    wide = setup(5000, 12)
    print(f"\n5,000 lines and charges, 12 months: {_milliseconds(wide, rounds=1):.0f} ms")


def setup(lines: int, months: int, *, renews: bool = False) -> SetUp:
    """An agreement of seats, seats with overage, calls by tiers and yearly support, and charges that bill the same."""
    sold = tuple(_line(number) for number in range(lines))
    quote = Quote(
        quote_id="Q-1",
        currency="USD",
        lines=sold,
        start_date=START,
        term_months=months,
        billing_frequency=BillingFrequency.MONTHLY,
        billing_timing=BillingTiming.IN_ADVANCE,
        renewal=Renewal(auto_renew=renews),
    )
    charges = tuple(
        BillingCharge(
            charge_id=f"C-{line.line_id}",
            quote_line_id=line.line_id,
            terms=replace(
                line, line_id=f"C-{line.line_id}", start_date=START, billing_frequency=BillingFrequency.MONTHLY
            ),
        )
        for line in sold
    )
    configuration = BillingConfiguration(
        billing_configuration_id="BC-1", currency="USD", charges=charges, agreement_id="AG-1", auto_renew=renews
    )
    return SetUp(
        agreement=Agreement(agreement_id="AG-1", terms=quote),
        configuration=configuration,
        as_of=datetime(2026, 1, 1, tzinfo=UTC),
        today=add_months(START, 0),
    )


def _line(number: int) -> Line:
    kind = number % 4
    plain = Line(
        line_id=str(number + 1),
        product_id=f"P{number}",
        charge_type=ChargeType.RECURRING,
        charge_model=ChargeModel.PER_UNIT,
        quantity=Decimal(10 + number),
        price_period=PricePeriod.MONTH,
        net_unit_price=Decimal(40),
    )
    if kind == 1:
        return replace(plain, included_quantity=plain.quantity, overage_unit_price=Decimal(50))
    if kind == 2:
        steps = (Tier(up_to=Decimal(1000), unit_price=Decimal("0.10")), Tier(up_to=None, unit_price=Decimal("0.08")))
        return replace(
            plain,
            charge_type=ChargeType.USAGE,
            charge_model=ChargeModel.GRADUATED,
            tiers=steps,
            net_unit_price=None,
            quantity=None,
        )
    return plain


def _with(whole: SetUp, change: Callable[[Line], Line], number: int) -> SetUp:
    """The set-up with so many of the charges changed that the change means something for."""
    charges, left = list(whole.configuration.charges), number
    for at, charge in enumerate(charges):
        changed = change(charge.terms)
        if left and changed != charge.terms:
            charges[at], left = replace(charge, terms=changed), left - 1
    return replace(whole, configuration=replace(whole.configuration, charges=tuple(charges)))


def _cheaper(line: Line) -> Line:
    return line if line.net_unit_price is None else replace(line, net_unit_price=line.net_unit_price - 1)


def _without_overage(line: Line) -> Line:
    return replace(line, included_quantity=None, overage_unit_price=None)


def _by_volume(line: Line) -> Line:
    return replace(line, charge_model=ChargeModel.VOLUME) if line.tiers else line


DIFFERENT: Final = {
    "a lower price": _cheaper,
    "no overage price": _without_overage,
    "volume, not graduated": _by_volume,
}


def long_tables() -> Iterator[tuple[str, SetUp]]:
    """Usage lines of a hundred or a thousand tiers, by what their charges have otherwise."""
    hundred, thousand = _tiered(100), _tiered(1000)
    rising = replace(hundred, uplift_percent=Decimal(5))
    committed = replace(
        hundred, minimum_commitment=MinimumCommitment(amount=Decimal(6000), period=PricePeriod.YEAR, true_up=True)
    )
    yield "100 tiers, one price differs, 3 years", _tabled(hundred, 36, _one_price)
    yield "100 tiers, one price differs, 30 years", _tabled(hundred, 360, _one_price)
    yield "100 tiers rising by 5 % a year, one differs, 30 years", _tabled(rising, 360, _one_price)
    yield "100 tiers with a yearly commitment, one differs, 3 years", _tabled(committed, 36, _one_price)
    yield "100 tiers with a yearly commitment, one differs, 30 years", _tabled(committed, 360, _one_price)
    yield "1,000 tiers, each cut in two, 3 years", _tabled(thousand, 36, _cut_in_two)
    yield "1,000 tiers, one price differs, 3 years", _tabled(thousand, 36, _one_price)


def _tiered(number: int) -> Line:
    bounds = [Decimal(100 * each) for each in range(1, number)]
    prices = [Decimal(20000 - 7 * each) / 10000 for each in range(number)]
    steps = tuple(Tier(up_to=each, unit_price=price) for each, price in zip([*bounds, None], prices, strict=True))
    return replace(_line(2), line_id="1", tiers=steps)


def _tabled(line: Line, months: int, change: Callable[[Line], Line]) -> SetUp:
    """One such line, and a charge with something changed."""
    whole = setup(1, months)
    charge = whole.configuration.charges[0]
    terms = replace(change(line), line_id="C-1", start_date=START, billing_frequency=BillingFrequency.MONTHLY)
    configuration = replace(whole.configuration, charges=(replace(charge, terms=terms),))
    agreement = replace(whole.agreement, terms=replace(whole.agreement.terms, lines=(line,)))
    return replace(whole, agreement=agreement, configuration=configuration)


def _one_price(line: Line) -> Line:
    at = len(line.tiers) * 2 // 3
    cheaper = replace(line.tiers[at], unit_price=(line.tiers[at].unit_price or 0) - Decimal("0.01"))
    return replace(line, tiers=(*line.tiers[:at], cheaper, *line.tiers[at + 1 :]))


def _cut_in_two(line: Line) -> Line:
    halves = [replace(each, up_to=each.up_to - 50) for each in line.tiers if each.up_to is not None]
    return replace(
        line, tiers=tuple(each for pair in zip(halves, line.tiers, strict=False) for each in pair) + line.tiers[-1:]
    )


def _milliseconds(whole: SetUp, rounds: int = ROUNDS) -> float:
    twin(whole)
    times = []
    for _ in range(rounds):
        began = time.process_time()
        twin(whole)
        times.append(time.process_time() - began)
    return median(times) * 1000


if __name__ == "__main__":
    main()
