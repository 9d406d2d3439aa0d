"""How a change of rules is made, in texts alone, so that another process can make the same one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from app.backtests.change import Change, change_of, with_files
from app.backtests.judging import Comparison, Touched, is_open
from app.rules import RuleFiles, Rules, take_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from policies.domain.quote import Quote


@dataclass(frozen=True, slots=True)
class Recipe:
    """Rules as JSON text, and what is to be different: either other rules altogether, or files and policies left out."""

    base: str
    other: str | None = None
    files: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()

    @classmethod
    def to_files(cls, base: RuleFiles, files: Mapping[str, str], without: tuple[str, ...] = ()) -> Self:
        """Other files over the rules; see `with_files`."""
        return cls(_spelt(base), files=tuple(files.items()), without=without)

    @classmethod
    def to_rules(cls, base: RuleFiles, other: RuleFiles) -> Self:
        """Other rules altogether."""
        return cls(_spelt(base), other=_spelt(other))

    def change(self, *, before: Rules | None = None, tested: bool = False) -> Change:
        """The change; `before` are the rules that `base` says, where they are taken up already. Raises `RulesRefused`."""
        before = before or take_up(_read(self.base), tested=False)
        if self.other is not None:
            return change_of(before, take_up(_read(self.other), tested=tested, before=before))
        return with_files(before, dict(self.files), without=self.without, tested=tested)


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of one quote: whether it is open, and how the change touches it."""

    quote_id: str
    is_open: bool
    touched: Touched | None


@dataclass(frozen=True, slots=True)
class Compare:
    """The question of a backtest: what does this change do to a quote, as of now?"""

    recipe: Recipe
    now: datetime

    def ready(self) -> Callable[[Quote], Seen]:
        return comparing(self.recipe.change(), self.now)


def comparing(change: Change, now: datetime) -> Callable[[Quote], Seen]:
    """What answers that question."""
    comparison = Comparison.of(change)
    return lambda quote: Seen(quote.quote_id, is_open(quote, now), comparison.touched(quote, now))


def _spelt(files: RuleFiles) -> str:
    return json.dumps(asdict(files) | {"policies": dict(files.policies)})


def _read(text: str) -> RuleFiles:
    return RuleFiles(**json.loads(text))
