"""Stand-ins written by hand, for what a test must not wait for or cannot have."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from app.assess import Answer, Call, Measures
from app.rules import RuleFiles, Rules
from app.store import new_id
from cpq_hooks.canonical import load_quote, load_verify_request
from cpq_hooks.reading import read_json
from policies.policyset import PolicySet


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class FakeGate:
    """A gate that reads quotes as the real one does, allows them all, and remembers its calls; or raises what it is told to."""

    raises: Exception | None = None
    calls: list[Call] = field(default_factory=list)

    def check_quote(self, call: Call) -> Answer:
        self.calls.append(call)
        if self.raises is not None:
            raise self.raises
        quote = load_quote(read_json(call.raw))
        decision_id = new_id("dec")
        body = json.dumps({"decision_id": decision_id, "verdict": "allow", "findings": []}).encode()
        measures = Measures(
            lines=len(quote.lines), findings=(("line-price-floor", "flag"),), seconds=(("record", 0.002),)
        )
        return Answer(status=200, body=body, decision_id=decision_id, verdict="allow", measures=measures)


@dataclass
class FakeVerifier:
    """A verifier that reads configurations as the real one does, allows them all, and remembers its calls; or raises."""

    raises: Exception | None = None
    calls: list[Call] = field(default_factory=list)

    def verify(self, call: Call) -> Answer:
        self.calls.append(call)
        if self.raises is not None:
            raise self.raises
        request = load_verify_request(read_json(call.raw))
        decision_id = new_id("dec")
        body = json.dumps({"decision_id": decision_id, "verdict": "allow", "findings": []}).encode()
        measures = Measures(lines=len(request.configuration.charges), seconds=(("record", 0.002),))
        return Answer(status=200, body=body, decision_id=decision_id, verdict="allow", measures=measures)


class NoRules:
    """Rules without a policy."""

    def current(self) -> Rules:
        return Rules(policies=PolicySet.of(()), files=RuleFiles(policies={}), version="sha256:none")
