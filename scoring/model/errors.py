"""What a model is refused for, in words."""

from __future__ import annotations

from collections.abc import Sequence


class ModelRefused(ValueError):  # noqa: N818 - it says what happened
    """A model that cannot be served. `reasons` are sentences that a person can act on."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(self.reasons))


class StoreAway(ModelRefused):
    """The store that holds the models cannot be reached, or answers with an error: nothing is said of the models themselves."""


class LibraryUnavailable(RuntimeError):  # noqa: N818 - it says what is wrong
    """The library that computes trees is not installed, or cannot be loaded; the message says which."""


class NoSuchVersion(LookupError):  # noqa: N818 - it says what is wrong
    """A version of a model that does not stand in the folder."""


class Malformed(ValueError):  # noqa: N818 - it says what is wrong
    """A number, a text or a list of a model that is none."""
