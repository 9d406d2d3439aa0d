"""What is known of each deal as of a moment: its label, how that came to be known, and after how many days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf, nan
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scoring.training.examples import Example, Known

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """One entry a deal that could leak, in the order of `rows`, its places among the examples.

    `leaked` is 1, 0, or NaN where nothing is known yet. `age` and `delay` are days since the deal was made, until now and
    until the outcome was discovered: infinite age and delay 0 where no day is stated. `made` is in seconds since 1970.
    """

    rows: NDArray[np.intp]
    leaked: Numbers
    source: tuple[str, ...]
    age: Numbers
    delay: Numbers
    made: Numbers
    counts: dict[str, Any]

    @property
    def known(self) -> Flags:
        """Which deals have an outcome."""
        return ~np.isnan(self.leaked)

    @property
    def dated(self) -> bool:
        """Whether the deals say when they were made: nearly all of them."""
        return bool(np.isfinite(self.age).mean() > 0.9) if len(self.age) else False

    def of(self, places: NDArray[Any]) -> Labels:
        """The labels of some of the deals, by place or by flag."""
        chosen = np.arange(len(self.rows))[places]
        return Labels(
            rows=self.rows[chosen],
            leaked=self.leaked[chosen],
            source=tuple([self.source[at] for at in chosen]),
            age=self.age[chosen],
            delay=self.delay[chosen],
            made=self.made[chosen],
            counts=self.counts,
        )


def labels(examples: Sequence[Example], as_of: datetime) -> Labels:
    """What was known as of a moment. Of outcomes that contradict each other the later holds, and they are counted.

    A deal that was not signed could not leak and is left out, unless an outcome of it is known; one made after the moment
    is left out too, and an outcome discovered after it is not known yet.
    """
    counts: Counter[str] = Counter()
    found: list[tuple[int, float, str, float, float, float]] = []
    for row, example in enumerate(examples):
        made = example.made_at
        counts["quotes"] += 1
        counts["blocked"] += example.blocked
        counts["overridden"] += example.overridden
        if made is not None and made > as_of:
            counts["made_later"] += 1
            continue
        held = _held(example, as_of, counts)
        if held is None and not example.accepted:
            counts["not_signed"] += 1
            continue
        found.append((row, *_label(example, held, as_of)))
    return _together(found, counts)


def _held(example: Example, as_of: datetime, counts: Counter[str]) -> Known | None:
    """The outcome that holds: the one discovered last; of those of the same moment, that of a leak."""
    told = [each for each in example.outcomes if each.discovered_at is None or each.discovered_at <= as_of]
    counts["discovered_later"] += len(example.outcomes) - len(told)
    if not told:
        return None
    counts["contradicted"] += len({each.leaked for each in told}) > 1
    counts["outcomes"] += 1
    return max(told, key=lambda each: (_moment(each), each.leaked))


def _moment(known: Known) -> float:
    return known.discovered_at.timestamp() if known.discovered_at is not None else -inf


def _label(example: Example, held: Known | None, as_of: datetime) -> tuple[float, str, float, float, float]:
    made = example.made_at
    since = made.timestamp() if made is not None else nan
    age = (as_of.timestamp() - since) / DAY if made is not None else inf
    if held is None:
        return nan, "", age, nan, since
    late = (
        (held.discovered_at.timestamp() - since) / DAY if held.discovered_at is not None and made is not None else 0.0
    )
    return float(held.leaked), held.source, age, max(0.0, late), since


def _together(found: list[tuple[int, float, str, float, float, float]], counts: Counter[str]) -> Labels:
    rows, leaked, source, age, delay, made = zip(*found, strict=True) if found else ((), (), (), (), (), ())
    by_source: dict[str, list[int]] = {}
    for name, value in zip(source, leaked, strict=True):
        if name:
            by_source.setdefault(name, [0, 0])[0 if value else 1] += 1
    return Labels(
        rows=np.array(rows, dtype=np.intp),
        leaked=np.array(leaked, dtype=float),
        source=tuple(source),
        age=np.array(age, dtype=float),
        delay=np.array(delay, dtype=float),
        made=np.array(made, dtype=float),
        counts={**counts, "sources": {name: tuple(both) for name, both in sorted(by_source.items())}},
    )
