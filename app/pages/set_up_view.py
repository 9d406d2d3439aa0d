"""What the set-up page shows of a decision: its months, its causes, and what is ready for the first invoice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from app.pages.charts import Chart, Series, lines
from app.pages.showing import money
from app.set_up_fixes import FieldToSet, fields_to_set

Json = Mapping[str, Any]

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ORDER: Final = {"block": 0, "flag": 1, "shadow": 2}
CHECKLIST: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("What was signed is what was approved", ("signed-differs-from-approved",)),
    ("Billing knows every amendment", ("amendment-not-set-up",)),
    ("Every signed line is billed", ("line-without-charge",)),
    ("Nothing is billed twice, or that nobody signed", ("charge-without-line", "duplicate-charge")),
    ("Every charge is in a state that makes invoices", ("never-invoices",)),
    ("Prices, quantities and currency", ("price-or-quantity-differs", "price-override-lost", "currency-differs", "minor-unit-error")),
    ("Charge models, tiers and overage prices", ("charge-model-differs", "overage-not-set-up")),
    ("Units and how use is counted", ("unit-or-aggregation-differs",)),
    ("Invoices on the agreed days", ("billing-rhythm-differs",)),
    ("Periods that have gone by already", ("elapsed-periods-skipped",)),
    ("Discounts and free time", ("discount-differs", "free-time-not-sold")),
    ("Minimums, commitments and prepaid credit", ("minimum-or-commitment-inert", "prepaid-credit-differs")),
    ("Ramps and the price rise at renewal", ("ramp-differs", "uplift-not-set-up")),
    ("Renewal as agreed", ("auto-renewal-differs",)),
    ("Billing's own preview says the same", ("preview-differs",)),
)  # fmt: skip
"""What has to be right before the first invoice, and the policies that say whether it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A line with its charges in a month. `under` and `over` are what is billed too little and too much."""

    products: tuple[str, ...]
    agreement: str | None
    billing: str | None
    preview: str | None
    at_use: str | None
    under: Decimal
    over: Decimal
    causes: tuple[Json, ...]

    @property
    def is_known(self) -> bool:
        return self.agreement is not None and self.billing is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRow:
    """A month of both sides. What is billed too little and too much are sums over its parts, never set off."""

    label: str
    agreement: str | None
    billing: str | None
    preview: str | None
    difference: str | None
    under: Decimal
    over: Decimal
    parts: tuple[Part, ...]

    @property
    def differing(self) -> tuple[Part, ...]:
        """The parts that are not the same on both sides, or not known."""
        return tuple(each for each in self.parts if each.under or each.over or not each.is_known)

    @property
    def says(self) -> str:
        """How it stands, in a word."""
        if self.difference is None and not self.under and not self.over:
            return "not known"
        if self.under and self.over:
            return "both ways"
        return "too little" if self.under else "too much" if self.over else "the same"


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseCard:
    """A finding with what follows from it and the fields to set that mend it."""

    finding: Json
    others: tuple[Json, ...]
    fields: tuple[FieldToSet, ...]
    stands: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """An entry of the checklist: clear, look, not ready, let pass, not known, or not checked; and why."""

    title: str
    state: str
    because: tuple[str, ...] = ()
    finding_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeState:
    """A charge as it is set up: whether it will make invoices, in billing's own words."""

    charge_id: str
    product: str | None
    state: str | None
    invoiceable: str
    trial_days: str | None


def months_of(document: Json) -> tuple[MonthRow, ...]:
    """The first months of both sides, each part with the findings that are on its lines or charges."""
    findings = [each for each in document["findings"] if each["effect"] != "shadow"]
    return tuple(_month(each, findings) for each in document["first_months"])


def chart_of(months: Sequence[MonthRow], currency: str) -> Chart:
    """Both sides month by month as lines; billing's own preview where there is one."""
    labels = [each.label for each in months]
    series = [
        Series(name="Agreement", values=[_number(each.agreement) for each in months]),
        Series(name="Billing", values=[_number(each.billing) for each in months]),
    ]
    if any(each.preview is not None for each in months):
        series.append(Series(name="Billing's preview", values=[_number(each.preview) for each in months]))
    return lines(
        "months", "What each side bills", labels, series, show=lambda value: money(Decimal(str(value)), currency)
    )


def causes_of(document: Json, sent: Any) -> tuple[CauseCard, ...]:
    """The root causes: what is in the way first, blocks before flags, then by money; each with those that follow from it."""
    found: Sequence[Json] = document["findings"]
    known = {each["finding_id"] for each in found}
    cards = [
        CauseCard(
            finding=each,
            others=tuple(one for one in found if one.get("root") == each["finding_id"]),
            fields=_fields(each, sent),
            stands=stands(each),
        )
        for each in found
        if each.get("root") not in known
    ]
    return tuple(sorted(cards, key=lambda card: (not card.stands, _ORDER[card.finding["effect"]], -_worth(card))))


def stands(finding: Json) -> bool:
    """Whether a finding is in the way: it enforces, and nobody entitled let it pass."""
    return finding["effect"] != "shadow" and not finding.get("approved_by") and not finding.get("waived_by")


def checklist_of(document: Json, in_force: Iterable[str], *, has_preview: bool) -> tuple[Check, ...]:
    """What has to be right before the first invoice. A policy that is not in force checks nothing, and that is said."""
    policies = frozenset(in_force)
    return tuple(_check(title, ids, document, policies, has_preview=has_preview) for title, ids in CHECKLIST)


def charges_of(sent: Any) -> tuple[ChargeState, ...]:
    """The charges as they were sent."""
    return tuple(
        ChargeState(
            charge_id=str(each.get("charge_id", "")),
            product=each.get("product_name") or each.get("product_id"),
            state=each.get("state"),
            invoiceable={True: "yes", False: "no"}.get(each.get("invoiceable"), "not stated"),
            trial_days=None if each.get("trial_days") is None else str(each["trial_days"]),
        )
        for each in sent.get("charges") or ()
    )


def month_label(day: str) -> str:
    """The month of a day as "Mar 2026"; the day is written 2026-03-01."""
    return f"{_MONTHS[int(day[5:7]) - 1]} {day[:4]}"


def _month(month: Json, findings: Sequence[Json]) -> MonthRow:
    parts = tuple(_part(each, findings) for each in month["parts"])
    return MonthRow(
        label=month_label(month["period_start"]),
        agreement=month["agreement"],
        billing=month["billing"],
        preview=month["preview"],
        difference=month["difference"],
        under=sum((each.under for each in parts), Decimal(0)),
        over=sum((each.over for each in parts), Decimal(0)),
        parts=parts,
    )


def _part(part: Json, findings: Sequence[Json]) -> Part:
    difference = Decimal(0)
    if part["agreement"] is not None and part["billing"] is not None:
        difference = Decimal(part["agreement"]) - Decimal(part["billing"])
    return Part(
        products=tuple(part["product_names"]),
        agreement=part["agreement"],
        billing=part["billing"],
        preview=part["preview"],
        at_use=part["at_use"],
        under=max(difference, Decimal(0)),
        over=max(-difference, Decimal(0)),
        causes=tuple(each for each in findings if _is_on(each, part)) if difference else (),
    )


def _is_on(finding: Json, part: Json) -> bool:
    """Whether a finding is on the lines or charges of a part."""
    if set(finding["line_ids"]) & set(part["line_ids"]):
        return True
    starts = tuple(f"charges[{each}]" for each in part["charge_ids"])
    return bool(starts) and any(str(each["field"]).startswith(starts) for each in finding["evidence"])


def _fields(finding: Json, sent: Any) -> tuple[FieldToSet, ...]:
    return fields_to_set(sent, (finding.get("remedy") or {}).get("patch") or ())


def _worth(card: CauseCard) -> Decimal:
    at_risk = card.finding.get("amount_at_risk") or {}
    return Decimal(at_risk.get("remaining_term") or 0) + Decimal(at_risk.get("already_lost") or 0)


def _check(title: str, ids: Sequence[str], document: Json, policies: frozenset[str], *, has_preview: bool) -> Check:
    found = [each for each in document["findings"] if each["policy_id"] in ids and each["effect"] != "shadow"]
    standing = [each for each in found if stands(each)]
    unknown = tuple(each["because"] for each in document["not_assessed"] if each["policy_id"] in ids)
    if standing:
        state = "not ready" if any(each["effect"] == "block" for each in standing) else "look"
        told, named = [each["message"] for each in standing], [each["finding_id"] for each in standing]
        return Check(title=title, state=state, because=tuple(told), finding_ids=tuple(named))
    if unknown:
        return Check(title=title, state="not known", because=unknown)
    if found:
        return Check(title=title, state="let pass", because=tuple(each["message"] for each in found))
    if "preview-differs" in ids and not has_preview:
        return Check(title=title, state="not known", because=("no preview of billing's was sent",))
    if policies.isdisjoint(ids):
        return Check(title=title, state="not checked", because=("no policy that checks it is in force",))
    return Check(title=title, state="clear")


def _number(amount: str | None) -> Decimal | None:
    return None if amount is None else Decimal(amount)
