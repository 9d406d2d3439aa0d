"""What would lower a deal's risk, looked for when somebody asks: the decision's own score is taken as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.lowering import MOST_LINES, Lowering
from app.model_places import Place
from app.models import NOT_SERVED, scorer_of
from app.scorecards.reading import Deal
from app.scored import as_recorded
from policies.derivation import derive
from policies.domain.money import plain
from policies.evaluation import unproven
from policies.grouping import group
from scoring.decide import weighed

if TYPE_CHECKING:
    from app.rules import Rules

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """The change that lowers the risk in words with the score that it leads to; or why there is none."""

    text: str = ""
    score: str | None = None
    because: str = ""


def lowered(deal: Deal, rules: Rules, models: Place) -> Lowered:
    """Look for the smallest change of terms that brings the deal under the thresholds in force."""
    if len(deal.quote.lines) > MOST_LINES:
        return Lowered(because=f"It is not looked for in quotes of more than {MOST_LINES} lines.")
    context = json.loads(deal.stored.decision.basis.context or b"{}")
    summary = deal.summary
    try:
        scoring = as_recorded(context, summary.subject.content_hash, lambda version: scorer_of(models, version))
    except (*NOT_SERVED, ValueError) as gone:
        return Lowered(because=f"The model that scored the deal cannot be asked any more: {gone}")
    as_of = summary.created_at
    facts = derive(deal.quote, as_of=as_of, company=rules.company, catalog=rules.catalog)
    findings = group(unproven(facts, rules.policies, waivers=rules.waivers), facts.term).findings
    scored = scoring.score(facts, findings, as_of=as_of, content=summary.subject.content_hash)
    risk = weighed(scored.risk, rules.company, summary.currency)
    if risk.effect is None:
        return Lowered(because="The risk is under every threshold already: nothing has to be lowered.")
    found = Lowering(rules=rules, scoring=scoring, as_of=as_of, findings=findings).lowered(risk, facts).counterfactual
    if found is None:
        return Lowered(because="No realistic change of terms brings it under the thresholds.")
    return Lowered(text=found.text, score=plain(found.score))
