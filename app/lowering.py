"""What would lower the risk: the smallest change of terms that a whole new judgement of the quote bears out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from policies.derivation import rederive
from policies.domain.decision import Risk
from policies.domain.finding import Effect
from policies.domain.material import content_hash
from policies.evaluation import findings_after
from policies.grouping import group
from policies.waiver import apply_waivers
from scoring.decide import weighed
from scoring.model.counterfactual import MOST_TRIES, counterfactual

if TYPE_CHECKING:
    from datetime import datetime

    from app.rules import Rules
    from app.scored import Scoring
    from policies.domain.finding import Finding
    from policies.domain.quote import Quote
    from policies.facts import QuoteFacts

IN_A_CHECK: Final = 12
"""So many changed quotes are judged while somebody waits for the decision; whoever asks for more on the scorecard gets it."""

MOST_LINES: Final = 25
"""For a larger quote no change is looked for: each one tried is judged and scored anew, and there may be dozens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowering:
    """Judges changed quotes, `most` at most, as the one at hand was judged, of which `findings` were found."""

    rules: Rules
    scoring: Scoring
    as_of: datetime
    findings: Sequence[Finding]
    most: int = MOST_TRIES

    def lowered(self, risk: Risk, facts: QuoteFacts) -> Risk:
        """The risk with the change that brings it under every threshold; without one where none does, or many lines stand."""
        if len(facts.lines) > MOST_LINES:
            return risk
        found = counterfactual(facts.quote, self._rescored(facts), _asks_for_nothing, facts, risk=risk, most=self.most)
        return risk if found is None else replace(risk, counterfactual=found)

    def _rescored(self, before: QuoteFacts) -> Callable[[Quote], Risk]:
        known = {each.finding_id for each in self.findings}

        def rescored(quote: Quote) -> Risk:
            facts = rederive(before, quote)
            found = findings_after(quote, before, self.findings, self.rules.policies).values()
            waived = apply_waivers(found, self.rules.waivers, quote.quote_id, facts.today)
            findings = group(waived, facts.term).findings
            scored = self.scoring.score(facts, findings, as_of=self.as_of, content=content_hash(quote))
            risk = weighed(scored.risk, self.rules.company, quote.currency)
            # A change to which a policy objects lowers nothing.
            objects = any(each.enforces and each.finding_id not in known for each in findings)
            return replace(risk, effect=Effect.BLOCK) if objects else risk

        return rescored


def _asks_for_nothing(risk: Risk) -> bool:
    return risk.effect is None
