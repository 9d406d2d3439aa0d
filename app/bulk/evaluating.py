"""A model held against quotes of which somebody knows what turned out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from app.bulk.reading import Labelled
from app.bulk.scoring import Answered, Model, Scoring
from app.importing.importing import joined_by
from app.learning.examples import known_of
from app.learning.joining import Joined, Links, join
from app.learning.judging import RuleTexts
from app.learning.links import outcomes_in
from app.portions import worked
from scoring.training.evaluate import evaluate
from scoring.training.examples import UNSAID, Example, Known
from scoring.training.standing import Standing, standing

if TYPE_CHECKING:
    from app.files.rows import Advance
    from app.importing.making import Making
    from app.importing.reading import Opened
    from app.rules import Rules
    from app.store import Document
    from scoring.features import FeatureVector

FEW_BYTES: Final = 2_000_000
_TOLD: Final = 10
_YES: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(slots=True, kw_only=True)
class Evaluated:
    """The figures of a model, and what has to be said beside them."""

    quotes: int = 0
    refused: int = 0
    older: int = 0
    figures: dict[str, Any] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    verdicts: dict[str, dict[str, int]] = field(default_factory=dict)
    weighed: bool = False
    joined: tuple[str, ...] = ()
    because: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the figures do not say by themselves."""
        made = f"{self.older:,} of the quotes were made before the model was trained"
        flattered = (f"{made}: it may have learned from them, and is flattered by them.",) if self.older else ()
        weighed = (f"{self.because[:1].upper()}{self.because[1:]}.",) if self.because else ()
        return (*flattered, *weighed, *(f"{each[:1].upper()}{each[1:]}." for each in self.joined))

    def as_json(self) -> dict[str, Any]:
        return {
            "quotes": self.quotes,
            "refused": self.refused,
            "made_before_training": self.older,
            "weighed": self.weighed,
            "figures": self.figures,
            "verdicts": self.verdicts,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What a model is held against: a file of quotes, how its rows are read, and what is known beside it.

    `outcomes` is None where the quotes say themselves whether they leaked; `agreements` lead from outcomes to quotes, and say
    which were signed.
    """

    opened: Opened
    making: Making | None
    outcomes: Iterable[Document] | None
    agreements: Iterable[Document] = ()
    workers: int = 0


class _Held(NamedTuple):
    """A quote that was scored."""

    quote_id: str
    score: float
    verdict: str
    made_at: datetime | None
    accepted: bool
    label: Labelled
    vector: FeatureVector


def evaluated(against: Against, rules: Rules, model: Model, advance: Advance) -> Evaluated:
    """Score every quote as of the day it was made and hold the labelled ones against their labels."""
    found, now = Evaluated(), datetime.now(UTC)
    signed = {each.parent_id: each.id for each in against.agreements if each.parent_id is not None}
    outcomes = tuple(outcomes_in(against.outcomes or ()))
    held = list(_scored(found, against, rules, model, now, advance))
    links = Links(quotes={agreement: quote for quote, agreement in signed.items()})
    joined = join(outcomes, links, {each.quote_id: each.made_at for each in held}, now)
    found.joined = joined.sentences()
    examples = [_example(each, joined, signed=each.quote_id in signed) for each in held]
    known = standing(examples, [each.score for each in held], now)
    _count(found, [held[place] for place in known.places], known, model.scorer().package.manifest.created_at)
    _measure(found, held, examples, known)
    return found


def _scored(
    found: Evaluated, against: Against, rules: Rules, model: Model, now: datetime, advance: Advance
) -> Iterator[_Held]:
    opened, making = against.opened, against.making
    scoring = Scoring(
        texts=RuleTexts.of(rules),
        form=opened.form,
        making=making,
        model=model,
        as_of=None,
        now=now,
        explained=False,
        keeps_vectors=True,
    )
    workers = 0 if opened.path.stat().st_size <= FEW_BYTES else against.workers
    portions = opened.portions(joined_by=None if making is None else joined_by(opened, making))
    for answered in worked(scoring, portions, workers):
        _refuse(found, answered, str(opened.path))
        yield from _held(answered)
        found.quotes += len(answered.rows)
        advance(answered.share, found.quotes)


def _refuse(found: Evaluated, answered: Answered, name: str) -> None:
    for each in answered.refused:
        found.refused += 1
        if len(found.told) < _TOLD:
            found.told.append(f"  {name}:{each.place}: {'; '.join(each.reasons[:3])}")


def _held(answered: Answered) -> Iterator[_Held]:
    together = zip(answered.rows, answered.made_at, answered.accepted, answered.labels, answered.vectors, strict=True)
    for row, made_at, accepted, label, vector in together:
        if row.score is not None:
            yield _Held(row.quote_id, float(row.score), row.verdict, made_at, accepted, label, vector)


def _example(held: _Held, joined: Joined, *, signed: bool) -> Example:
    """The quote as training would take it; what outcomes say goes before what stands beside the quote."""
    outcomes = tuple([known_of(each) for each in joined.by_quote.get(held.quote_id, ())])
    leaked = _yes(held.label.leaked)
    if not outcomes and leaked is not None:
        source, at = held.label.source or UNSAID, held.label.discovered_at
        outcomes = (Known(leaked=leaked, source=source, discovered_at=at, amount=_amount(held.label.amount)),)
    return Example(
        quote_id=held.quote_id,
        made_at=held.made_at,
        vector=held.vector,
        accepted=held.accepted or signed,
        outcomes=outcomes,
    )


def _count(found: Evaluated, known: Sequence[_Held], of: Standing, trained_at: datetime) -> None:
    found.weighed, found.because = of.weighed, of.because if known else ""
    for each, leaked in zip(known, of.leaked, strict=True):
        found.older += each.made_at is not None and each.made_at <= trained_at
        counts = found.verdicts.setdefault(each.verdict, {"leaked": 0, "clean": 0})
        counts["leaked" if leaked else "clean"] += 1


def _measure(found: Evaluated, held: Sequence[_Held], examples: Sequence[Example], known: Standing) -> None:
    shares = np.array([held[place].score for place in known.places])
    lost = [max((each.amount or 0.0 for each in examples[place].outcomes), default=0.0) for place in known.places]
    money = np.array(lost) * known.leaked
    found.figures = evaluate(shares, known.leaked, weights=known.weights, money=money if money.any() else None)


def _yes(value: Any) -> bool | None:
    return value if isinstance(value, bool) else _YES.get(str(value).lower())


def _amount(value: Any) -> float:
    try:
        return max(0.0, float(value))
    except (TypeError, ValueError):
        return 0.0
