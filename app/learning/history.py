"""The features of past deals, each from what was known when it was made, and the history that a model is served with.

Deals with dates are followed in the order of time. For those without, nobody can say what was known when: each is seen from
the deals of other combinations of rep and product, so that never its own outcome, nor that of the same combination, is in its features.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from app.learning.judging import A_PORTION, Judging, RuleTexts, ToJudge, quote_in
from app.portions import worked
from policies.derivation import derive
from policies.domain.quote import Stage
from scoring.features import FeatureVector, vector
from scoring.features.vector import categories
from scoring.history import HistoryBuilder, keys_of

if TYPE_CHECKING:
    from app.learning.deals import Deal
    from app.learning.joining import Joined
    from app.rules import Rules
    from policies.domain.finding import Finding
    from policies.domain.quote import Quote
    from policies.facts import QuoteFacts

FOLDS: Final = 4
_LONG_AGO: Final = timedelta(days=60)
"""Deals without dates count as made so long before the moment of learning: past a rep's load, within no window of silence."""
_FOUND: Final = timedelta(days=1)

Progress = Callable[[int], object]
"""Told how many steps are done, of as many as `steps` says."""


class Seen(NamedTuple):
    """A deal with its features, and whether it was signed."""

    deal: Deal
    vector: FeatureVector
    accepted: bool


@dataclass(slots=True, kw_only=True)
class Past:
    """What is learned from, followed deal by deal; `unreadable` counts documents that are no quotes by today's schema."""

    rules: Rules
    as_of: datetime
    workers: int = 0
    builder: HistoryBuilder = field(default_factory=HistoryBuilder)
    unreadable: int = 0
    recomputed: int = 0

    def seen(self, deals: Iterable[Deal], joined: Joined, progress: Progress) -> Iterator[Seen]:
        """Every deal with its features; afterwards `builder` knows all of them."""
        given = list(deals)
        dated = sorted([each for each in given if each.made_at is not None and each.made_at <= self.as_of], key=_age)
        undated = [each for each in given if each.made_at is None]
        for quote_id in (each.quote_id for each in dated):
            for outcome in joined.by_quote.get(quote_id, ()):
                self.builder.add_outcome(outcome, quote_id=quote_id)
        done = 0

        def tick() -> None:
            nonlocal done
            done += 1
            progress(done)

        for seen in self._in_time(dated):
            yield seen
            tick()
        for seen in self._crossed(undated, joined, tick):
            yield seen
            tick()

    def _in_time(self, deals: Sequence[Deal]) -> Iterator[Seen]:
        for deal, facts, findings in self._judged(deals, lambda deal: deal.made_at or self.as_of):
            moment = facts.as_of
            found = deal.vector
            if found is None:
                found = _spare(vector(facts, findings, self.builder.as_of(moment), moment))
                self.recomputed += 1
            yield Seen(deal, found, _is_accepted(deal, facts))
            self.builder.add_quote(facts, findings, at=moment)

    def _crossed(self, deals: Sequence[Deal], joined: Joined, tick: Callable[[], None]) -> Iterator[Seen]:
        if not deals:
            return
        made = self.as_of - _LONG_AGO
        builders = [HistoryBuilder() for _ in range(FOLDS)]
        judged: list[tuple[Deal, tuple[Finding, ...]]] = []
        for deal, facts, findings in self._judged(deals, lambda _: made):
            judged.append((deal, findings))
            tick()
            fold = fold_of(categories(keys_of(facts, findings)))
            others = [each for at, each in enumerate(builders) if at != fold]
            for builder in (*others, self.builder):
                builder.add_quote(facts, findings, at=made)
                for outcome in joined.by_quote.get(deal.quote_id, ()):
                    builder.add_outcome(outcome, quote_id=deal.quote_id, at=made + _FOUND)
        histories = [each.as_of(self.as_of) for each in builders]
        # Facts of a long history would fill the memory: they are made again, while what was found is remembered.
        for deal, findings in judged:
            quote = quote_in(deal.body)
            if quote is None:
                continue
            facts = self._facts(quote, made)
            fold = fold_of(categories(keys_of(facts, findings)))
            found = vector(facts, findings, histories[fold], self.as_of)
            self.recomputed += 1
            yield Seen(deal, _spare(found), _is_accepted(deal, facts))

    def _judged(
        self, deals: Sequence[Deal], moment: Callable[[Deal], datetime]
    ) -> Iterator[tuple[Deal, QuoteFacts, tuple[Finding, ...]]]:
        """Each deal that can be read with its facts and findings; the policies are asked in processes beside this one."""
        portions = (deals[start : start + A_PORTION] for start in range(0, len(deals), A_PORTION))
        asked = ([ToJudge(each.body, moment(each)) for each in portion] for portion in portions)
        workers = self.workers if len(deals) > A_PORTION * 5 else 0
        answers = worked(Judging(RuleTexts.of(self.rules)), asked, workers)
        for deal, findings in zip(deals, (each for portion in answers for each in portion), strict=True):
            quote = None if findings is None else quote_in(deal.body)
            if quote is None or findings is None:
                self.unreadable += 1
                continue
            yield deal, self._facts(quote, moment(deal)), findings

    def _facts(self, quote: Quote, moment: datetime) -> QuoteFacts:
        return derive(quote, as_of=moment, company=self.rules.company, catalog=self.rules.catalog)


def steps(deals: Iterable[Deal]) -> int:
    """How many steps it takes to follow the deals: those without a day are gone through twice."""
    return sum(2 if each.made_at is None else 1 for each in deals)


def _age(deal: Deal) -> tuple[datetime, str]:
    return deal.made_at or datetime.max.replace(tzinfo=UTC), deal.quote_id


def _is_accepted(deal: Deal, facts: QuoteFacts) -> bool:
    return deal.accepted or facts.quote.stage is Stage.ACCEPTED


def fold_of(names: Mapping[str, tuple[str, ...]]) -> int:
    """The part of history that a deal's combination of rep and first product falls into: that which training holds out whole.

    So what is said of a deal that is held out comes from no deal that is held out with it.
    """
    named = [next(iter(names.get(kind, ())), "") for kind in ("rep", "product")]
    return sha256("\n".join(named).encode()).digest()[0] % FOLDS


def _spare(found: FeatureVector) -> FeatureVector:
    """The vector without what only sentences need: history is long, and nobody reads it out."""
    return FeatureVector(
        values=found.values, details={}, categories=found.categories, value=found.value, currency=found.currency
    )
