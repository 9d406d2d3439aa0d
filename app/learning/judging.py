"""Judging many quotes of the past by the rules in force, in processes beside the one that follows history."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from app.portions import uncollected
from app.rules import RuleFiles, Rules, take_up
from cpq_hooks.canonical import load_quote
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed, read_json
from policies.derivation import derive
from policies.evaluation import in_brief

if TYPE_CHECKING:
    from policies.domain.finding import Finding
    from policies.domain.quote import Quote

A_PORTION: Final = 200


class ToJudge(NamedTuple):
    """A quote's document, and the moment as of which it is judged."""

    body: bytes
    as_of: datetime


@dataclass(frozen=True, slots=True)
class RuleTexts:
    """Rules as one text: what another process takes them up from, once."""

    text: str

    @staticmethod
    def of(rules: Rules) -> RuleTexts:
        """The texts of rules in force."""
        files = rules.files
        parts = (dict(files.policies), files.catalog, files.company, files.waivers)
        return RuleTexts(json.dumps(parts))

    def rules(self) -> Rules:
        """The rules, taken up once in a process; they passed their tests where they were first taken up."""
        return _taken_up(self.text)


@lru_cache(maxsize=2)
def _taken_up(text: str) -> Rules:
    policies, catalog, company, waivers = json.loads(text)
    return take_up(RuleFiles(policies=policies, catalog=catalog, company=company, waivers=waivers), tested=False)


@dataclass(frozen=True, slots=True)
class Judging:
    """What the policies find in each quote of a portion; None for a document that is no quote by today's schema."""

    texts: RuleTexts

    def __call__(self, portion: list[ToJudge]) -> list[tuple[Finding, ...] | None]:
        rules = self.texts.rules()
        with uncollected():
            return [_found(each, rules) for each in portion]


def _found(given: ToJudge, rules: Rules) -> tuple[Finding, ...] | None:
    quote = quote_in(given.body)
    if quote is None:
        return None
    facts = derive(quote, as_of=given.as_of, company=rules.company, catalog=rules.catalog)
    return in_brief(facts, rules.policies, waivers=rules.waivers)


def quote_in(body: bytes) -> Quote | None:
    """The quote of a stored document; None where it cannot be read."""
    try:
        return load_quote(read_json(body, max_bytes=len(body) + 1), max_lines=None)
    except (Invalid, Malformed):
        return None
