"""A plan, with a subscription's overrides in it, as charges: the base fee, usage charges with their filters, and fixed charges.

What Lago leaves unsaid is written out: usage is billed in arrears unless it is paid in advance, a trial is on the base fee
alone, and yearly plans may bill their charges by the month.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from cpq_hooks.adapters.lago.charges import Model, basis_of, model_of, terms_of, unit_of
from cpq_hooks.adapters.lago.coupons import Charged, Coupon, reduce
from cpq_hooks.vendor_fields import Fields, is_beyond_use
from cpq_hooks.vendor_terms import FREQUENCIES, Rate, Reading, period_of, written

_MONTHS: Final[Mapping[str, int]] = {"monthly": 1, "quarterly": 3, "semiannual": 6, "yearly": 12}
_HARMLESS: Final = (
    "lago_id", "id", "code", "created_at", "updated_at", "description", "invoice_display_name", "parent_id", "lago_parent_id", "taxes", "tax_codes",
    "metadata", "customers_count", "active_subscriptions_count", "draft_invoices_count", "entitlements", "pending_deletion",
    "has_active_subscriptions", "has_charges", "has_fixed_charges", "has_overridden_plans", "is_overridden", "subscriptions_count", "type",
    "billing_time", "start_date", "end_date", "subscription_external_id", "subscription_name", "payment_method_id",
)  # fmt: skip
_HARMLESS_OF_CHARGE: Final = (
    "lago_id", "id", "lago_billable_metric_id", "lago_add_on_id", "created_at", "updated_at", "invoice_display_name", "taxes", "tax_codes",
    "lago_parent_id", "parent_id", "accepts_target_wallet", "amount_currency", "applied_pricing_unit", "code", "group_by_wallet",
    "group_properties", "billable_metric_code", "name", "type", "typename",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a plan's charges depend on beside the plan: whose charges they are, coupons, and when they begin."""

    owner: str
    coupons: Sequence[Coupon]
    metrics: Mapping[str, Fields]
    start: datetime | None
    listed: Mapping[str, Any]


@dataclass(slots=True)
class Plan:
    """A plan under reading."""

    fields: Fields
    setting: Setting
    reading: Reading

    @property
    def code(self) -> str:
        return str(self.fields.value.get("code") or "plan")

    def lines(self) -> list[dict[str, Any]]:
        """Every charge of the plan, each with an `id` of its own in place of a line's or a charge's."""
        self.fields.harmless(*_HARMLESS)
        charges = self.fields.objects("charges")
        fixed = self.fields.objects("fixed_charges")
        base = self._base(alone=not charges and not fixed)
        return [
            *base,
            *(line for each in charges for line in self._usage(each)),
            *(self._fixed(each) for each in fixed),
        ]

    # ------------------------------------------------------------------------------------------ the base fee

    def _base(self, *, alone: bool) -> list[dict[str, Any]]:
        """The plan's own fee, which carries the plan's minimum commitment. One of zero beside charges is left out."""
        amount = self.reading.cents(self.fields, "amount_cents")
        advance, trial = self.fields.flag("pay_in_advance"), self.fields.number("trial_period")
        commitment = self._commitment()
        self._thresholds()
        name = self.fields.text("name")
        months = self._months("bill_charges_monthly", alone=True)
        if amount is None:
            self.fields.ledger.refuse(
                (*self.fields.path, "amount_cents"), "no_price", "the plan's amount is wanted here: fetch the plan"
            )
        if not amount and commitment is None and not alone:
            return []
        if trial and trial != trial.to_integral_value():
            self.reading.note(f"a trial of {written(trial)} days is read as {int(trial)}")
        terms = self._rated(
            Rate(model="flat", unit_price=amount or Decimal(0)), months, Decimal(1), metric=None, alone=alone
        )
        listed = self._listed("amount_cents", amount)
        return [
            {
                "id": self.code, "product_id": self.code, "product_name": name, "charge_type": "recurring", "quantity": "1", **terms,
                **({"list_unit_price": listed} if listed is not None and not terms.get("list_unit_price") else {}),
                "billing_timing": None if advance is None else "in_advance" if advance else "in_arrears", "minimum_commitment": commitment,
                "trial_days": int(trial) if trial else None,
            }
        ]  # fmt: skip

    def _listed(self, name: str, amount: Decimal | None) -> str | None:
        """The catalog's own amount, where the deal has another."""
        known = self.setting.listed.get(name)
        if isinstance(known, bool) or not isinstance(known, (int, Decimal)):
            return None
        if is_beyond_use(Decimal(known)):
            return None
        listed = self.reading.major(Decimal(known))
        return written(listed) if listed != amount else None

    def _commitment(self) -> dict[str, Any] | None:
        found = self.fields.object("minimum_commitment")
        if found is None or not found.value:
            return None
        found.harmless(
            "lago_id",
            "plan_code",
            "invoice_display_name",
            "created_at",
            "updated_at",
            "taxes",
            "tax_codes",
            "interval",
            "id",
        )
        amount = self.reading.cents(found, "amount_cents")
        if not amount:
            return None
        months = self._interval()
        period = {1: "month", 3: "quarter", 12: "year"}.get(months or 0)
        if period is None:
            self.reading.say(
                found, "interval", self.fields.value.get("interval"), "price",
                f"a commitment of {written(amount)} for each period of the plan has no canonical period",
            )  # fmt: skip
        self.reading.note(
            "the minimum commitment is for everything on the subscription; it stands at the plan's own fee"
        )
        return {"amount": written(amount), "period": period, "true_up": True}

    def _thresholds(self) -> None:
        for each in self.fields.objects("usage_thresholds"):
            each.harmless("lago_id", "threshold_display_name", "created_at", "updated_at", "recurring", "id")
            amount = self.reading.cents(each, "amount_cents")
            self.reading.say(
                each, "amount_cents", written(amount), "billing",
                f"an invoice is made as soon as usage comes to {written(amount)} {self.reading.currency}, before the period ends",
            )  # fmt: skip

    # -------------------------------------------------------------------------------------------- its charges

    def _usage(self, charge: Fields) -> list[dict[str, Any]]:
        charge.harmless(*_HARMLESS_OF_CHARGE)
        code = charge.text("billable_metric_code") or str(charge.value.get("code") or "usage")
        properties = charge.object("properties") or Fields({}, charge.ledger, (*charge.path, "properties"))
        shared = self._shared(charge, code)
        least = self.reading.cents(charge, "min_amount_cents")
        found = model_of(charge, properties, code, self.reading)
        lines = []
        if found is not None:
            priced = self._priced(found, charge, code)
            minimum = written(self.reading.amount(least, "a minimum")) if least else None
            lines.append(
                {
                    "id": f"{self.code}:{self._name(charge, code)}",
                    "product_id": code,
                    **shared,
                    **priced,
                    "minimum_amount": minimum,
                }
            )
        for each in charge.objects("filters"):
            lines += self._filtered(each, charge, code, shared)
        return lines

    def _name(self, charge: Fields, code: str) -> str:
        """The charge's own code where it has one: a plan may charge one metric twice."""
        own = charge.value.get("code")
        return own if isinstance(own, str) and own else code

    def _shared(self, charge: Fields, code: str) -> dict[str, Any]:
        advance, prorated = charge.flag("pay_in_advance"), charge.flag("prorated")
        regrouped = charge.text("regroup_paid_fees")
        if prorated:
            self.reading.note(f"usage of {code} that begins within a period is charged by the days that are left")
        if regrouped:
            self.reading.say(
                charge,
                "regroup_paid_fees",
                regrouped,
                "billing",
                f"fees of {code} that are paid are put on an invoice at the end of the period",
            )
        return {
            "product_name": charge.value.get("invoice_display_name") or None,
            "charge_type": "usage",
            "quantity_basis": basis_of(self.setting.metrics.get(code), charge, code, self.reading),
            "billing_timing": "in_advance" if advance else "in_arrears",
            "invoiceable": charge.flag("invoiceable"),
        }

    def _priced(self, model: Model, charge: Fields, code: str) -> dict[str, Any]:
        unit = unit_of(charge.value)
        if unit is not None:
            self.reading.note(
                f"{code} is priced in {unit[1]}, one of which is {written(unit[0])} {self.reading.currency}"
            )
            model = model.converted(unit[0])
        months = self._months("bill_charges_monthly")
        rated = self._rated(model.rate, months, None, metric=code, alone=False)
        return {**terms_of(model, self.reading), **rated}

    def _filtered(self, each: Fields, charge: Fields, code: str, shared: Mapping[str, Any]) -> list[dict[str, Any]]:
        """A price of its own for usage with certain properties: a product of its own, named by them."""
        each.harmless("lago_id", "invoice_display_name", "created_at", "updated_at", "id", "charge_code")
        values = each.raw("values")
        pairs = [f"{key}={'|'.join(map(str, found if isinstance(found, list) else [found]))}" for key, found in values.items()] \
            if isinstance(values, Mapping) else []  # fmt: skip
        suffix = ",".join(pairs) or "filter"
        properties = each.object("properties") or Fields({}, each.ledger, (*each.path, "properties"))
        model = model_of(charge, properties, f"{code} ({suffix})", self.reading)
        if model is None:
            return []
        name = {"product_name": each.value.get("invoice_display_name") or shared["product_name"]}
        identity = f"{self.code}:{self._name(charge, code)}:{suffix}"
        return [
            {"id": identity, "product_id": f"{code}:{suffix}", **shared, **name, **self._priced(model, charge, code)}
        ]

    def _fixed(self, charge: Fields) -> dict[str, Any]:
        """So many units of an add-on in each period."""
        charge.harmless(*_HARMLESS_OF_CHARGE)
        code = charge.text("add_on_code") or "fixed"
        units = charge.number("units")
        properties = charge.object("properties") or Fields({}, charge.ledger, (*charge.path, "properties"))
        model = model_of(charge, properties, code, self.reading)
        months = self._months("bill_fixed_charges_monthly")
        rate = model.rate if model is not None else Rate(model=None)
        if charge.flag("prorated"):
            self.reading.note(f"units of {code} that change within a period are charged by the day")
        advance = charge.flag("pay_in_advance")
        return {
            "id": f"{self.code}:{self._name(charge, code)}", "product_id": code, "product_name": charge.value.get("invoice_display_name") or None,
            "charge_type": "recurring", "quantity": written(units), "billing_timing": "in_advance" if advance else "in_arrears",
            **self._rated(rate, months, units, metric=None, alone=False),
        }  # fmt: skip

    # ------------------------------------------------------------------------------------------------- shared

    def _rated(
        self, rate: Rate, months: int | None, quantity: Decimal | None, *, metric: str | None, alone: bool
    ) -> dict[str, Any]:
        """The rate with period, frequency and coupons."""
        usage = metric is not None
        found = None if months is None else period_of(months, rate, cuttable=not usage)
        frequency = FREQUENCIES.get(months or -1)
        if found is None or frequency is None:
            interval = self.fields.value.get("interval") or "at an interval that is not stated"
            self.reading.say(
                self.fields,
                "interval",
                interval,
                "billing",
                f"{self.code} is billed {interval}, for which there is no canonical period",
            )
        period, parts = found or (None, 1)
        charged = Charged(plan=self.code, metric=metric, quantity=quantity, start=self.setting.start, alone=alone)
        share = Decimal(1) / parts
        net, discounts = reduce(rate, self.setting.coupons, charged, self.reading)
        if discounts and rate.model == "percentage":
            self.reading.note("coupons on a charge in percent are listed and not in its rate")
        terms = net.scaled(share).terms(self.reading)
        for each in discounts:
            each["amount"] = None if each["amount"] is None else written(Decimal(each["amount"]) * share)
        listed = written(rate.unit_price * share) if discounts and rate.unit_price is not None else None
        return {
            **terms,
            "list_unit_price": listed,
            "discounts": discounts,
            "price_period": period,
            "billing_frequency": frequency,
        }

    def _interval(self) -> int | None:
        return _MONTHS.get(self.fields.text("interval") or "")

    def _months(self, monthly: str, *, alone: bool = False) -> int | None:
        """The months of one billing period; a longer plan may bill its charges by the month."""
        months = self._interval()
        by_month = self.fields.flag(monthly)
        return 1 if by_month and not alone and months is not None else months
