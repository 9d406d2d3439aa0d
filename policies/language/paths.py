"""Dotted paths: from the words to the fields, with everything on the way that may be absent."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from policies.language.flow import Checking, Each, Flow
from policies.language.functions import FUNCTIONS
from policies.language.kinds import UNKNOWN, Kind, Type
from policies.language.narrowing import Facts
from policies.language.problem import Span, did_you_mean
from policies.language.syntax import span_of
from policies.language.tree import Node, Path
from policies.language.vocabulary import Anchor, Field, Name, Scope


def words_of(node: ast.expr) -> list[tuple[str, Span]] | None:
    """The words of a dotted path with their places; None where the node is something else."""
    words: list[tuple[str, Span]] = []
    while isinstance(node, ast.Attribute):
        end = span_of(node).end
        words.append((node.attr, Span(end - len(node.attr), end)))
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    words.append((node.id, span_of(node)))
    return words[::-1]


def resolve(checking: Checking, node: ast.expr, flow: Flow) -> Node:
    """The typed path; an unknown word, or a fact that may be absent and is not guarded, is refused."""
    words = words_of(node)
    if words is None:
        return checking.refuse("only a name can have fields", span_of(node))
    start = _start(checking.scope, words[0][0], flow)
    if start is None:
        hint = _suggest_name(checking, words[0][0], flow)
        return checking.refuse(f"{words[0][0]} is not a name that is known here", words[0][1], hint)
    steps = list(start.steps)
    reached = start.type
    said = start.name
    for word, span in words[1:]:
        field = checking.scope.fields_of(reached).get(word)
        if field is None:
            return checking.refuse(*_no_field(checking, said, reached, word, span))
        steps.append(field)
        reached = field.type
        said = f"{said}.{word}"
    path = Path(
        type=reached,
        span=span_of(node),
        unit=steps[-1].unit if steps else None,
        text=said,
        anchor=start.anchor,
        steps=tuple(steps),
        open=False,
    )
    return _guarded(checking, path, flow)


def _start(scope: Scope, word: str, flow: Flow) -> Name | None:
    if flow.each is not None and word == flow.each.variable:
        return Name(word, "each", (), flow.each.type)
    return scope.names.get(word)


def _guarded(checking: Checking, path: Path, flow: Flow) -> Path:
    """The path, open where a fact on it may be absent. A missing guard is told once, and then taken as written."""
    holes = list(_holes(path.anchor, path.steps, flow.facts))
    if not flow.lenient and not all(field.note.expected for field in holes):
        if path.key not in checking.unguarded:
            checking.unguarded.add(path.key)
            test = f"`{path.text} != null`"
            hint = f"guard it: test {test} first, or say what stands in for it: `coalesce({path.text}, ...)`"
            checking.refuse(f"{path.text} may be absent", path.span, hint)
        return path
    return replace(path, open=bool(holes))


def _holes(anchor: Anchor, steps: tuple[Field, ...], facts: Facts) -> Iterator[Field]:
    """The fields on the way that may be absent, and of which nothing proves that they are there."""
    key: tuple[str, ...] = (anchor,)
    for field in steps:
        key += field.hops
        if field.nullable and key not in facts.present and not facts.everything:
            yield field


def _no_field(checking: Checking, said: str, reached: Type, word: str, span: Span) -> tuple[str, Span, str | None]:
    if reached.kind is Kind.LIST:
        hint = f"ask about its items: `any(... for x in {said})`, or `count({said})`"
        return f"{said} is {reached} and has no field {word}", span, hint
    if reached.kind is not Kind.RECORD:
        return f"{said} is {reached} and has no field {word}", span, None
    known = checking.scope.fields_of(reached)
    return f"{said} has no field {word}", span, did_you_mean(word, known, lead=f"{said}.")


def _suggest_name(checking: Checking, word: str, flow: Flow) -> str | None:
    """The likeliest thing meant: a field without its record, a word in need of quotes, a name of another scope."""
    scope = checking.scope
    for subject, spoken in scope.vocabulary.subjects.items():
        if word in spoken.names and word not in scope.names:
            return f"{word} is known only in a policy with `for_each: {subject}`"
    own = [*scope.names, *checking.tables, *([flow.each.variable] if flow.each is not None else [])]
    for name in scope.names.values():
        if word in scope.fields_of(name.type):
            return f"did you mean {name.name}.{word}?"
    if word in FUNCTIONS:
        return f"{word} is a function: `{FUNCTIONS[word].signature}`"
    return did_you_mean(word, own)


def item_of(items: Node, variable: str) -> Each:
    """The variable of a quantifier over a list."""
    return Each(variable, items.type.item if items.type.item is not None else UNKNOWN)
