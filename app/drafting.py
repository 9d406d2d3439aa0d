"""A policy while it is written: its faults with their places, its own tests, and what it would have done. Nothing is taken up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from app.backtests.backtest import of_draft
from app.backtests.consented import consented
from app.backtests.history import StoredDeals
from app.bounded import OneAtATime
from app.rules import CanonicalDocuments
from app.store import DecisionFilter, DocumentKind
from policies.checks import ALL
from policies.domain.outcome import SubjectType
from policies.language import in_order
from policies.loader import load_one
from policies.testing import run_tests

if TYPE_CHECKING:
    from app.backtests.backtest import Backtest
    from app.backtests.ends import End
    from app.desk.consents import OnRecord
    from app.files.rows import Advance
    from app.rules import Rules
    from app.store import Store
    from policies.language import Problem
    from policies.policy import Policy
    from policies.testing import Proof

NAME: Final = "draft.yaml"
MOST_QUOTES: Final = 2_000
SECONDS: Final = 20.0
_A_PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong in a draft. `line` and `column` count from 1; `drawn` is the line with a caret under the place."""

    line: int
    column: int
    message: str
    suggestion: str | None
    drawn: str

    @classmethod
    def of(cls, problem: Problem) -> Fault:
        rows = problem.render().split("\n")[1:3]
        drawn = "\n".join(row[4:] for row in rows)
        return cls(
            line=problem.line,
            column=problem.column,
            message=problem.message,
            suggestion=problem.suggestion,
            drawn=drawn,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A draft that was looked at. `policy` is None where there are problems; `replaces` says that one of its id is in force."""

    problems: tuple[Fault, ...]
    proofs: tuple[Proof, ...] = ()
    policy: Policy | None = None
    replaces: bool = False

    @property
    def failed(self) -> int:
        """How many of its own tests fail."""
        return sum(proof.failure is not None for proof in self.proofs)

    @property
    def expected(self) -> dict[str, str]:
        """What each of its tests expects, by name."""
        return {test.name: test.expect.value for test in self.policy.tests} if self.policy is not None else {}

    @property
    def is_ready(self) -> bool:
        """Whether it could be put into the home folder as it is."""
        return self.policy is not None and not self.failed


def check_draft(text: str, rules: Rules) -> Checked:
    """The faults of a policy's text, or what its own tests say."""
    problems: list[Problem] = []
    policy = load_one(text, NAME, ALL, problems)
    if policy is None:
        return Checked(problems=tuple(map(Fault.of, in_order(problems))))
    proofs = tuple(run_tests([policy], CanonicalDocuments()))
    return Checked(problems=(), proofs=proofs, policy=policy, replaces=policy.id in rules.policies.policies)


@dataclass(frozen=True, slots=True)
class NewestDeals:
    """The quotes that came last, as many as `most`: those that were decided on, then those that were only stored."""

    store: Store
    most: int

    def quotes(self, advance: Advance) -> Iterator[tuple[str, Any]]:  # noqa: ARG002 - it is over too soon to be told
        """Places and bytes, the newest first; each quote once."""
        seen: set[str] = set()
        for quote_id, body in chain(self._decided(), self._stored()):
            if len(seen) == self.most:
                return
            if quote_id not in seen:
                seen.add(quote_id)
                yield f"quote {quote_id}", body

    def reviewed(self, quote_ids: Iterable[str]) -> Iterator[tuple[Any, OnRecord]]:
        """Those of the quotes that somebody approved or waived something of."""
        for quote_id, found in consented(self.store.desk, quote_ids):
            decided = self.store.decisions.latest_for_subject(SubjectType.QUOTE, quote_id)
            if decided is not None:
                yield decided.decision.request, found

    def ends(self) -> Mapping[str, End]:
        """How deals ended."""
        return StoredDeals(self.store.documents).ends()

    def _decided(self) -> Iterator[tuple[str, bytes]]:
        wanted = DecisionFilter(subject_type=SubjectType.QUOTE, newest_only=True)
        token: str | None = None
        while True:
            page = self.store.decisions.page(wanted, limit=_A_PAGE, page=token)
            for summary in page.decisions:
                stored = self.store.decisions.get(summary.decision_id)
                if stored is not None:
                    yield summary.subject.id, stored.decision.request
            token = page.next_page
            if token is None:
                return

    def _stored(self) -> Iterator[tuple[str, bytes]]:
        for document in self.store.documents.newest(DocumentKind.QUOTE, self.most):
            yield document.id, document.body


class DraftBacktests:
    """Backtests of drafts, one at a time in a process, each bounded in quotes and in time."""

    def __init__(self, store: Store, *, most: int = MOST_QUOTES, seconds: float = SECONDS) -> None:
        self.most = most
        self._store = store
        self._bounds = OneAtATime(
            seconds,
            busy="Another backtest is running here. Try again in half a minute.",
            late=f"The backtest took longer than {seconds:g} seconds, so its answer was not waited for. Download the draft and run "
            "`quoteguard policies backtest FILE`, which goes through all quotes and shows how far it is.",
        )

    def run(self, rules: Rules, text: str, now: datetime) -> Backtest:
        """What the draft would do to the newest quotes. Raises `RulesRefused`, or `Unavailable`."""
        deals = NewestDeals(self._store, self.most)
        return self._bounds.run(lambda: of_draft(rules, text, deals, now=now, name=NAME))


STARTER: Final = """\
id: my-policy
pattern: Q02
title: Net price under the floor
applies_to: quote
for_each: line
when: line.floor_price != null
require: line.net_unit_price >= line.floor_price
effect: shadow
message: "{line.product_name}: {line.net_unit_price} is under the floor of {line.floor_price}"
owner: pricing
tests:
  - name: under the floor
    line: {net_unit_price: "9", floor_price: "10", quantity: "3"}
    expect: violated
  - name: at the floor
    line: {net_unit_price: "10", floor_price: "10", quantity: "3"}
    expect: satisfied
"""
"""What an empty editor begins with."""
