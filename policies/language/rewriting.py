"""Trees made from trees: without any fact taken as guarded, and with null tests that doubt."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from policies.language.kinds import BOOLEAN
from policies.language.tree import Arithmetic, Choice, Constant, IfThere, IsNull, Logical, Node, Not, Path, walk
from policies.language.vocabulary import Absence, Field


def rewritten(node: Node, change: Callable[[Node], Node]) -> Node:
    """The same tree with every node changed, the lowest first."""
    changes: dict[str, Any] = {}
    for name in node.parts:
        value = getattr(node, name)
        if isinstance(value, tuple):
            changes[name] = tuple(rewritten(part, change) for part in value)
        elif value is not None:
            changes[name] = rewritten(value, change)
    return change(dataclasses.replace(node, **changes) if changes else node)


def unproven(node: Node) -> Node:
    """The same tree with no fact taken as guarded, for evaluation outside of its guards."""
    return rewritten(node, _forgotten)


def _forgotten(node: Node) -> Node:
    match node:
        case Path():
            return dataclasses.replace(node, open=node.nullable)
        case Arithmetic(operator="/") if not isinstance(node.right, Constant):
            return dataclasses.replace(node, proven=False)
        case _:
            return node


def doubting(node: Node) -> Node:
    """A condition whose null tests have no answer where they fail only because something is not known."""
    return _doubted(unproven(node), wanted=True)


def doubts(node: Node) -> list[Path]:
    """The paths by whose absence a condition would be doubted."""
    return [inner.operand for inner in walk(doubting(node)) if isinstance(inner, IfThere)]


def _doubted(node: Node, *, wanted: bool) -> Node:
    """`wanted` is the outcome that would let the whole condition hold; a test that absence turns away from it doubts."""
    match node:
        case Logical():
            return dataclasses.replace(node, items=tuple(_doubted(item, wanted=wanted) for item in node.items))
        case Not():
            return dataclasses.replace(node, operand=_doubted(node.operand, wanted=not wanted))
        case IsNull(operand=Path() as path) if node.negated is wanted:
            there = _there(path)
            return there if wanted else Not(operand=there)
        case _:
            return node


def _there(path: Path) -> Node:
    """Whether a path leads to a value, with no answer where a fact on the way is not known."""
    nullable = [place for place, step in enumerate(path.steps) if step.nullable]
    if not nullable:
        return IsNull(operand=path, negated=True)
    *before, there = [_test(path, place) for place in nullable]
    for test in reversed(before):
        # The first step that leads nowhere decides, whatever would be said of those after it.
        there = Choice(type=BOOLEAN, condition=test, then=there, otherwise=Constant(type=BOOLEAN, value=False))
    return there


def _is_doubtful(step: Field) -> bool:
    return step.note.absence is Absence.UNKNOWN


def _test(path: Path, place: int) -> Node:
    """Whether what one step leads to is there; without an answer where its absence means that it is not known."""
    step = path.steps[place]
    there = dataclasses.replace(path, steps=path.steps[: place + 1], type=step.type, open=True)
    return IfThere(operand=there) if _is_doubtful(step) else IsNull(operand=there, negated=True)
