"""What would bring a deal under the threshold: the smallest realistic change of terms, proven by scoring it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, Final

from policies.derivation import rederive
from policies.domain.decision import Counterfactual
from policies.domain.finding import Change
from policies.domain.wording import listed
from policies.remedy import UnreachableError, apply
from scoring.model.edits import Edit, edits

if TYPE_CHECKING:
    from policies.domain.decision import Risk
    from policies.domain.quote import Quote
    from policies.facts import QuoteFacts

MOST_TRIES: Final = 40
"""So many changed quotes are scored at most: each is a whole judgement."""

MOST_TOGETHER: Final = 3
_MOST_COMBINED: Final = 6
_BEYOND: Final = Decimal("Infinity")
_NONE: Final = Decimal(0)
_UNDOES: Final[Mapping[str, tuple[str, ...]]] = {
    "discount": ("discount", "peer_price", "findings_price", "lines_over_list"),
    "end": ("discounts_without_end", "discounts_that_end"),
    "ramp": ("ramp", "findings_structure"),
    "free": ("free",),
    "overage": ("overage", "allowance"),
    "uplift": ("uplift",),
    "renewal": ("renewal_without_uplift", "findings_renewal"),
    "rhythm": ("frequen",),
    "payment": ("payment",),
    "term": ("term_months", "deal_size"),
    "convenience": ("convenience", "special_terms"),
}
"""Words in the names of the features that an edit of a subject works on."""


@dataclass(frozen=True, slots=True)
class _Tried:
    """An edit by itself: what it moves in money, and how the quote scores with it."""

    edit: Edit
    moves: Decimal
    score: Decimal


def counterfactual(
    quote: Quote,
    rescoring: Callable[[Quote], Risk],
    under: Callable[[Risk], bool],
    facts: QuoteFacts,
    *,
    risk: Risk | None = None,
    most: int = MOST_TRIES,
) -> Counterfactual | None:
    """The fewest edits, and of as few those that move least money, with which `rescoring` gives a risk that is `under`.

    `facts` are the quote's, and `risk` is what its edits are to lower: those come first that undo its reasons. None where no
    single edit, and no two or three of those that lower the score most, get there within `most` tries.
    """
    search = _Search(quote, rescoring, under, facts, most)
    # How much money an edit moves takes two derivations to tell: only those are asked that are tried.
    promising = sorted(edits(facts), key=lambda each: (-_gain(each, risk), each.text))[: most * 2 // 3 or 1]
    ordered = sorted(((search.moved(each), each.text, each) for each in promising), key=lambda each: each[:2])
    tried: list[_Tried] = []
    for moves, _, edit in ordered:
        changed, found = search.proven([edit])
        if found is not None:
            return found
        if changed is not None and changed.score is not None and _is_lower(changed.score, risk):
            tried.append(_Tried(edit, moves, changed.score))
    for together in _combined(tried):
        if search.left <= 0:
            return None
        _, found = search.proven([each.edit for each in together])
        if found is not None:
            return found
    return None


def _gain(edit: Edit, risk: Risk | None) -> Decimal:
    """How much of the log-odds the reasons that an edit works on have added."""
    words = _UNDOES.get(edit.subject.split()[0], ())
    reasons = () if risk is None else risk.reasons
    return sum(
        (max(each.contribution, _NONE) for each in reasons if any(word in each.feature for word in words)), start=_NONE
    )


def _is_lower(score: Decimal, risk: Risk | None) -> bool:
    return risk is None or risk.score is None or score < risk.score


def _combined(tried: list[_Tried]) -> Iterator[tuple[_Tried, ...]]:
    """Twos, then threes, of the edits that lower the score most; those that move least money first."""
    best = sorted(tried, key=lambda each: (each.score, each.moves, each.edit.text))[:_MOST_COMBINED]
    for number in range(2, MOST_TOGETHER + 1):
        fitting = [each for each in combinations(best, number) if len({one.edit.subject for one in each}) == number]
        yield from sorted(fitting, key=lambda each: (sum(one.moves for one in each), sum(one.score for one in each)))


class _Search:
    """Tries edits of one quote, and counts how often."""

    def __init__(
        self,
        quote: Quote,
        rescoring: Callable[[Quote], Risk],
        under: Callable[[Risk], bool],
        facts: QuoteFacts,
        most: int,
    ) -> None:
        self.left = most
        self._quote, self._facts, self._rescoring, self._under = quote, facts, rescoring, under

    def moved(self, edit: Edit) -> Decimal:
        """By how much the contract's value changes with an edit; more than anything where that cannot be told."""
        before = self._facts.tcv
        changed = self._changed([edit])
        after = rederive(self._facts, changed[0]).tcv if changed is not None else None
        return abs(after - before) if before is not None and after is not None else _BEYOND

    def proven(self, made: Iterable[Edit]) -> tuple[Risk | None, Counterfactual | None]:
        """How the quote scores with the edits, and the counterfactual where that is enough."""
        chosen = list(made)
        changed = self._changed(chosen)
        if changed is None:
            return None, None
        self.left -= 1
        quote, changes = changed
        risk = self._rescoring(quote)
        if risk.score is None or not self._under(risk):
            return risk, None
        text = listed([each.text for each in chosen])
        return risk, Counterfactual(
            text=text, changes=changes, score=risk.score, expected_leakage=risk.expected_leakage
        )

    def _changed(self, made: list[Edit]) -> tuple[Quote, tuple[Change, ...]] | None:
        """The quote with the edits, and every change; printed totals are taken out where they hold no more."""
        changes = [change for each in made for change in each.changes]
        try:
            changed = apply(self._quote, changes)
            if rederive(self._facts, changed).tcv != self._facts.tcv:
                totals = _printed(self._quote)
                changed, changes = apply(changed, totals), [*changes, *totals]
        except UnreachableError:
            return None
        return changed, tuple(changes)


def _printed(quote: Quote) -> list[Change]:
    """The edits that take out the totals which the sender printed."""
    lines = [at for at, line in enumerate(quote.lines) if line.stated_total is not None]
    header = [Change(path="/stated_totals", value=None)] if quote.stated_totals is not None else []
    return [*(Change(path=f"/lines/{at}/stated_total", value=None) for at in lines), *header]
