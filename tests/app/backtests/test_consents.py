"""Consents and waivers on record count in a backtest as they do in a check."""

import json
from datetime import date
from types import SimpleNamespace

from app.backtests.backtest import backtest
from app.backtests.history import StoredDeals
from app.backtests.recipe import Recipe
from app.backtests.told import as_json
from app.rules import RuleFiles, take_up
from app.store import DocumentKind, KeptReview
from cpq_hooks.canonical import load_quote
from policies.derivation import derive
from policies.domain.desk import CaseState
from policies.domain.outcome import SubjectType
from policies.domain.review import Covered, ReviewAction
from tests.app.backtests.conftest import DEALS, NOW, a_policy

FLAGGED = take_up(RuleFiles(policies={"policies/quarterly.yaml": a_policy()}), tested=False)


def a_review(quote_id="Q-01", action=ReviewAction.APPROVE, **terms):
    """Somebody let the quarterly billing of a quote pass."""
    [deal] = [each for each in DEALS if each["quote_id"] == quote_id]
    given = {
        "review_id": "rev_1",
        "number": 1,
        "subject_type": SubjectType.QUOTE,
        "subject_id": quote_id,
        "decision_id": "dec_1",
        "content_hash": derive(load_quote(deal), as_of=NOW).content(),
        "reviewed_at": NOW,
        "action": action,
        "reason": "Worth it.",
        "actor_id": "usr_mia",
        "actor_name": "Mia",
        "state": CaseState.APPROVED,
        "covers": (Covered(policy_id="quarterly"),),
        "roles": ("deal-desk",),
    }
    return KeptReview(**given | terms)


class Documents:
    """The dozen deals, as if they were stored."""

    def find(self, kind, _wanted):
        return map(self._stored, DEALS) if kind is DocumentKind.QUOTE else iter(())

    def get(self, _kind, document_id):
        return next(self._stored(each) for each in DEALS if each["quote_id"] == document_id)

    def _stored(self, deal):
        return SimpleNamespace(document=SimpleNamespace(id=deal["quote_id"], body=json.dumps(deal).encode()))


class Desk:
    """Reviews on record."""

    def __init__(self, *reviews):
        self._reviews = reviews

    def consented(self, _kind, quote_ids):
        return frozenset(each.subject_id for each in self._reviews) & frozenset(quote_ids)

    def reviews(self, _kind, quote_id):
        return tuple(each for each in self._reviews if each.subject_id == quote_id)


def run(*reviews, to="quarterly", effect="block"):
    """The flag on quarterly billing becomes something else."""
    recipe = Recipe.to_files(FLAGGED.files, {"policies/quarterly.yaml": a_policy(to, effect=effect)})
    return backtest(FLAGGED, recipe, StoredDeals(Documents(), Desk(*reviews)), now=NOW)


def verdicts(found, quote_id="Q-01"):
    return next((each.before.value, each.after.value) for each in found.past.touched if each.quote_id == quote_id)


def test_a_flag_that_somebody_approved_held_nobody_up():
    assert verdicts(run()) == ("flag", "block")
    found = run(a_review())
    assert (verdicts(found), verdicts(found, "Q-02")) == (("allow", "block"), ("flag", "block"))


def test_a_deal_that_a_waiver_lets_pass_on_both_sides_does_not_flip():
    waived = a_review(action=ReviewAction.WAIVE, expires_on=date(2026, 12, 31))
    found = run(waived)
    assert verdicts(found) == ("allow", "allow")
    [told] = [each for each in as_json(found)["history"]["touched_deals"] if each["quote_id"] == "Q-01"]
    assert told["consented_to"] == ["quarterly"]
    over = a_review(action=ReviewAction.WAIVE, expires_on=date(2025, 11, 30))
    assert verdicts(run(over)) == ("flag", "block")


def test_a_consent_to_other_content_or_to_another_policy_covers_nothing():
    for other in ({"content_hash": "sha256:other"}, {"covers": (Covered(policy_id="another"),)}, {"roles": ("clerk",)}):
        assert verdicts(run(a_review(**other))) == ("flag", "block")


def test_nobody_has_consented_to_a_policy_that_is_new():
    recipe = Recipe.to_files(FLAGGED.files, {"policies/also.yaml": a_policy("also", effect="block")})
    found = backtest(FLAGGED, recipe, StoredDeals(Documents(), Desk(a_review())), now=NOW)
    assert verdicts(found) == ("allow", "block")
    assert next(each.consented for each in found.past.touched if each.quote_id == "Q-01") == ("quarterly",)
