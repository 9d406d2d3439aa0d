"""What a condition proves: which facts are there and which divisors are not zero, once it holds or fails.

Everything claimed here is true whenever the condition did not come out the other way, so also where it could not be
told. That is what lets the right side of `and` and `or` be evaluated in Kleene's logic without being guarded again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Final

from policies.language.tree import Comparison, Constant, IsNull, Logical, Node, Not, OneOf, Path
from policies.language.vocabulary import Key

_FLIPPED: Final = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE: Final = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is proven. `everything` stands for a refused condition, so that it causes no further problems."""

    present: frozenset[Key] = frozenset()
    nonzero: frozenset[Key] = frozenset()
    everything: bool = False

    def __or__(self, other: Facts) -> Facts:
        """Both hold."""
        return Facts(self.present | other.present, self.nonzero | other.nonzero, self.everything or other.everything)

    def __and__(self, other: Facts) -> Facts:
        """What is proven either way."""
        if self.everything or other.everything:
            return other if self.everything else self
        return Facts(self.present & other.present, self.nonzero & other.nonzero)


NOTHING: Final = Facts()
EVERYTHING: Final = Facts(everything=True)


def holds(node: Node) -> Facts:
    """What is proven unless the condition is false."""
    return _proven(node, outcome=True)


def fails(node: Node) -> Facts:
    """What is proven unless the condition is true."""
    return _proven(node, outcome=False)


def _proven(node: Node, *, outcome: bool) -> Facts:
    facts = NOTHING
    match node:
        case Not():
            facts = _proven(node.operand, outcome=not outcome)
        case Logical():
            parts = [_proven(item, outcome=outcome) for item in node.items]
            facts = _all(parts) if (node.connective == "and") is outcome else _either(parts)
        case IsNull(operand=Path() as path) if node.negated is outcome:
            facts = Facts(present=_prefixes(path))
        case Comparison():
            facts = _nonzero(node, node.operator if outcome else _OPPOSITE[node.operator])
        case OneOf(operand=Path() as path) if node.negated is not outcome and 0 not in node.values:
            facts = Facts(nonzero=frozenset({path.key}))
    return facts


def _all(facts: Iterable[Facts]) -> Facts:
    return reduce(lambda left, right: left | right, facts, NOTHING)


def _either(facts: Iterable[Facts]) -> Facts:
    return reduce(lambda left, right: left & right, facts)


def _prefixes(path: Path) -> frozenset[Key]:
    """Where a value is there, so is every record on the way to it."""
    keys: list[Key] = []
    key: Key = (path.anchor,)
    for step in path.steps:
        key += step.hops
        keys.append(key)
    return frozenset(keys)


def _nonzero(node: Comparison, operator: str) -> Facts:
    """`x > 0` and the like: a path compared with a number written beside it."""
    left, right = node.left, node.right
    if isinstance(right, Path):
        left, right, operator = right, left, _FLIPPED[operator]
    if not isinstance(left, Path) or not isinstance(right, Constant) or not isinstance(right.value, int | Decimal):
        return NOTHING
    bound = right.value
    excludes_zero = {
        "==": bound != 0,
        "!=": bound == 0,
        ">": bound >= 0,
        ">=": bound > 0,
        "<": bound <= 0,
        "<=": bound < 0,
    }[operator]
    return Facts(nonzero=frozenset({left.key})) if excludes_zero else NOTHING
