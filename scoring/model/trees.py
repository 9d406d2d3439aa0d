"""The trees of a model: predictions and exact contributions (TreeSHAP), computed by the library that fitted them."""

from __future__ import annotations

import ctypes
import json
from array import array
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from math import inf, nan, prod
from operator import itemgetter
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from weakref import finalize

from scoring.features.vector import positions
from scoring.model import ubjson
from scoring.model.errors import ModelRefused
from scoring.model.jsons import listed, text
from scoring.model.library import called, library

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARGIN: Final = 1
_CONTRIBUTIONS: Final = 2
_ROWS: Final = 4_096
"""So many rows are given to the library at once: memory stays bounded however many deals are scored."""


class Booster:
    """A model in the library's memory. One thread at a time computes with it; the others wait a fraction of a millisecond."""

    __slots__ = ("__weakref__", "_handle", "_lock")

    def __init__(self, ubj: bytes) -> None:
        self._lock = Lock()
        self._handle = ctypes.c_void_p()
        called("XGBoosterCreate", None, ctypes.c_uint64(0), ctypes.byref(self._handle))
        finalize(self, library().XGBoosterFree, self._handle)
        called("XGBoosterLoadModelFromBuffer", self._handle, ubj, ctypes.c_uint64(len(ubj)))
        # One thread: the web server has its own, and a library that starts threads does not survive a fork.
        called("XGBoosterSetParam", self._handle, b"nthread", b"1")

    def computed(self, matrix: ctypes.c_void_p, kind: int) -> list[float]:
        """The prediction of every row, one after the other."""
        shape, dimensions = ctypes.POINTER(ctypes.c_uint64)(), ctypes.c_uint64()
        result = ctypes.POINTER(ctypes.c_float)()
        with self._lock:  # the result lies in the booster's memory until the next call
            called(
                "XGBoosterPredictFromDMatrix",
                self._handle,
                matrix,
                _asked(kind),
                ctypes.byref(shape),
                ctypes.byref(dimensions),
                ctypes.byref(result),
            )
            found: list[float] = result[: prod(shape[: dimensions.value])]
            return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees:
    """A booster as UBJSON, and the features that are its columns, in order.

    Rows hold exactly these features; NaN is not known, and so is what is infinite or beyond 32 bits. `outputs` is the number
    of values a row has: 1, or the number of classes. Raises ModelRefused for what is no such booster, LibraryUnavailable
    where the library is not installed.
    """

    ubj: bytes = field(repr=False)
    features: tuple[str, ...]
    outputs: int = field(init=False)
    _booster: Booster = field(init=False, repr=False, compare=False)
    _pick: itemgetter[Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        unknown = [each for each in self.features if each not in positions()]
        if unknown or not self.features:
            raise ModelRefused([f"the trees see what is no feature: {', '.join(unknown) or 'nothing at all'}"])
        shape = ubjson.shape_of(self.ubj)
        if shape.columns != len(self.features):
            raise ModelRefused([f"the trees have {shape.columns} columns, and {len(self.features)} features are named"])
        object.__setattr__(self, "outputs", shape.outputs)
        object.__setattr__(self, "_booster", Booster(self.ubj))
        object.__setattr__(self, "_pick", _picker(self.features))

    @staticmethod
    def of_bytes(ubj: bytes, features: Sequence[str]) -> Trees:
        """The trees of a booster saved as UBJSON, and the names of its columns."""
        return Trees(ubj=ubj, features=tuple(features))

    def row(self, values: tuple[float, ...]) -> tuple[float, ...]:
        """The columns of a deal from the numbers of its vector."""
        picked: tuple[float, ...] = self._pick(values)
        return picked

    def margins(self, rows: Sequence[Sequence[float]], base: Sequence[float] | None = None) -> list[float]:
        """The margin of each row, in one call. `base` is what the trees were boosted on, by row; None is their own."""
        self._single()
        return self._computed(rows, base, _MARGIN)[0]

    def outputs_of(self, rows: Sequence[Sequence[float]]) -> list[list[float]]:
        """All values of each row before any transformation: one a class, or one."""
        return _split(self._computed(rows, None, _MARGIN)[0], self.outputs)

    def contributions(self, row: Sequence[float], base: float | None = None) -> list[float]:
        """What each column adds to the margin, in log-odds, and last what no column does: the average, `base` included."""
        return self.contributions_of([row], None if base is None else [base])[0]

    def contributions_of(
        self, rows: Sequence[Sequence[float]], base: Sequence[float] | None = None
    ) -> list[list[float]]:
        """The contributions of each row, in one call."""
        self._single()
        return _split(self._computed(rows, base, _CONTRIBUTIONS)[0], len(self.features) + 1)

    def explained(
        self, rows: Sequence[Sequence[float]], base: Sequence[float] | None = None
    ) -> tuple[list[float], list[list[float]]]:
        """The margins and the contributions of rows that are handed over once."""
        self._single()
        margins, added = self._computed(rows, base, _MARGIN, _CONTRIBUTIONS)
        return margins, _split(added, len(self.features) + 1)

    def as_json(self) -> dict[str, Any]:
        """Everything but the booster, which stands in a file of its own."""
        return {"features": list(self.features)}

    @staticmethod
    def of_json(saved: Mapping[str, Any], ubj: bytes) -> Trees:
        """The trees that `as_json` and `ubj` hold."""
        features = [text(each, "a feature") for each in listed(saved["features"], "the trees' features")]
        return Trees.of_bytes(ubj, features)

    def _single(self) -> None:
        if self.outputs != 1:
            raise ValueError(f"these trees give {self.outputs} values a row, not a margin")

    def _computed(
        self, rows: Sequence[Sequence[float]], base: Sequence[float] | None, *kinds: int
    ) -> list[list[float]]:
        """The values of all rows, for each kind of prediction."""
        found: list[list[float]] = [[] for _ in kinds]
        for at in range(0, len(rows), _ROWS):
            part = rows[at : at + _ROWS]
            with _matrix(part, len(self.features), base[at : at + _ROWS] if base is not None else None) as matrix:
                for values, kind in zip(found, kinds, strict=True):
                    values.extend(self._booster.computed(matrix, kind))
        return found


@contextmanager
def _matrix(rows: Sequence[Sequence[float]], width: int, base: Sequence[float] | None) -> Iterator[ctypes.c_void_p]:
    """The rows as the library takes them, for as long as they are computed with."""
    numbers = array("f")
    for row in rows:
        numbers.extend(row)
    if len(numbers) != width * len(rows):
        raise ValueError(f"each row must have {width} numbers")
    if inf in numbers or -inf in numbers:
        numbers = array("f", [nan if each in {inf, -inf} else each for each in numbers])
    matrix = ctypes.c_void_p()
    shape = _interface(numbers, len(rows), width)
    called("XGDMatrixCreateFromDense", shape, b'{"missing":NaN,"nthread":1}', ctypes.byref(matrix))
    try:
        if base is not None:
            start = array("f", base)
            called("XGDMatrixSetInfoFromInterface", matrix, b"base_margin", _interface(start, len(rows)))
        yield matrix
    finally:
        library().XGDMatrixFree(matrix)


def _interface(numbers: array[float], *shape: int) -> bytes:
    """Where the numbers lie, as the array interface describes it (version 3)."""
    address, _ = numbers.buffer_info()
    return json.dumps({"data": [address, True], "shape": shape, "typestr": "<f4", "version": 3}).encode()


@cache
def _asked(kind: int) -> bytes:
    asked = {"type": kind, "training": False, "iteration_begin": 0, "iteration_end": 0, "strict_shape": False}
    return json.dumps(asked).encode()


def _picker(features: tuple[str, ...]) -> itemgetter[Any]:
    at = [positions()[each] for each in features]
    # Of a single position itemgetter would give the number itself, and not a row of one.
    return itemgetter(*at) if len(at) > 1 else itemgetter(slice(at[0], at[0] + 1))


def _split(values: list[float], width: int) -> list[list[float]]:
    return [values[at : at + width] for at in range(0, len(values), width)]
