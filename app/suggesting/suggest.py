"""The use case: candidate policies from the deals that somebody looked at, each with what it would have done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from app.backtests.backtest import Backtest, backtest
from app.backtests.ends import End, Known
from app.backtests.recipe import Recipe
from app.files.rows import Advance, Faults, quietly
from app.rules import CanonicalDocuments
from app.suggesting.fields import conditions_in
from app.suggesting.mining import Mined, Sample, Search, search
from app.suggesting.writing import Candidate, policy_text
from cpq_hooks.canonical import load_quote
from cpq_hooks.problem import Invalid
from cpq_hooks.reading import Malformed, read_json
from policies.check import Violated
from policies.checks import ALL
from policies.derivation import derive
from policies.domain.finding import Effect
from policies.evaluation import unproven
from policies.loader import PoliciesRefused, load
from policies.policyset import PolicySet
from policies.testing import run_tests

if TYPE_CHECKING:
    from app.backtests.history import Deals
    from app.rules import Rules
    from app.suggesting.condition import Condition
    from policies.domain.quote import Quote
    from policies.facts import QuoteFacts
    from policies.policy import Policy

LEAST_KNOWN: Final = 60
LEAST_LEAKED: Final = 15
_OLDER: Final = 0.6
_NO_PATTERN: Final = "Q09"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A candidate as a policy file, ready to be put into the home folder."""

    policy_id: str
    text: str
    mined: Mined


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """What is suggested. `because` says in words why it is nothing; None where there is something.

    `looked_at` and `leaked` count the deals that were mined: those that somebody looked at, which no policy finds.
    """

    found: tuple[Suggestion, ...]
    looked_at: int
    leaked: int
    caught_already: int
    tried: int
    carried: int
    backtest: Backtest | None = None
    because: str | None = None


def suggest(
    rules: Rules,
    deals: Deals,
    *,
    now: datetime,
    most: int = 5,
    faults: Faults | None = None,
    advance: Advance = quietly,
) -> Suggestions:
    """Candidates that no policy in force makes needless. The same deals and rules give the same ones."""
    ends = deals.ends()
    looked = {quote_id: end for quote_id, end in ends.items() if end.looked_at}
    known = sorted(_known(rules, deals, looked, now, advance), key=lambda each: _age(each.quote, now))
    free = [each for each in known if not any(f.effect is not Effect.SHADOW for f in unproven(each, rules.policies))]
    leaked = sum(looked[each.quote.quote_id].known is Known.LEAKED for each in free)
    counts: dict[str, Any] = {"looked_at": len(free), "leaked": leaked, "caught_already": len(known) - len(free)}
    if len(free) < LEAST_KNOWN or leaked < LEAST_LEAKED:
        because = (
            f"Of {len(free):,} deals that somebody looked at and no policy finds, {leaked:,} leaked. "
            f"At least {LEAST_KNOWN} such deals with {LEAST_LEAKED} leaks are needed to tell a habit from chance."
        )
        return Suggestions(found=(), tried=0, carried=0, because=because, **counts)
    found, texts = _mined(free, looked, most)
    counts |= {"tried": found.tried, "carried": found.carried}
    if not texts:
        because = (
            f"{found.tried:,} conditions were tried on the older deals, {found.carried:,} stood out there, and none of them "
            "stood on the newer ones. Nothing is suggested rather than something that chance may have made."
        )
        return Suggestions(found=(), because=because, **counts)
    tested = backtest(
        rules,
        Recipe.to_files(rules.files, {f"{each.policy_id}.yaml": each.text for each in texts}),
        deals,
        now=now,
        faults=faults,
        advance=advance,
    )
    return Suggestions(found=tuple(texts), backtest=tested, **counts)


def _mined(free: Sequence[QuoteFacts], ends: Mapping[str, End], most: int) -> tuple[Search, list[Suggestion]]:
    split = int(len(free) * _OLDER)
    conditions = conditions_in(free[:split])
    touched = _touched(conditions, free)
    leaked = _bits(ends[each.quote.quote_id].known is Known.LEAKED for each in free)
    everything = (1 << len(free)) - 1
    first = (1 << split) - 1
    older = Sample(deals=first, leaked=leaked & first)
    newer = Sample(deals=everything & ~first, leaked=leaked & ~first)
    found = search(touched, older, newer, most)
    texts = []
    for mined in found.mined:
        text = policy_text(mined.candidate, _pattern(mined, free, ends))
        if _proves_itself(text):
            texts.append(Suggestion(policy_id=mined.candidate.policy_id, text=text, mined=mined))
    return found, texts


def _known(
    rules: Rules, deals: Deals, looked: Mapping[str, End], now: datetime, advance: Advance
) -> Iterator[QuoteFacts]:
    """The facts of the deals that somebody looked at, as of the day each was made."""
    quotes: dict[str, Quote] = {}
    for _, value in deals.quotes(advance):
        quote = _quote(value, looked)
        if quote is not None:
            quotes[quote.quote_id] = quote
    for quote in quotes.values():
        yield derive(quote, as_of=quote.created_at or now, company=rules.company, catalog=rules.catalog)


def _quote(value: Any, wanted: Mapping[str, End]) -> Quote | None:
    """The quote where it is wanted. One that cannot be read is told by the backtest, which reads them all."""
    try:
        document = read_json(value, max_bytes=len(value) + 1) if isinstance(value, bytes) else value
        if not isinstance(document, dict) or document.get("quote_id") not in wanted:
            return None
        return load_quote(document, max_lines=None)
    except (Invalid, Malformed, TypeError):
        return None


def _age(quote: Quote, now: datetime) -> tuple[datetime, str]:
    return quote.created_at or now, quote.quote_id


def _touched(conditions: Sequence[Condition], deals: Sequence[QuoteFacts]) -> list[tuple[Condition, int]]:
    """Of which deals each condition holds, judged as the policy that it would be."""
    compiled: dict[str, Condition] = {}
    policies: list[Policy] = []
    for condition in conditions:
        candidate = Candidate.of(condition)
        try:
            policies += load({candidate.policy_id: policy_text(candidate, _NO_PATTERN)}, ALL).policies.values()
        except PoliciesRefused:
            continue  # the language knows no such field or value: then nobody could write it either
        compiled[candidate.policy_id] = condition
    judging = PolicySet.of(policies)
    bits = dict.fromkeys(compiled, 0)
    for position, facts in enumerate(deals):
        for policy, _, result in judging.hits(facts):
            if isinstance(result, Violated):
                bits[policy.id] |= 1 << position
    return [(condition, bits[policy_id]) for policy_id, condition in compiled.items()]


def _bits(flags: Iterator[bool] | Any) -> int:
    return sum(1 << position for position, flag in enumerate(flags) if flag)


def _pattern(mined: Mined, deals: Sequence[QuoteFacts], ends: Mapping[str, End]) -> str:
    """The pattern that leaked most often in the deals touched."""
    seen: Counter[str] = Counter()
    for position, facts in enumerate(deals):
        if mined.touched >> position & 1:
            seen.update(ends[facts.quote.quote_id].patterns)
    return min(seen, key=lambda number: (-seen[number], number)) if seen else _NO_PATTERN


def _proves_itself(text: str) -> bool:
    try:
        policies = load({"suggested.yaml": text}, ALL).policies.values()
    except PoliciesRefused:
        return False
    return all(proof.failure is None for proof in run_tests(policies, CanonicalDocuments()))
