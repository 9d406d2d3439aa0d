"""What nothing can be learned from, in words."""

from __future__ import annotations

from collections.abc import Sequence


class CannotLearn(ValueError):  # noqa: N818 - it says what happened
    """A history that no model can be fitted to. `reasons` are sentences that a person can act on."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(self.reasons))
