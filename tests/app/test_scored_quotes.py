"""Quotes scored by a model in force: the verdict, what the record keeps, and the same decision made again from it."""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import jsonpatch
import pytest

from app.answering import Limits
from app.assess import Call, Caller
from app.gate import QuoteGate
from app.models import LiveModels, scorer_of
from app.recording import NotReplayable
from app.replay import replay
from app.rules import RuleFiles, library_files, take_up
from app.store import Store
from scoring.features import NAMES, digest
from scoring.model import Models
from scoring.model.stored import of_json
from tests.app.scoring_models import a_linear_model, promoted

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
COMPANY = "name: Acme\ncurrency: USD\nexchange_rates: {EUR: '2'}\n"
THRESHOLDS = "thresholds: {flag_expected_leakage: 5000, block_expected_leakage: 50000}\n"
QUOTE = {
    "quote_id": "Q-1",
    "currency": "USD",
    "start_date": "2026-12-01",
    "end_date": "2027-11-30",
    "billing_frequency": "annual",
    "lines": [
        {
            "line_id": "1",
            "product_id": "SEATS",
            "product_name": "Seats",
            "charge_type": "recurring",
            "charge_model": "per_unit",
            "price_period": "month",
            "quantity": "100",
            "list_unit_price": "10",
            "net_unit_price": "8",
            "discount_percent": "20",
        }
    ],
}
"""Worth 100 x $8 x 12 = $9,600; its deepest discount is 20 %."""


@cache
def rules(company):
    return take_up(RuleFiles(policies=library_files(), company=company), tested=False)


@dataclass
class Program:
    """A gate over a store, the rules of a company, and a folder of models."""

    store: Store
    models: LiveModels
    gate: QuoteGate


@pytest.fixture
def opened(tmp_path, upgraded_sqlite_file):
    """A program with what the company says and the model in force, if there is one."""
    built = []

    def opener(company=COMPANY + THRESHOLDS, package=None):
        if package is not None:
            promoted(tmp_path / "models", package)
        shutil.copy(upgraded_sqlite_file, tmp_path / "quoteguard.db")
        store = Store.open(f"sqlite:///{tmp_path / 'quoteguard.db'}", clock=lambda: NOW)
        models = LiveModels(folder=tmp_path / "models", every=timedelta(0))
        limits = Limits(max_bytes=10**6, max_lines=100, idempotency=timedelta(hours=1))
        gate = QuoteGate(store, lambda: rules(company), lambda: NOW, limits, scoring=models.scoring)
        built.append(Program(store=store, models=models, gate=gate))
        return built[-1]

    yield opener
    for each in built:
        each.gate.close()
        each.store.close()


def asked(services, **more):
    raw = json.dumps({**QUOTE, **more}).encode()
    return json.loads(services.gate.check_quote(Call(raw=raw, caller=Caller(key_id=None))).body)


def context(services, decision):
    stored = services.store.decisions.get(decision["decision_id"])
    return json.loads(stored.decision.basis.context)["scoring"]


def made_again(services, decision):
    folder = services.models.folder
    return replay(decision["decision_id"], services.store, lambda version: scorer_of(folder, version))


def test_the_score_the_money_and_the_headline_come_from_the_model(opened):
    # Margin 1 + 2 x (20 - 10) / 10 = 3, which is (3 + 5) / 10 = 0.8; $9,600 x 0.8 = $7,680.
    decision = asked(opened(package=a_linear_model(1.0, depth=2.0)))
    risk = decision["risk"]
    assert (risk["status"], risk["score"], risk["tier"]) == ("scored", "0.8", "digest")
    assert risk["expected_leakage"] == {"currency": "USD", "amount": "7680.00"}
    assert decision["verdict"] == "flag"
    assert decision["headline"].startswith("Likely to leak: The deepest discount is 20 %")
    assert decision["headline"].endswith(", $7,680 expected.")
    assert risk["effect_because"] == "$7,680 of leakage is expected; from $5,000 on a deal is flagged."


def test_who_must_consent_to_the_risk_is_said(opened):
    hours = "approval_hours: {deal-desk: 8}\n"
    decision = asked(opened(COMPANY + hours + THRESHOLDS, a_linear_model(1.0, depth=2.0)))
    [needed] = decision["approval"]["required"]
    assert (needed["role"], needed["because"]) == ("deal-desk", ["risk"])
    assert needed["due_at"] is not None


def test_a_smaller_discount_that_brings_it_under_the_threshold_is_proven(opened):
    # At 10 % off the value is $10,800 and the margin 1, so 0.6: $6,480 is expected, under $7,000.
    services = opened(COMPANY + "thresholds: {flag_expected_leakage: 7000}\n", a_linear_model(1.0, depth=2.0))
    decision = asked(services)
    found = decision["risk"]["counterfactual"]
    assert (found["text"], found["score"]) == ("discount on Seats 10 % or less", "0.6")
    assert found["expected_leakage"] == {"currency": "USD", "amount": "6480.00"}
    assert decision["approval"]["clears_without_approval"] == found["text"]
    mended = jsonpatch.apply_patch(QUOTE, found["patch"])
    assert asked(services, **mended)["risk"]["score"] == "0.6"
    assert made_again(services, decision).same


def test_thresholds_are_in_the_companys_currency(opened):
    # 7,680 EUR at 2 dollars are 15,360; blocked from 15,000 on. The same in dollars is only flagged.
    services = opened(COMPANY + "thresholds: {block_expected_leakage: 15000}\n", a_linear_model(1.0, depth=2.0))
    assert asked(services, currency="EUR")["verdict"] == "block"
    assert asked(services)["verdict"] == "allow"
    assert asked(services, currency="JPY")["verdict"] == "allow"


def test_a_consent_to_this_very_content_lets_the_risk_pass_and_a_worse_one_asks_again(opened):
    services = opened(package=a_linear_model(1.0, depth=2.0))
    content = asked(services)["subject"]["content_hash"]
    consent = {
        "approver_id": "mia",
        "role": "deal-desk",
        "approved_at": "2026-11-23T11:00:00Z",
        "content_hash": content,
    }
    passed = asked(services, approvals=[consent])
    assert (passed["verdict"], passed["risk"]["approved_by"]) == ("allow", "mia")
    line = {**QUOTE["lines"][0], "net_unit_price": "7", "discount_percent": "30"}
    assert asked(services, approvals=[consent], lines=[line])["risk"]["approved_by"] is None


def test_tiers_of_other_limits_than_the_companys_say_so(opened):
    services = opened(COMPANY + "thresholds: {alert_probability: 0.8}\n", a_linear_model(1.0, depth=2.0))
    decision = asked(services)
    assert decision["risk"]["tier"] == "digest"
    assert (
        "trained for alert from 90%, digest from 70%, and the company now says alert from 80%"
        in (decision["risk"]["tier_note"])
    )
    assert made_again(services, decision).same


def test_nothing_learned_is_an_index_that_asks_for_nothing(opened):
    decision = asked(opened())
    assert decision["risk"]["status"] == "prior"
    assert decision["risk"]["score"] is None
    assert decision["risk"]["index"]["value"] >= 0
    assert decision["risk"]["effect"] is None


@pytest.mark.parametrize("package", [None, a_linear_model(1.0, depth=2.0)], ids=["index", "model"])
def test_the_record_keeps_the_features_that_were_seen(opened, package):
    services = opened(package=package)
    kept = context(services, asked(services))
    assert kept["vector"]["features"] == digest()
    vector = of_json(kept["vector"])
    assert len(vector.values) == len(NAMES)
    assert vector.of("discount_depth") == 20.0
    assert (vector.value, vector.currency) == (9600.0, "USD")


def test_the_challenger_scores_in_shadow_for_the_record_alone(opened, tmp_path):
    services = opened(package=a_linear_model(1.0, depth=2.0))
    models = Models(folder=tmp_path / "models")
    rival = models.add(a_linear_model(-1.0, hours=1))
    models.challenge(rival, "mia", "looks better")
    decision = asked(services)
    assert decision["risk"]["score"] == "0.8"
    # Margin -1 is 0.4, of $9,600.
    assert context(services, decision)["challenger"] == {
        "model": rival,
        "score": "0.4",
        "tier": "refine",
        "expected_leakage": "3840",
    }


def test_a_decision_is_listed_with_the_model_that_scored_it(opened):
    services = opened(package=a_linear_model(1.0))
    decision = asked(services)
    stored = services.store.decisions.get(decision["decision_id"])
    assert stored.decision.summary.model_version == decision["risk"]["model_version"] is not None


@pytest.mark.parametrize("package", [None, a_linear_model(1.0, depth=2.0)], ids=["index", "model"])
def test_a_decision_is_made_again_from_its_record_although_another_model_is_in_force(opened, package, tmp_path):
    services = opened(package=package)
    decision = asked(services)
    promoted(tmp_path / "models", a_linear_model(-3.0, hours=2))
    assert made_again(services, decision).differences == ()


def test_a_model_that_is_gone_is_said_where_its_decision_is_made_again(opened, tmp_path):
    services = opened(package=a_linear_model(1.0))
    decision = asked(services)
    version = decision["risk"]["model_version"]
    for each in (tmp_path / "models" / version).iterdir():
        each.unlink()
    (tmp_path / "models" / version).rmdir()
    with pytest.raises(NotReplayable, match=f"cannot be asked any more: there is no model {version}"):
        made_again(services, decision)
    with pytest.raises(NotReplayable, match="is not at hand"):
        replay(decision["decision_id"], services.store)


def test_a_fault_of_the_model_leaves_the_policies_alone_is_said_told_and_made_again(opened):
    services = opened(package=a_linear_model(1.0))
    told = []
    services.models.on_fault = told.append
    package = services.models.current().champion.package
    object.__setattr__(package, "calibration", None)
    decision = asked(services)
    version = package.version
    assert decision["risk"]["because"] == (
        f"The model {version} failed on this quote: the verdict rests on the policies alone."
    )
    assert (decision["verdict"], decision["risk"]["status"]) == ("allow", "unavailable")
    assert [type(each) for each in told] == [AttributeError]
    assert made_again(services, decision).same


def test_a_deal_that_is_let_go_at_random_is_allowed_and_made_again_the_same(opened):
    release = "random_release: {share_percent: 100, up_to_amount: 10000}"
    company = COMPANY + f"thresholds: {{flag_expected_leakage: 5000, {release}}}\n"
    services = opened(company, a_linear_model(1.0, depth=2.0))
    decision = asked(services)
    assert (decision["verdict"], decision["risk"]["released"]) == ("allow", True)
    assert decision["risk"]["effect"] == "flag"
    assert context(services, decision)["released"] is True
    assert made_again(services, decision).same
    preview = services.gate.check_quote(Call(raw=json.dumps(QUOTE).encode(), caller=Caller(key_id=None), dry_run=True))
    assert json.loads(preview.body)["verdict"] == "flag"
