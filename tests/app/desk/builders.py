"""Decisions that wait for somebody, people who review them, and a desk to do it at."""

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from app.desk.actor import Actor
from app.desk.queueing import Queueing
from app.desk.service import DealDeskService
from app.store import Store
from policies.domain.company import Company, DiscountAuthority
from policies.domain.decision import Verdict
from policies.domain.desk import ApprovalChain, ChainCondition, ChainStage, ReviewRules
from policies.domain.outcome import SubjectType
from policies.domain.review import Review, ReviewAction
from tests.app.store.builders import NOON, a_decision, a_store
from tests.fakes import Clock
from tests.sending import told

COMPANY = Company(
    name="Acme",
    currency="USD",
    exchange_rates={"EUR": Decimal("1.1")},
    discount_authority=DiscountAuthority(ladder=("ae", "manager", "director", "cfo"), rules=()),
    approval_hours={"manager": 4, "director": 8, "cfo": 16, "finance": 8, "legal": 24},
)
IN_TURN = ApprovalChain(name="large", stages=(ChainStage(roles=("manager",)), ChainStage(roles=("finance",))))
LEGAL = ApprovalChain(name="terms", stages=(ChainStage(roles=("legal",)),), when=ChainCondition(policies=("terms",)))


def a_finding(policy="discount", effect="flag", approver="manager", lines=("1",), **more):
    return {
        "finding_id": f"fnd_{policy}",
        "policy_id": policy,
        "pattern": "Q01",
        "effect": effect,
        "approver": approver,
        "line_ids": list(lines),
        "approved_by": None,
        "waived_by": None,
    } | more


def flagged(*findings, quote_id="Q-1", content="sha256:c", request=None, **terms):
    """A decision with these findings; flagged for its discount unless the test says otherwise."""
    found = findings or (a_finding(),)
    counting = [each for each in found if not each["approved_by"] and not each["waived_by"]]
    verdict = Verdict.ALLOW
    if counting:
        verdict = Verdict.BLOCK if any(each["effect"] == "block" for each in counting) else Verdict.FLAG
    verdict = terms.pop("verdict", verdict)
    request = {"quote_id": quote_id, "valid_until": "2026-04-01"} | (request or {})
    return a_decision(
        quote_id=quote_id,
        content_hash=content,
        verdict=verdict,
        document=json.dumps({"verdict": verdict.value, "findings": list(found)}).encode(),
        request=json.dumps(request).encode(),
        rep_id=terms.pop("rep_id", "rep-1"),
        key_id=terms.pop("key_id", "key-1"),
        **terms,
    )


def somebody(*approval_roles, name="Mia", roles=("approver",), **more):
    return Actor(id=f"usr_{name}", name=name, roles=frozenset(roles), approval_roles=frozenset(approval_roles), **more)


ANALYST = somebody(name="Ana", roles=("analyst",))


def a_review(action="approve", *finding_ids, **more):
    return Review(action=ReviewAction(action), reason=more.pop("reason", "Worth it."), finding_ids=finding_ids, **more)


@dataclass
class Site:
    """A store and the desk over it."""

    store: Store
    desk: DealDeskService
    clock: Clock
    company: list[Company] = field(default_factory=list)
    heard: list[Any] = field(default_factory=list)

    def rules(self, **tables):
        """Have the company state other tables."""
        self.company[0] = replace(self.company[0], **tables)

    def reviews(self, **rules):
        self.rules(reviews=ReviewRules(**rules))

    def record(self, decision):
        self.store.record(decision)
        return decision.summary.decision_id

    def case(self, quote_id="Q-1"):
        return self.store.desk.case(SubjectType.QUOTE, quote_id)

    def state(self, quote_id="Q-1"):
        return self.case(quote_id).state.value

    def steps(self, quote_id="Q-1"):
        standing = self.store.desk.standing(SubjectType.QUOTE, quote_id)
        return [(step.role, step.state.value) for step in standing.steps]

    def do(self, decision_id, actor, action="approve", *finding_ids, **more):
        return self.desk.review(decision_id, a_review(action, *finding_ids, **more), actor)


@contextmanager
def a_site(url):
    company, clock = [COMPANY], Clock(now=NOON + timedelta(hours=1))
    with a_store(url, clock=clock, queueing=Queueing(lambda: company[0]), sending=told("review.recorded")) as store:
        desk = DealDeskService(store, lambda: company[0], clock)
        yield Site(store=store, desk=desk, clock=clock, company=company)
