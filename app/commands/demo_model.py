"""The simulated company's model: learned from its own history, in a program of its own."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Final

from policies.domain.company import Thresholds

_WENT_WELL: Final = (0, 1)


def worth_learning(outcomes: int) -> bool:
    """Whether so many outcomes may be enough."""
    return outcomes >= Thresholds().minimum_outcomes


def learn(home: Path, as_of: datetime) -> bool:
    """Train a model on what was known by the start of a day, and let it score. False where there was too little.

    It runs as a program of its own: what models are trained with is not to be loaded where quotes are served.
    """
    day = as_of.date().isoformat()
    told = subprocess.run(  # noqa: S603 - our own program, and nothing that was sent
        [sys.executable, "-m", "app", "train", "--home", str(home), "--as-of", day, "--by", "demo", "--json"],
        capture_output=True,
        check=False,
    )
    return told.returncode in _WENT_WELL
