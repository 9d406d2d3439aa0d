"""Pages over a store that keeps cases, with a company whose tables a test may change."""

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.config import Settings
from app.desk.queueing import Queueing
from app.rules import RuleFiles, Rules
from app.store import Store
from policies.domain.company import Company
from policies.domain.outcome import SubjectType
from policies.policyset import PolicySet
from tests.app.desk.builders import COMPANY
from tests.app.store.builders import POLICIES
from tests.fakes import Clock, FakeGate, FakeVerifier
from tests.pages import pages_app, signed_in


@dataclass
class RulesOf:
    """Rules without a policy, of a company."""

    company: Company = COMPANY

    def current(self) -> Rules:
        files = RuleFiles(policies={})
        return Rules(policies=PolicySet.of(()), files=files, version="sha256:none", company=self.company)


@dataclass
class DeskSite:
    """The application as pages need it; `visit("analyst")` is signed in so."""

    settings: Settings
    store: Store
    clock: Clock
    gate: FakeGate
    set_ups: FakeVerifier
    rules: RulesOf
    app: object = None

    def visit(self, *roles, **terms):
        return signed_in(self.app, self.store, *roles, **terms)

    def record(self, *decisions):
        self.store.record_all(decisions)
        return [each.summary.decision_id for each in decisions]

    def case(self, quote_id="Q-1"):
        return self.store.desk.case(SubjectType.QUOTE, quote_id)

    def ticked(self, *quote_ids):
        return [f"quote:{self.case(each).version}:{each}" for each in quote_ids]

    def states(self, **tables):
        self.rules.company = replace(self.rules.company, **tables)


@contextmanager
def a_desk_site(upgraded_sqlite_file, home):
    """Monday morning, 2 March 2026, 09:30 in London: half past nine in the company's working day."""
    shutil.copy(upgraded_sqlite_file, home / "quoteguard.db")
    settings = Settings.from_environment({"QUOTEGUARD_HOME": str(home)})
    clock, rules = Clock(now=datetime(2026, 3, 2, 9, 30, tzinfo=UTC)), RulesOf()
    queueing = Queueing(lambda: rules.company)
    with Store.open(settings.database_url, clock=clock, queueing=queueing) as store:
        store.artefacts.put("policies", POLICIES)
        site = DeskSite(
            settings=settings, store=store, clock=clock, gate=FakeGate(), set_ups=FakeVerifier(), rules=rules
        )
        site.app = pages_app(site)
        yield site
