"""What a policy on a quote or a billing configuration can speak of, and what the absence of a fact means for each word.

A term that the sender did not state is plainly optional, and a policy has to guard it. Facts without which nothing can
be said of a price (the net unit price, the quantity, the periods, the totals) are expected: where one is absent the
policy is undetermined. What the company's own tables should say and do not is unknown, not "none".
"""

from __future__ import annotations

from typing import Final

from policies.domain.agreement import Agreement
from policies.domain.billing import BillingCharge
from policies.facts import LineFacts, QuoteFacts
from policies.language import Absence, FieldNote, Subject, Unit, Vocabulary
from policies.twin.setup import SetUpFacts


def _unknown(because: str, unit: Unit | None = None) -> FieldNote:
    return FieldNote(absence=Absence.UNKNOWN, because=because, unit=unit)


def _expected(because: str, unit: Unit | None = None) -> FieldNote:
    return FieldNote(expected=True, absence=Absence.UNKNOWN, because=because, unit=unit)


_MONEY, _PERCENT = Unit.MONEY, Unit.PERCENT

NOTES: Final = {
    # A line priced by tiers has no single price, and a policy that tests for one is not about it.
    "line.net_unit_price": FieldNote(
        expected=True, because="line {line.line_id} has no single net unit price", unit=_MONEY
    ),
    "line.quantity": _expected("line {line.line_id} states no quantity"),
    "line.periods": _expected("the term or the price period of line {line.line_id} is not stated"),
    "line.months": _expected("the term of line {line.line_id} is not stated"),
    "line.net_total": _expected("the total of line {line.line_id} cannot be told without its term", _MONEY),
    "line.annual_net": _expected("the yearly price of line {line.line_id} cannot be told", _MONEY),
    "line.list_total": _unknown("no list price for {line.product_id}", _MONEY),
    "line.list_unit_price": _unknown("no list price for {line.product_id} in the catalog or on the line", _MONEY),
    "line.discount_percent": _unknown("no list price for {line.product_id} in the catalog or on the line", _PERCENT),
    "line.floor_price": _unknown("no floor for {line.product_id} in the catalog", _MONEY),
    "line.unit_cost": _unknown("no cost for {line.product_id} in the catalog", _MONEY),
    "line.ssp_low": _unknown("no stand-alone selling range for {line.product_id} in the catalog", _MONEY),
    "line.ssp_high": _unknown("no stand-alone selling range for {line.product_id} in the catalog", _MONEY),
    "line.catalog_overage_unit_price": _unknown("no overage price for {line.product_id} in the catalog", _MONEY),
    "line.overage_unit_price": FieldNote(unit=_MONEY),
    "line.stated_total": FieldNote(unit=_MONEY),
    "line.uplift_percent": FieldNote(unit=_PERCENT),
    "product": _unknown("{line.product_id} is not in the catalog"),
    "quote.tcv": _expected("the total contract value cannot be told", _MONEY),
    "quote.acv": _expected("the annual contract value cannot be told", _MONEY),
    "quote.one_time_total": _expected("the one-time total cannot be told", _MONEY),
    "quote.list_tcv": _unknown("not every line has a list price", _MONEY),
    "quote.discount_percent": _unknown("not every line has a list price", _PERCENT),
    "quote.deal_size": _unknown("the deal size cannot be told in the company's currency", _MONEY),
    "quote.term_months": _expected("the quote's term is not stated"),
    "quote.payment_terms_days": _unknown("the quote states no payment terms"),
    "quote.price_book": _unknown("no price book is known for the quote"),
    "account": _unknown("the quote names no account"),
    "rep": _unknown("the quote names no rep"),
    "renewal": _unknown("the quote says nothing of renewal"),
    "renewal.auto_renew": _unknown("the quote does not say whether it renews by itself"),
    "renewal.notice_days": _unknown("the quote does not say how long before a renewal notice is due"),
    "company": _unknown("no company.yaml is loaded"),
    "company.renewal": _unknown("company.yaml says nothing of renewal"),
    "company.renewal.maximum_notice_days": _unknown("company.yaml has no longest notice"),
}

QUOTE: Final = Vocabulary(
    document=QuoteFacts,
    names={
        "quote": "",
        "account": "account",
        "rep": "rep",
        "renewal": "renewal",
        "company": "company",
        "as_of": "as_of",
    },
    overlays={QuoteFacts: "quote", LineFacts: "line"},
    subjects={"line": Subject(items="lines", names={"line": "", "product": "product"})},
    notes=NOTES,
)

SET_UP_NOTES: Final = {
    "charge.net_unit_price": FieldNote(
        expected=True, because="charge {charge.charge_id} has no single net unit price", unit=_MONEY
    ),
    "charge.quantity": _expected("charge {charge.charge_id} states no quantity"),
    "charge.overage_unit_price": FieldNote(unit=_MONEY),
    "charge.uplift_percent": FieldNote(unit=_PERCENT),
    "account": _unknown("the billing configuration names no account"),
    "company": _unknown("no company.yaml is loaded"),
}

SET_UP: Final = Vocabulary(
    document=SetUpFacts,
    names={
        "configuration": "setup.configuration",
        "agreement": "setup.agreement",
        "account": "setup.configuration.account",
        "company": "setup.company",
        "as_of": "setup.as_of",
    },
    overlays={Agreement: "terms", BillingCharge: "terms"},
    documents=frozenset({BillingCharge}),
    subjects={"charge": Subject(items="setup.configuration.charges", names={"charge": ""})},
    notes=SET_UP_NOTES,
)
