"""A plan's phases as charges: recurring prices with their steps, fixed prices, and usage in its several kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from cpq_hooks.adapters.killbill.catalogs import MONTHS
from cpq_hooks.vendor_fields import Fields, is_beyond_use
from cpq_hooks.vendor_terms import FREQUENCIES, Rate, Reading, Step, day_before, period_of, written
from policies.domain.period import add_months

_TIMING: Final = {"IN_ADVANCE": "in_advance", "IN_ARREAR": "in_arrears"}
_LONGEST: Final = 1_200


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A phase with its first day and the day after its last, as far as they are known."""

    phase: Mapping[str, Any]
    starts: date | None
    ends: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReading:
    """A plan in one currency. `fields` is where it stands, for what is said of it."""

    plan: Mapping[str, Any]
    mode: str | None
    fields: Fields
    reading: Reading
    quantity: Decimal = Decimal(1)

    def lines(
        self, starts: date | None, ends: date | None, placed: Sequence[Placed] | None = None
    ) -> list[dict[str, Any]]:
        """Every charge of the plan, with `id` in place of a charge's. `ends` is the day after its last."""
        phases = list(placed or self._placed(starts))
        trial = self._trial_days(phases)
        lines = [*self._recurring(phases, starts, ends, trial), *self._fixed(phases)]
        for each in phases[-1].phase["usages"] if phases else ():
            lines += [{**line, **_days(starts, ends, phases[-1]), "trial_days": trial} for line in self._usage(each)]
        for each in phases[:-1]:
            if each.phase["usages"]:
                self._say(
                    "usages",
                    each.phase["type"],
                    "price",
                    f"usage of the phase {each.phase['type']} is not in these charges",
                )
        return lines

    # ---------------------------------------------------------------------------------------- recurring prices

    def _placed(self, starts: date | None) -> Iterator[Placed]:
        """The phases one after another by their durations."""
        at = starts
        for phase in self.plan["phases"]:
            end = None if at is None else _after(at, phase)
            yield Placed(phase=phase, starts=at, ends=end)
            at = end

    def _trial_days(self, phases: Sequence[Placed]) -> int | None:
        """The days at the start that cost nothing."""
        free = [
            each
            for each in phases
            if each.phase["type"] == "TRIAL"
            and not self._price(each.phase["recurring"])
            and not self._price(each.phase["fixed"])
        ]
        if not free or free[0] is not phases[0]:
            return None
        phase, starts, ends = free[0].phase, free[0].starts, free[0].ends
        if starts is not None and ends is not None:
            return (ends - starts).days or None
        days = {"DAYS": 1, "WEEKS": 7}.get(str(phase["unit"]))
        if days is None:
            self._say(
                "duration",
                f"{phase['number']} {phase['unit']}",
                "billing",
                "a trial of months has no number of days until it begins",
            )
            return None
        return _count(phase) * days or None

    def _recurring(
        self, phases: Sequence[Placed], starts: date | None, ends: date | None, trial: int | None
    ) -> list[dict[str, Any]]:
        """The recurring price: the first phase that has one, and later phases as its steps."""
        priced = [
            each
            for each in phases
            if each.phase["recurring"] is not None and self._price(each.phase["recurring"]) is not None
        ]
        if not priced:
            return []
        first, last = priced[0], priced[-1]
        if {each.phase["period"] for each in priced} != {first.phase["period"]}:
            self._say(
                "period",
                ", ".join(str(each.phase["period"]) for each in priced),
                "billing",
                "its phases have billing periods of their own",
            )
        rate = Rate(model="per_unit", unit_price=self._price(first.phase["recurring"]))
        terms, parts = self._period(first.phase["period"], rate)
        line = {
            "id": str(self.plan["name"]), "product_id": self.plan["product"], "charge_type": "recurring", "quantity": written(self.quantity),
            **rate.scaled(Decimal(1) / parts).terms(self.reading), **terms, "billing_timing": _TIMING.get(self.mode or ""),
            **_days(starts, ends, last), "trial_days": trial,
        }  # fmt: skip
        if last.phase["type"] == "FIXEDTERM" and starts is None:
            self.reading.note(
                f"{self.plan['name']} ends {last.phase['number']} {str(last.phase['unit']).lower()} after its last phase begins"
            )
        if self.mode is None:
            self.reading.note(
                f"whether {self.plan['name']} is billed in advance is in the catalog, which did not come along"
            )
        if len(priced) > 1:
            line |= self._steps(priced, line, parts, ends)
        return [line]

    def _steps(
        self, priced: Sequence[Placed], line: Mapping[str, Any], parts: int, ends: date | None
    ) -> dict[str, Any]:
        """Dated steps where it is known when it begins; else the first price as one with a discount that ends."""
        prices = [(self._price(each.phase["recurring"]) or Decimal(0)) / parts for each in priced]
        if line["start_date"] is not None and all(each.starts is not None for each in priced):
            days = [line["start_date"], *(str(each.starts) for each in priced[1:])]
            closing = [
                *(_before(each.starts) for each in priced[1:]),
                line["end_date"] or (None if ends is None else _before(ends)),
            ]
            steps = zip(days, closing, prices, strict=True)
            return {
                "ramp": [
                    {
                        "start_date": first,
                        "end_date": last,
                        "quantity": written(self.quantity),
                        "net_unit_price": written(price),
                    }
                    for first, last, price in steps
                ]
            }
        months = MONTHS.get(str(priced[0].phase["period"]))
        length = _months_of(priced[0].phase)
        if len(priced) > 2 or not months or not length or prices[1] < prices[0]:
            self._say("phases", "several prices", "price", "its prices change by phases, on days that are not known")
            return {}
        discount = {
            "kind": str(priced[0].phase["type"]),
            "amount": written(prices[1] - prices[0]),
            "periods": -(-length // months),
        }
        return {"list_unit_price": written(prices[1]), "discounts": [discount]}

    def _fixed(self, phases: Sequence[Placed]) -> Iterator[dict[str, Any]]:
        for position, each in enumerate(phases, start=1):
            price = self._price(each.phase["fixed"])
            if price:
                yield {
                    "id": f"{self.plan['name']}:fixed:{position}", "product_id": self.plan["product"], "charge_type": "one_time",
                    "charge_model": "flat", "quantity": "1", "price_period": "one_time", "billing_frequency": "once",
                    "net_unit_price": written(price), "start_date": None if each.starts is None else each.starts.isoformat(),
                }  # fmt: skip

    # --------------------------------------------------------------------------------------------------- usage

    def _usage(self, usage: Mapping[str, Any]) -> list[dict[str, Any]]:
        if usage["type"] == "CAPACITY" and usage["mode"] == "IN_ADVANCE":
            return self._capacity_in_advance(usage)
        if usage["mode"] == "IN_ADVANCE":
            return self._prepaid(usage)
        if usage["type"] == "CAPACITY":
            return self._capacity(usage)
        units = dict.fromkeys(block["unit"] for tier in usage["tiers"] for block in tier["blocks"])
        return [line for unit in units for line in self._consumable(usage, str(unit))]

    def _consumable(self, usage: Mapping[str, Any], unit: str) -> list[dict[str, Any]]:
        """Units that are used up. `max` counts blocks, not units; under TOP_TIER all units cost what those of the last tier do."""
        blocks = [block for tier in usage["tiers"] for block in tier["blocks"] if str(block["unit"]) == unit]
        rate = self._tiered(usage, blocks)
        if rate is None:
            return []
        terms, _ = self._period(usage["period"], rate, usage=True)
        return [
            {
                "id": f"{self.plan['name']}:{usage['name']}:{unit}", "product_id": f"{self.plan['product']}:{unit}", "charge_type": "usage",
                "unit_of_measure": unit, "quantity_basis": "sum", "billing_timing": "in_arrears", **rate.terms(self.reading), **terms,
            }
        ]  # fmt: skip

    def _tiered(self, usage: Mapping[str, Any], blocks: Sequence[Mapping[str, Any]]) -> Rate | None:
        steps: list[Step] = []
        bound = Decimal(0)
        for block in blocks:
            price, size, most = (
                self._price(block["prices"]),
                _number(block["size"]) or Decimal(1),
                _number(block["max"]),
            )
            if price is None:
                self._say(
                    str(usage["name"]),
                    self.reading.currency,
                    "price",
                    f"usage {usage['name']} has no price in {self.reading.currency}",
                )
                return None
            is_open = most is None or most < 0
            bound += Decimal(0) if is_open else (most or Decimal(0)) * size
            steps.append(Step(up_to=None if is_open else bound, unit_price=price / size))
        sizes = {_number(each["size"]) or Decimal(1) for each in blocks}
        if steps[-1].up_to is not None:
            self.reading.note(
                f"use beyond {written(steps[-1].up_to)} of {usage['name']} is not billed at all: its last tier has an end"
            )
        if len(blocks) == 1 and sizes != {Decimal(1)}:
            size = sizes.pop()
            return Rate(
                model="package",
                unit_price=self._price(blocks[0]["prices"]),
                package={"size": written(size), "rounding": "up"},
            )
        if sizes != {Decimal(1)}:
            about = ", ".join(written(each) or "" for each in sorted(sizes))
            self._say(
                str(usage["name"]),
                about,
                "price",
                f"tiers of {usage['name']} are sold in blocks of {about}: a started block is charged whole, which is not in the tiers",
            )
        if len(steps) == 1 and steps[0].up_to is None:
            return Rate(model="per_unit", unit_price=steps[0].unit_price)
        return Rate(model="volume" if usage["policy"] == "TOP_TIER" else "graduated", steps=tuple(steps))

    def _capacity(self, usage: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The largest use of a period decides on one tier, which has a price for the whole of it."""
        units = {limit["unit"] for tier in usage["tiers"] for limit in tier["limits"]}
        prices = [self._price(tier["recurring"]) for tier in usage["tiers"]]
        if len(units) != 1 or None in prices:
            self._say(
                str(usage["name"]),
                ", ".join(sorted(map(str, units))),
                "price",
                f"{usage['name']} has limits of several units, or no price in {self.reading.currency}: it is not in these charges",
            )
            return []
        if any(tier["fixed"] for tier in usage["tiers"]):
            self._say(
                str(usage["name"]), "fixedPrice", "price", f"fixed prices in the tiers of {usage['name']} are not read"
            )
        bounds = [_number(tier["limits"][0]["max"]) for tier in usage["tiers"]]
        steps = tuple(
            Step(up_to=None if bound is None or bound < 0 else bound, flat_fee=price)
            for bound, price in zip(bounds, prices, strict=True)
        )
        rate = Rate(model="stairstep", steps=steps)
        terms, _ = self._period(usage["period"], rate, usage=True)
        unit = str(units.pop())
        return [
            {
                "id": f"{self.plan['name']}:{usage['name']}:{unit}", "product_id": f"{self.plan['product']}:{unit}", "charge_type": "usage",
                "unit_of_measure": unit, "quantity_basis": "peak", "billing_timing": "in_arrears", **rate.terms(self.reading), **terms,
            }
        ]  # fmt: skip

    def _capacity_in_advance(self, usage: Mapping[str, Any]) -> list[dict[str, Any]]:
        """A right to so much use, paid in advance: a flat price. The limits themselves cost nothing."""
        price = self._price(usage["recurring"])
        limits = ", ".join(
            f"{each['unit']} {'up to' if each['max'] else 'from'} {each['max'] or each['min']}"
            for each in usage["limits"]
        )
        self.reading.note(f"{usage['name']} is a right to use: {limits or 'without limits'}")
        return self._flat(usage, price, None)

    def _prepaid(self, usage: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Blocks of units that are bought before they are used."""
        block = usage["blocks"][0] if len(usage["blocks"]) == 1 else None
        if block is None or block["top_up"]:
            self._say(
                str(usage["name"]),
                "TOP_UP" if block else "blocks",
                "price",
                f"{usage['name']} is bought when it runs out: it is not in these charges",
            )
            return []
        return self._flat(usage, self._price(block["prices"]), _number(block["size"]))

    def _flat(self, usage: Mapping[str, Any], price: Decimal | None, included: Decimal | None) -> list[dict[str, Any]]:
        if price is None:
            self._say(
                str(usage["name"]),
                self.reading.currency,
                "price",
                f"{usage['name']} has no price in {self.reading.currency}",
            )
            return []
        rate = Rate(model="flat", unit_price=price)
        terms, parts = self._period(usage["period"], rate)
        return [
            {
                "id": f"{self.plan['name']}:{usage['name']}", "product_id": f"{self.plan['product']}:{usage['name']}", "charge_type": "recurring",
                "quantity": "1", "billing_timing": "in_advance", "included_quantity": written(included),
                **rate.scaled(Decimal(1) / parts).terms(self.reading), **terms,
            }
        ]  # fmt: skip

    # -------------------------------------------------------------------------------------------------- shared

    def _period(self, name: str | None, rate: Rate, *, usage: bool = False) -> tuple[dict[str, Any], int]:
        months = MONTHS.get(name or "")
        found = None if months is None else period_of(months, rate, cuttable=not usage)
        frequency = FREQUENCIES.get(months or -1)
        if found is None or frequency is None:
            self._say(
                "billingPeriod",
                name or "none",
                "billing",
                f"{self.plan['name']} is billed {name}, for which there is no canonical period",
            )
        period, parts = found or (None, 1)
        return {"price_period": period, "billing_frequency": frequency}, parts

    def _price(self, prices: Mapping[str, str] | None) -> Decimal | None:
        """The price in the document's currency; an element without any price costs nothing."""
        if prices is None:
            return None
        return Decimal(0) if not prices else _number(prices.get(self.reading.currency))

    def _say(self, name: str, value: str, bears_on: str, note: str) -> None:
        self.reading.say(self.fields, name, value, bears_on, note)


def _days(starts: date | None, ends: date | None, last: Placed) -> dict[str, Any]:
    """The first and the last day of a charge."""
    over = ends if last.ends is None else last.ends if ends is None else min(ends, last.ends)
    return {
        "start_date": None if starts is None else starts.isoformat(),
        "end_date": None if over is None else _before(over),
    }


def _after(day: date, phase: Mapping[str, Any]) -> date | None:
    """The day after a phase that begins on a day; None where it has no end."""
    number = _count(phase)
    months = {"MONTHS": 1, "YEARS": 12}.get(str(phase["unit"]))
    days = {"DAYS": 1, "WEEKS": 7}.get(str(phase["unit"]))
    if not 0 < number <= _LONGEST:
        return None
    try:
        return add_months(day, number * months) if months else day + timedelta(days=number * days) if days else None
    except (ValueError, OverflowError):
        return None


def _months_of(phase: Mapping[str, Any]) -> int | None:
    months = {"MONTHS": 1, "YEARS": 12}.get(str(phase["unit"]))
    return months * _count(phase) if months else None


def _count(phase: Mapping[str, Any]) -> int:
    """How many units a phase lasts; 0 where that is not said, or is beyond any contract."""
    text = str(phase["number"] or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


def _before(day: date | None) -> str | None:
    return None if day is None else day_before(day).isoformat()


def _number(text: Any) -> Decimal | None:
    """A number as a catalog or the API writes it; None where it is none."""
    if text is None or isinstance(text, bool):
        return None
    try:
        found = Decimal(text if isinstance(text, (int, Decimal)) else str(text))
    except InvalidOperation:
        return None
    return found if found.is_finite() and not is_beyond_use(found) else None
