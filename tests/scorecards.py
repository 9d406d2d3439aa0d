"""Deals for scorecards: quotes checked by the real gate, and one that was scored."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from flask import Flask

from app.assess import Call, Caller
from app.bootstrap import Services, build
from app.config import Settings
from app.store import new_id
from tests.fakes import Clock
from tests.pages import Visitor, pages_app, signed_in

SEATS = {
    "line_id": "1", "product_id": "SEAT", "product_name": "Seat", "product_family": "Platform", "charge_type": "recurring",
    "charge_model": "per_unit", "quantity": "500", "price_period": "month", "list_unit_price": "40",
    "net_unit_price": "36", "discounts": [{"kind": "new-customer", "percent": "10", "ends_on": "2027-12-31"}],
    "included_quantity": "500", "free_months": "2",
}  # fmt: skip
RISK = {
    "status": "scored", "because": None, "score": "0.8300", "tier": "digest",
    "tier_note": "of 412 deals scored so, 78 % leaked (74 % to 82 %)",
    "expected_leakage": {"currency": "USD", "amount": "9120.00"},
    "leakage_types": [{"pattern": "U05", "probability": "0.61"}, {"pattern": "Q11", "probability": "0.22"}],
    "reasons": [
        {"feature": "rep", "label": "Deals of this rep leaked 3.1 times as often as the average", "value": "0.22", "contribution": "1.4"},
        {"feature": "free", "label": "Two months are free", "value": "2", "contribution": "0.8"},
        {"feature": "size", "label": "The account has been billed without a dispute for four years", "value": "4", "contribution": "-0.5"},
    ],
    "base": "-1.2", "index": None, "anomaly": None, "effect": "flag",
    "effect_because": "expected leakage of $9,120 is above the limit of $5,000", "counterfactual": None, "released": False,
    "approved_by": None, "waived_by": None, "model_version": "2026-11-01T00:00:00Z", "trained_on": 18231,
}  # fmt: skip


def a_deal(quote_id: str = "Q-1", *lines: dict[str, Any], **terms: Any) -> dict[str, Any]:
    """A quote as it is sent: 500 seats for three years, cheaper in the first one, with an allowance and no price beyond it."""
    found = {
        "quote_id": quote_id, "revision": "1", "source": "api", "stage": "submitted", "deal_type": "new", "currency": "USD",
        "account": {"account_id": "acc-1", "name": "Brightwater", "segment": "mid-market"},
        "rep": {"rep_id": "rep-1", "name": "Rita", "role": "ae"},
        "start_date": "2027-01-01", "end_date": "2029-12-31", "billing_frequency": "monthly",
        "payment_terms_days": 30, "lines": [copy.deepcopy(each) for each in lines or (SEATS,)],
    }  # fmt: skip
    return found | terms


def checked(services: Any, quote: dict[str, Any]) -> dict[str, Any]:
    """The decision on a quote, recorded."""
    answer = services.gate.check_quote(Call(raw=json.dumps(quote).encode(), caller=Caller(key_id=None)))
    found: dict[str, Any] = json.loads(answer.body)
    return found


def scored(services: Any, decision_id: str, **risk: Any) -> str:
    """The same decision once more, as a model would have scored it; the new decision's id."""
    decision = services.store.decisions.get(decision_id).decision
    again = new_id("dec")
    document = json.loads(decision.document) | {"decision_id": again, "risk": RISK | risk}
    summary = replace(decision.summary, decision_id=again, model_version=RISK["model_version"])
    services.store.record(replace(decision, summary=summary, document=json.dumps(document).encode()))
    return again


@dataclass
class Office:
    """The program with the simulated company's tables, its pages, and whoever signs in."""

    services: Services
    clock: Clock
    app: Flask
    visitors: dict[Any, Visitor] = field(default_factory=dict)

    def check(self, quote: dict[str, Any]) -> dict[str, Any]:
        return checked(self.services, quote)

    def visit(self, *roles: str, **terms: Any) -> Visitor:
        """Somebody with these roles, the same again for the same terms."""
        key = (roles, *sorted(terms.items()))
        if key not in self.visitors:
            terms.setdefault("name", f"user-{len(self.visitors)}")
            self.visitors[key] = signed_in(self.app, self.services.store, *roles, **terms)
        return self.visitors[key]


@contextmanager
def an_office(upgraded_sqlite_file: Path, home: Path) -> Iterator[Office]:
    """An office over a copy of the tables, at a time that stands still."""
    for name in ("catalog.yaml", "company.yaml"):
        (home / name).write_text((files("app.demo") / name).read_text("utf-8"), "utf-8")
    shutil.copy(upgraded_sqlite_file, home / "quoteguard.db")
    clock = Clock()
    services = build(Settings.from_environment({"QUOTEGUARD_HOME": str(home)}), clock=clock)
    yield Office(services, clock, pages_app(services))
    services.gate.close()
    services.store.close()
