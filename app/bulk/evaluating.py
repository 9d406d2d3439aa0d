"""A model held against quotes of which somebody knows what turned out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from app.bulk.scoring import Answered, Model, Scoring
from app.learning.judging import RuleTexts
from app.learning.links import outcomes_in
from app.portions import worked
from scoring.training.evaluate import evaluate

if TYPE_CHECKING:
    from app.files.rows import Advance
    from app.importing.reading import Opened
    from app.rules import Rules
    from app.store import Document

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

    @property
    def notes(self) -> tuple[str, ...]:
        """What the figures do not say by themselves."""
        if not self.older:
            return ()
        made = f"{self.older:,} of the quotes were made before the model was trained"
        return (f"{made}: it may have learned from them, and is flattered by them.",)

    def as_json(self) -> dict[str, Any]:
        return {
            "quotes": self.quotes,
            "refused": self.refused,
            "made_before_training": self.older,
            "figures": self.figures,
            "verdicts": self.verdicts,
            "notes": list(self.notes),
        }


def evaluated(
    opened: Opened, rules: Rules, model: Model, outcomes: Iterable[Document] | None, workers: int, advance: Advance
) -> Evaluated:
    """Score every quote as of the day it was made and hold the labelled ones against their labels."""
    known = {}
    for outcome in sorted(outcomes_in(outcomes or ()), key=lambda each: str(each.discovered_at)):
        known[outcome.subject.id] = (outcome.leaked, outcome.amount)
    found = Evaluated()
    trained_at = model.scorer().package.manifest.created_at
    rows: list[tuple[float, float, float]] = []
    scoring = Scoring(
        texts=RuleTexts.of(rules), form=opened.form, model=model, as_of=None, now=datetime.now(UTC), explained=False
    )
    few = opened.path.stat().st_size <= FEW_BYTES
    for answered in worked(scoring, opened.portions(), 0 if few else workers):
        _take(found, answered, known, trained_at, rows, str(opened.path))
        advance(answered.share, found.quotes)
    shares, leaked, money = (np.array(each) for each in zip(*rows, strict=True)) if rows else (np.empty(0),) * 3
    found.figures = evaluate(shares, leaked, money=money if money.any() else None)
    return found


def _take(
    found: Evaluated,
    answered: Answered,
    known: dict[str, tuple[bool, Any]],
    trained_at: datetime,
    rows: list[tuple[float, float, float]],
    name: str,
) -> None:
    for each in answered.refused:
        found.refused += 1
        if len(found.told) < _TOLD:
            found.told.append(f"  {name}:{each.place}: {'; '.join(each.reasons[:3])}")
    for row, label, made_at in zip(answered.rows, answered.labels, answered.made_at, strict=True):
        found.quotes += 1
        leaked, amount = known.get(row.quote_id, (_yes(label.leaked), label.amount))
        if leaked is None or row.score is None:
            continue
        found.older += made_at is not None and made_at <= trained_at
        counts = found.verdicts.setdefault(row.verdict, {"leaked": 0, "clean": 0})
        counts["leaked" if leaked else "clean"] += 1
        rows.append((float(row.score), float(leaked), _amount(amount) if leaked else 0.0))


def _yes(value: Any) -> bool | None:
    return value if isinstance(value, bool) else _YES.get(str(value).lower())


def _amount(value: Any) -> float:
    try:
        return max(0.0, float(value))
    except (TypeError, ValueError):
        return 0.0
