"""Reading UBJSON far enough to know that a booster is whole before the library is given it.

The library trusts what it reads: a file that names a child beyond its tree would be followed there. So every tree is looked
at first. The format is https://ubjson.org, draft 12, with the typed arrays that XGBoost writes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from scoring.model.errors import ModelRefused

_SIZES: Final = {"i": "b", "U": "B", "I": "h", "l": "i", "L": "q", "d": "f", "D": "d"}
_WORDS: Final = {"Z": None, "T": True, "F": False}
_DEEPEST: Final = 64
_OBJECTIVES: Final = ("binary:", "reg:", "multi:softprob", "count:poisson", "survival:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a booster takes and gives: numbers a row, values a row, and how many trees."""

    columns: int
    outputs: int
    trees: int


def shape_of(ubj: bytes) -> Shape:
    """What a booster takes and gives. Raises ModelRefused where it is no UBJSON, no booster, or has a tree that is not one."""
    try:
        learner = read(ubj)["learner"]
        parameters, booster = learner["learner_model_param"], learner["gradient_booster"]
        objective, trees = learner["objective"]["name"], booster["model"]["trees"]
        columns, classes = int(parameters["num_feature"]), int(parameters["num_class"])
        targets = int(parameters.get("num_target", 1))
    except (KeyError, TypeError, ValueError) as broken:
        if isinstance(broken, ModelRefused):
            raise
        raise ModelRefused([f"the trees are UBJSON, but no booster: {broken!r} is missing"]) from broken
    if booster.get("name") != "gbtree" or not str(objective).startswith(_OBJECTIVES) or targets > 1:
        raise ModelRefused([f"trees of the kind {booster.get('name')} for {objective} are not served"])
    for number, tree in enumerate(trees):
        _check(tree, number, columns)
    return Shape(columns=columns, outputs=max(1, classes), trees=len(trees))


def _check(tree: Any, number: int, columns: int) -> None:
    """A tree whose nodes point at nodes after them and at columns that there are."""
    try:
        left, right, split = tree["left_children"], tree["right_children"], tree["split_indices"]
        size = len(left)
        fits = size and all(len(tree[each]) == size for each in ("right_children", "split_indices", "split_conditions"))
        sound = fits and all(
            (low == high == -1) or (0 <= low < size and 0 <= high < size and 0 <= column < columns)
            for low, high, column in zip(left, right, split, strict=True)
        )
        walked = bool(sound) and not any(tree.get("split_type", ())) and _is_a_tree(left, right)
    except (KeyError, TypeError, ValueError) as broken:
        raise ModelRefused([f"tree {number} is none: {broken!r}"]) from broken
    if not walked:
        raise ModelRefused([f"tree {number} points beyond itself, or splits by category"])


def _is_a_tree(left: list[int], right: list[int]) -> bool:
    """Whether every node is reached once at most: nothing leads in a circle."""
    waiting, seen = [0], 0
    while waiting:
        node = waiting.pop()
        seen += 1
        if seen > len(left):
            return False
        if left[node] != -1:
            waiting += (left[node], right[node])
    return True


def read(data: bytes) -> dict[str, Any]:
    """The object that UBJSON holds. Raises ModelRefused where it is none, or ends too early."""
    reader = _Reader(data)
    try:
        found = reader.value(reader.marker(), 0)
    except (struct.error, UnicodeDecodeError) as broken:
        raise ModelRefused([f"the trees are no UBJSON: {broken} at byte {reader.at}"]) from broken
    if not isinstance(found, dict) or reader.at != len(data):
        raise ModelRefused(["the trees are no UBJSON object, or something follows it"])
    return found


class _Reader:
    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def marker(self) -> str:
        if self.at >= len(self.data):
            self._refuse("it ends too early")
        self.at += 1
        return chr(self.data[self.at - 1])

    def value(self, marker: str, depth: int) -> Any:
        if depth > _DEEPEST:
            self._refuse("it is nested too deeply")
        if marker in _SIZES:
            return self._number(marker)
        if marker in _WORDS:
            return _WORDS[marker]
        if marker in "[{":
            return self._array(depth) if marker == "[" else self._object(depth)
        if marker not in "SC":
            self._refuse(f"{marker!r} is no kind of value")
        return self._text() if marker == "S" else self.marker()

    def _number(self, marker: str) -> float:
        form = ">" + _SIZES[marker]
        (found,) = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        number: float = found
        return number

    def _count(self) -> int:
        marker = self.marker()
        count = self._number(marker) if marker in "iUIlL" else -1
        if not 0 <= count <= len(self.data):
            self._refuse("a length is none")
        return int(count)

    def _text(self) -> str:
        length = self._count()
        end = self.at + length
        if end > len(self.data):
            self._refuse("a text ends too early")
        found = self.data[self.at : end].decode()
        self.at = end
        return found

    def _array(self, depth: int) -> list[Any]:
        kind, count = self._header()
        if kind is not None and count is not None and kind in _SIZES:
            found = struct.unpack_from(f">{count}{_SIZES[kind]}", self.data, self.at)
            self.at += struct.calcsize(f">{count}{_SIZES[kind]}")
            return list(found)
        if count is not None:
            return [self.value(kind or self.marker(), depth + 1) for _ in range(count)]
        items = []
        while (marker := self.marker()) != "]":
            items.append(self.value(marker, depth + 1))
        return items

    def _object(self, depth: int) -> dict[str, Any]:
        kind, count = self._header()
        found: dict[str, Any] = {}
        while count is None or len(found) < count:
            if count is None and self.data[self.at : self.at + 1] == b"}":
                self.at += 1
                break
            name = self._text()
            if name in found:
                self._refuse(f"{name!r} stands twice")
            found[name] = self.value(kind or self.marker(), depth + 1)
        return found

    def _header(self) -> tuple[str | None, int | None]:
        """The kind and number of what follows, where they are stated."""
        kind = count = None
        if self.data[self.at : self.at + 1] == b"$":
            self.at += 1
            kind = self.marker()
        if self.data[self.at : self.at + 1] == b"#":
            self.at += 1
            count = self._count()
        elif kind is not None:
            self._refuse("a kind without a number")
        return kind, count

    def _refuse(self, because: str) -> NoReturn:
        raise ModelRefused([f"the trees are no UBJSON: {because} (byte {self.at})"])
