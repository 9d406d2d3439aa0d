"""The fast backend: a node becomes Python source that relies on what the checker proved.

Every fact that a condition reads is loaded once into a local variable, null where anything on the way is null, which
is always safe. From then on a node is a Python expression that may be evaluated only where its `guards` hold; guards
are the null tests that the checker could not rule out. A condition with guards is three-valued: True, False, or None
where it cannot be told.

The source contains nothing that an author wrote: names come from the vocabulary, values are passed in by number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from policies.language.generated import Hop, Module, hops_of
from policies.language.kinds import BOOLEAN, DECIMAL, Kind
from policies.language.loops import loop
from policies.language.rewriting import unproven
from policies.language.tree import (
    Arithmetic,
    Call,
    Choice,
    Coalesce,
    Comparison,
    Constant,
    IfThere,
    InList,
    IsNull,
    Logical,
    Lookup,
    Negative,
    Node,
    Not,
    OneOf,
    Path,
    Quantifier,
    StatedNull,
    children,
)
from policies.language.vocabulary import Anchor, Field, Key

_CALLS: Final = MappingProxyType(
    {
        "min": "min({all})",
        "max": "max({all})",
        "abs": "abs({0})",
        "decimal": "Decimal({0})",
        "round": "rounded({all})",
        "days_between": "days_between({all})",
        "lower": "lower({0})",
        "date_of": "{0}.date()",
        "starts_with": "{0}.startswith({1})",
        "contains": "({1} in {0})",
    }
)


class Emitter:
    """Emits expressions for one generated function, and keeps account of the locals that they read.

    `outer` is the emitter of the function that calls this one: what stands outside of the loop is handed in by it.
    """

    def __init__(self, module: Module, outer: Emitter | None = None) -> None:
        self.module = module
        self.hoisted: dict[str, str] = {}
        self.passed: dict[str, None] = {}
        self._outer = outer
        self._locals: dict[Key, tuple[str, str]] = {}
        self._temporaries = 0
        self._handlers: Mapping[type[Node], Callable[[Any], tuple[list[str], str]]] = {
            Constant: self._constant,
            Path: self._path,
            IfThere: self._if_there,
            Choice: self._choice,
            Coalesce: self._coalesce,
            IsNull: self._is_null,
            StatedNull: self._stated_null,
            Quantifier: self._quantifier,
        }

    def loads(self, anchor: Anchor) -> list[str]:
        """The statements that load every local below one root, to stand before the expressions."""
        return [f"{name} = {load}" for key, (name, load) in self._locals.items() if key[0] == anchor]

    def condition(self, node: Node) -> str:
        """A condition as a Python expression: two-valued, or three-valued where the node lacks."""
        match node:
            case Logical():
                return self._logical(node)
            case Not():
                return self._not(node)
            case _:
                guards, code = self.value(node)
                return f"({code} if {' and '.join(guards)} else None)" if guards else code

    def value(self, node: Node) -> tuple[list[str], str]:
        """The guards of a node, and the expression that gives its value where they hold."""
        if node.type == BOOLEAN and isinstance(node, Logical | Not):
            code = self.condition(node)
            return self._kept(code) if node.lacks else ([], code)
        handler = self._handlers.get(type(node), self._strict)
        return handler(node)

    def place(self, anchor: Anchor, steps: tuple[Field, ...]) -> str:
        """The local variable that holds what a path leads to."""
        return self.local(anchor, hops_of(steps))

    def local(self, anchor: Anchor, hops: tuple[Hop, ...]) -> str:
        """The local variable that holds what stands at a place, null where anything on the way is."""
        if self._outer is not None and anchor != "each":
            name = self._outer.local(anchor, hops)
            self.passed[name] = None
            return name
        if not hops:
            return anchor
        key = (anchor, *[hop.name for hop in hops])
        if key not in self._locals:
            parent = self.local(anchor, hops[:-1])
            load = f"{parent}.{hops[-1].name}"
            if any(hop.nullable for hop in hops[:-1]):
                load = f"None if {parent} is None else {load}"
            self._locals[key] = (f"{anchor[0]}{len(self._locals)}", load)
        return self._locals[key][0]

    def temporary(self) -> str:
        self._temporaries += 1
        return f"t{self._temporaries}"

    def _kept(self, code: str) -> tuple[list[str], str]:
        """A value that may be None, evaluated once by its guard."""
        name = self.temporary()
        return [f"({name} := {code}) is not None"], name

    def _maybe(self, node: Node) -> str:
        """A node as one expression that is None where it has no value."""
        guards, code = self.value(node)
        return f"({code} if {' and '.join(guards)} else None)" if guards else code

    def _constant(self, node: Constant) -> tuple[list[str], str]:
        return [], self.module.constant(node.value)

    def _path(self, node: Path) -> tuple[list[str], str]:
        name = self.place(node.anchor, node.steps)
        return ([f"{name} is not None"] if node.lacks else []), name

    def _if_there(self, node: IfThere) -> tuple[list[str], str]:
        return [f"{self.place(node.operand.anchor, node.operand.steps)} is not None"], "True"

    def _logical(self, node: Logical) -> str:
        """Kleene's logic. Parts that always come out need no name; where only the last lacks, Python's own will do."""
        word = node.connective
        if not any(item.lacks for item in node.items[:-1]):
            return "(" + f" {word} ".join(self.condition(item) for item in node.items) + ")"
        decisive = word == "or"
        tests, names = [], []
        for item in node.items:
            code = self.condition(item)
            if item.lacks:
                names.append(self.temporary())
                code = f"({names[-1]} := {code}) is {decisive}"
            elif not decisive:
                code = f"not {code}"
            tests.append(code)
        untold = " or ".join(f"{name} is None" for name in names)
        return f"({decisive} if {' or '.join(tests)} else None if {untold} else {not decisive})"

    def _not(self, node: Not) -> str:
        code = self.condition(node.operand)
        if not node.lacks:
            return f"(not {code})"
        name = self.temporary()
        return f"(None if ({name} := {code}) is None else not {name})"

    def _choice(self, node: Choice) -> tuple[list[str], str]:
        condition = self.condition(node.condition)
        then, otherwise = self._maybe(node.then), self._maybe(node.otherwise)
        if not node.condition.lacks:
            code = f"({then} if {condition} else {otherwise})"
        else:
            name = self.temporary()
            code = f"(None if ({name} := {condition}) is None else {then} if {name} else {otherwise})"
        return self._kept(code) if node.lacks else ([], code)

    def _coalesce(self, node: Coalesce) -> tuple[list[str], str]:
        code = self._maybe(node.options[-1])
        for option in reversed(node.options[:-1]):
            guards, value = self.value(option)
            code = f"({value} if {' and '.join(guards)} else {code})" if guards else value
        return self._kept(code) if node.lacks else ([], code)

    def _is_null(self, node: IsNull) -> tuple[list[str], str]:
        path = node.operand if isinstance(node.operand, Path) else None
        code = self.place(path.anchor, path.steps) if path is not None else self._maybe(node.operand)
        return [], f"({code} {'is not' if node.negated else 'is'} None)"

    def _stated_null(self, node: StatedNull) -> tuple[list[str], str]:
        hops = (*hops_of(node.record.steps), *[Hop(name, nullable=False) for name in node.flag])
        flags = self.local(node.record.anchor, hops)
        return [], f"({flags} is not None and {self.module.constant(node.name)} in {flags})"

    def _strict(self, node: Node) -> tuple[list[str], str]:
        """A node that has a value where all of its parts have one."""
        guards: list[str] = []
        codes: list[str] = []
        parts = list(children(node))
        decimal = any(part.type.kind is Kind.DECIMAL for part in parts)
        for part in parts:
            more, code = self.value(_as_decimal(part) if decimal else part)
            guards.extend(guard for guard in more if guard not in guards)
            codes.append(code)
        if isinstance(node, Arithmetic) and not node.proven:
            divisor = self.temporary()
            guards.append(f"({divisor} := {codes[1]}) != 0")
            codes[1] = divisor
        return guards, self._operation(node, codes)

    def _operation(self, node: Node, codes: list[str]) -> str:
        match node:
            case Negative():
                code = f"(-{codes[0]})"
            case Arithmetic():
                code = _arithmetic(node, codes)
            case Comparison():
                code = _comparison(node, codes)
            case OneOf() | InList():
                items = self.module.constant(node.values) if isinstance(node, OneOf) else codes[1]
                code = f"({codes[0]} {'not in' if node.negated else 'in'} {items})"
            case Lookup():
                code = self._lookup(node, codes[0])
            case Call():
                code = _CALLS[node.function].format(*codes, all=", ".join(codes))
            case _:
                raise TypeError(f"no code for {type(node).__name__}")
        return code

    def _lookup(self, node: Lookup, code: str) -> str:
        table = node.table
        if table.values:
            return f"{self.module.constant(table.at)}({code})"
        # A member hashes slowly, its text does not.
        enumerated = table.key.kind is Kind.ENUM
        rows = {getattr(key, "value", key): value for key, value in table.rows.items()} if enumerated else table.rows
        get = self.module.constant(rows.get)
        return f"{get}({code}{'._value_' if enumerated else ''}, {self.module.constant(table.default)})"

    def _quantifier(self, node: Quantifier) -> tuple[list[str], str]:
        if not node.hoisted:
            return self._applied(node)
        # It runs before the loop, outside of every guard, so it takes nothing as proven.
        guards, code = self._applied(unproven(node))
        name = self.hoisted.setdefault(f"{code} if {' and '.join(guards) or 'True'} else None", f"h{len(self.hoisted)}")
        return ([f"{name} is not None"] if node.lacks else []), name

    def _applied(self, node: Node) -> tuple[list[str], str]:
        if not isinstance(node, Quantifier):
            raise TypeError("only a quantifier is applied")
        guards, items = self.value(node.items)
        if node.body is None and node.condition is None:
            return guards, f"len({items})"
        inside = Emitter(self.module, self)
        lines = loop(inside, node)
        arguments = ", ".join(["{}", *inside.passed])
        name = f"q{len(self.module.functions)}"
        self.module.functions.append("\n    ".join([f"def {name}({arguments.format('items')}):", *lines]))
        call = f"{name}({arguments.format(items)})"
        if not any(part.lacks for part in (node.condition, node.body) if part is not None):
            return guards, call
        more, value = self._kept(call)
        return [*guards, *more], value


def _as_decimal(node: Node) -> Node:
    """A whole number beside decimals is written as one of them: the same value, and faster to work with."""
    if isinstance(node, Constant) and node.type.kind is Kind.INTEGER and isinstance(node.value, int):
        return Constant(type=DECIMAL, value=Decimal(node.value))
    return node


def _arithmetic(node: Arithmetic, codes: list[str]) -> str:
    exact = node.operator == "/" and node.left.type.kind is Kind.INTEGER
    return f"({f'Decimal({codes[0]})' if exact else codes[0]} {node.operator} {codes[1]})"


def _comparison(node: Comparison, codes: list[str]) -> str:
    kinds = {node.left.type.kind, node.right.type.kind}
    operator: str = node.operator
    if kinds == {Kind.DATETIME}:
        codes = [f"moment({code})" for code in codes]
    if kinds == {Kind.ENUM}:
        operator = {"==": "is", "!=": "is not"}[operator]
    return f"({codes[0]} {operator} {codes[1]})"
