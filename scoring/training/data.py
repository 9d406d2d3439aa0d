"""The deals that are learned from, as tables: what is known of them, their numbers, and the columns of the fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from scoring.training.errors import CannotLearn
from scoring.training.labels import labels
from scoring.training.logistic import Design, design
from scoring.training.matrix import Basis, basis, table
from scoring.training.silence import silence, sources

if TYPE_CHECKING:
    from datetime import datetime

    from scoring.features import FeatureVector
    from scoring.training.examples import Example
    from scoring.training.labels import Labels, Numbers
    from scoring.training.silence import Silence

ENOUGH: Final = 200
"""So many known outcomes are needed, unless the company says otherwise."""

ENOUGH_LEAKS: Final = 20
"""And so many leaks among them, and clean deals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """One row a deal that could leak. `made` is what the model is fitted to, `plain` the numbers alone, without bends or names."""

    labels: Labels
    values: Numbers
    basis: Basis
    made: Design
    plain_basis: Basis
    plain: Design

    def of(self, places: Any) -> Data:
        """Some of the deals, with the same columns."""
        return replace(
            self,
            labels=self.labels.of(places),
            values=self.values[places],
            made=self.made.of(places),
            plain=self.plain.of(places),
        )


def data(found: Labels, vectors: Sequence[FeatureVector]) -> Data:
    """The tables of labelled deals; `vectors` are theirs, in the same order."""
    values = table(vectors)
    bent, plain = basis(values, vectors), basis(values, (), bends=False, everything=True)
    indicators = bent.indicators(vectors)
    return Data(
        labels=found,
        values=values,
        basis=bent,
        made=design(bent, bent.dense(values), indicators),
        plain_basis=plain,
        plain=design(plain, plain.dense(values), indicators[:, :0], signed=False),
    )


def quiet(found: Data) -> Silence:
    """What silence says of the deals, from their numbers alone: who sold a deal has no part in whether it is looked at."""
    terms = found.made.dense
    seen = Design(
        dense=terms,
        indicators=found.made.indicators[:, :0],
        groups=found.made.groups[: terms.shape[1]],
        directions=np.zeros(terms.shape[1], dtype=int),
    )
    return silence(found.labels, seen)


def learnable(examples: Sequence[Example], as_of: datetime, enough: int = ENOUGH) -> Labels:
    """The labels as of a moment. Raises CannotLearn, with every reason, where they are too few or of one kind."""
    found = labels(examples, as_of)
    known = int(found.known.sum())
    leaks = int((found.leaked == 1.0).sum())
    reasons = []
    of_all = f"of the {known} outcomes that are known by {as_of:%Y-%m-%d}"
    if known < enough:
        reasons.append(f"{known} outcomes are known by {as_of:%Y-%m-%d}, and {enough} are needed: import more of them")
    if leaks < ENOUGH_LEAKS:
        reasons.append(f"{leaks} {of_all} are leaks, and {ENOUGH_LEAKS} are needed to tell leaks from clean deals")
    if not sources(found).looking and not found.dated:
        reasons.append(
            "every source reports one kind of outcome only, and the deals bear no day: nothing tells which deals are clean"
        )
    elif sources(found).looking and known - leaks < ENOUGH_LEAKS:
        reasons.append(f"{known - leaks} {of_all} are clean deals, and {ENOUGH_LEAKS} are needed: import those as well")
    if reasons:
        raise CannotLearn(reasons)
    return found
