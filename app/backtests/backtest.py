"""The use case: a change of rules is held against all deals, those of the past and those that are open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from app.backtests.judging import Comparison
from app.backtests.parallel import ask
from app.backtests.recipe import Compare, Recipe, Seen, comparing
from app.backtests.tallies import Part, part_of
from app.files.rows import Advance, Faults, quietly
from cpq_hooks.canonical import load_quote
from cpq_hooks.reading import read_json

if TYPE_CHECKING:
    from app.backtests.change import Change
    from app.backtests.history import Deals
    from app.backtests.judging import Touched
    from app.rules import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What a change would have done to deals of the past, and does to open ones.

    `quotes` is how many were judged, `repeated` how many came more than once (the last one counts), `unmatched` for how many
    known ends there is no quote. What could not be read is in the faults of the files.
    """

    change: Change
    as_of: datetime
    past: Part
    open: Part
    quotes: int
    repeated: int
    unmatched: int
    unreadable: int

    @property
    def flips(self) -> int:
        return len(self.past.flipped) + len(self.open.flipped)


def backtest(
    rules: Rules,
    recipe: Recipe,
    deals: Deals,
    *,
    now: datetime,
    faults: Faults | None = None,
    advance: Advance = quietly,
    processes: int | None = None,
    tested: bool = True,
) -> Backtest:
    """Judge all deals by `rules`, of which the recipe is made, and by what it makes of them.

    The same deals, rules and moment give the same answer, by however many processes. Raises `RulesRefused` where what the
    recipe makes cannot be taken up.
    """
    change = recipe.change(before=rules, tested=tested)
    ends = deals.ends()
    faults = faults if faults is not None else Faults()
    before = faults.count
    seen: dict[str, Seen] = {}
    judged = 0
    if change.on_quotes or not change.same_tables:
        for replies in ask(
            Compare(recipe, now), deals.quotes(advance), here=comparing(change, now), processes=processes
        ):
            judged += len(replies.answers)
            seen.update((each.quote_id, each) for each in replies.answers)
            for place, message in replies.faults:
                faults.add(place, message)
    touched = [each for each in seen.values() if each.touched is not None]
    seen.update(_with_consents(change, deals, touched, now))
    return Backtest(
        change=change,
        as_of=now,
        past=part_of(_those(seen, ends, are_open=False), ends),
        open=part_of(_those(seen, ends, are_open=True), ends),
        quotes=judged,
        repeated=judged - len(seen),
        unmatched=len(ends.keys() - seen.keys()) if judged else 0,
        unreadable=faults.count - before,
    )


def _with_consents(change: Change, deals: Deals, touched: Sequence[Seen], now: datetime) -> Iterator[tuple[str, Seen]]:
    """Deals that are touched, judged again with the consents and waivers on record of them.

    What is the same on both sides without a consent is the same with it, so no other deal needs another look.
    """
    comparison, by_id = Comparison.of(change), {each.quote_id: each for each in touched}
    for body, reviewed in deals.reviewed(by_id):
        quote = load_quote(read_json(body, max_bytes=len(body) + 1), max_lines=None)
        if quote.quote_id in by_id:
            yield quote.quote_id, replace(by_id[quote.quote_id], touched=comparison.touched(quote, now, reviewed))


def of_draft(rules: Rules, text: str, deals: Deals, *, now: datetime, name: str = "draft.yaml") -> Backtest:
    """What the text of one policy file would do beside the rules in force: for an editor, before anything is saved.

    Faults are told under `name`. Raises `RulesRefused`.
    """
    return backtest(rules, Recipe.to_files(rules.files, {name: text}), deals, now=now)


def _those(seen: Mapping[str, Seen], ends: Mapping[str, object], *, are_open: bool) -> list[tuple[str, Touched | None]]:
    """Open is what is still on its way and has no end yet."""
    return [
        (quote_id, each.touched)
        for quote_id, each in seen.items()
        if (each.is_open and quote_id not in ends) is are_open
    ]
