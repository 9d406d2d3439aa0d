"""The checker: gives every part of an expression its type, and refuses what could fail when it is evaluated."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, Literal, cast

from policies.language.calls import check_call
from policies.language.comparisons import check_comparison
from policies.language.flow import Flow, refused, widened
from policies.language.kinds import BOOLEAN, DECIMAL, INTEGER, TEXT, UNIT_WORDS, Kind, Type, same
from policies.language.narrowing import fails, holds
from policies.language.paths import resolve
from policies.language.problem import Problem, Source, Span, did_you_mean
from policies.language.syntax import NUMBER, parse, span_of
from policies.language.tables import Table
from policies.language.tree import (
    Arithmetic,
    Choice,
    Constant,
    Logical,
    Lookup,
    Negative,
    Node,
    Not,
    Path,
)
from policies.language.vocabulary import Key, Scope

_ARITHMETIC: Final[Mapping[type[ast.operator], str]] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_VERBS: Final = {"+": "added to", "-": "subtracted from", "*": "multiplied by", "/": "divided by"}


class Checker:
    """Checks one expression. Everything that is wrong with it is added to `problems`."""

    def __init__(self, source: Source, scope: Scope, tables: Mapping[str, Table], problems: list[Problem]) -> None:
        self.source = source
        self.scope = scope
        self.tables = tables
        self.unguarded: set[Key] = set()
        self._problems = problems
        self._handlers: Mapping[type[ast.expr], Callable[..., Node]] = {
            ast.BoolOp: self._logical,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._arithmetic,
            ast.Compare: self._comparison,
            ast.IfExp: self._choice,
            ast.Name: self._name,
            ast.Attribute: self._path,
            ast.Constant: self._constant,
            ast.Call: self._call,
            ast.Subscript: self._subscript,
        }

    def read(self, flow: Flow) -> Node:
        """The typed tree of the whole text."""
        tree, problems = parse(self.source)
        self._problems.extend(problems)
        return self.check(tree, flow) if tree is not None else refused(Span(0, len(self.source.text)))

    def read_as(self, flow: Flow, wanted: Type) -> Node:
        """The typed tree of the whole text, a text beside an enumeration read as the member that it names."""
        return self.coerced(self.read(flow), wanted)

    def check(self, node: ast.expr, flow: Flow) -> Node:
        """The typed tree of a part."""
        handler = self._handlers.get(type(node))
        if handler is not None:
            return handler(node, flow)
        reason = (
            "a list belongs after `in`" if isinstance(node, ast.List) else "this belongs inside any(...) or the like"
        )
        return self.refuse(reason, span_of(node))

    def condition(self, node: ast.expr, flow: Flow) -> Node:
        """A part that must be true or false."""
        checked = self.check(node, flow)
        if checked.type.kind in {Kind.BOOLEAN, Kind.UNKNOWN}:
            return checked
        compared = f"{self._text(checked)} {'> 0' if checked.type.is_number else '!= null'}"
        hint = f"compare it, as in `{compared}`"
        return self.refuse(f"a condition is true or false; this is {checked.type}", checked.span, hint)

    def number(self, node: ast.expr, flow: Flow) -> Node:
        """A part that must be a number."""
        checked = self.check(node, flow)
        if checked.type.is_number or checked.type.kind is Kind.UNKNOWN:
            return checked
        return self.refuse(f"a number belongs here; this is {checked.type}", checked.span)

    def typed(self, node: ast.expr, flow: Flow, wanted: Type) -> Node:
        """A part that must be of one type."""
        checked = self.coerced(self.check(node, flow), wanted)
        if same(checked.type, wanted):
            return checked
        return self.refuse(f"{wanted} belongs here; this is {checked.type}", checked.span)

    def alike(self, left: Node, right: Node, verb: str) -> tuple[Node, Node]:
        """Two parts that must be of one type and measure the same; texts beside an enumeration become its members."""
        left, right = self.coerced(left, right.type), self.coerced(right, left.type)
        if not same(left.type, right.type):
            self.refuse(*self._clash(left, right, verb))
        elif left.unit is not None and right.unit is not None and left.unit is not right.unit:
            words = f"{UNIT_WORDS[left.unit]} is {verb} {UNIT_WORDS[right.unit]}"
            self.refuse(words, Span(left.span.start, right.span.end))
        return left, right

    def refuse(self, message: str, span: Span, suggestion: str | None = None) -> Node:
        """Notes a problem, and stands in for the part that has it."""
        self._problems.append(self.source.problem(message, span, suggestion))
        return refused(span)

    def lookup(self, table: Table, node: ast.expr, flow: Flow) -> Node:
        """`table(name, key)` and `name[key]`."""
        key = node.args[1] if isinstance(node, ast.Call) else cast("ast.Subscript", node).slice
        by = self.coerced(self.check(key, flow), table.key)
        if not same(by.type, table.key):
            return self.refuse(f"the table {table.name} is looked up by {table.key}; this is {by.type}", by.span)
        return Lookup(type=table.value, span=span_of(node), table=table, by=by)

    def _clash(self, left: Node, right: Node, verb: str) -> tuple[str, Span, str | None]:
        span = Span(left.span.start, right.span.end)
        kinds = {left.type.kind, right.type.kind}
        hint = None
        if kinds == {Kind.DATE, Kind.DATETIME}:
            moment = left if left.type.kind is Kind.DATETIME else right
            hint = f"write `date_of({self._text(moment)})`"
        elif kinds == {Kind.DATE, Kind.TEXT}:
            hint = 'a date is written `date("2026-01-31")`'
        elif Kind.TEXT in kinds and kinds & {Kind.DECIMAL, Kind.INTEGER}:
            hint = "a number is written without quotes"
        for side in (left, right):
            if not side.type.is_scalar:
                return f"{self._text(side)} is {side.type}", side.span, None
        return f"{left.type} is {verb} {right.type}", span, hint

    def _text(self, node: Node) -> str:
        return self.source.text[node.span.start : node.span.end]

    def coerced(self, node: Node, other: Type) -> Node:
        """A text written beside an enumeration, as the member that it names."""
        if other.kind is not Kind.ENUM or other.members is None or node.type != TEXT or not isinstance(node, Constant):
            return node
        known = [member.value for member in other.members]
        if node.value in known:
            return Constant(type=other, value=other.members(node.value), span=node.span)
        hint = did_you_mean(str(node.value), known) or f"it is one of {', '.join(known)}"
        return self.refuse(f'"{node.value}" is not a value that this field can have', node.span, hint)

    def _logical(self, node: ast.BoolOp, flow: Flow) -> Node:
        conjunction = isinstance(node.op, ast.And)
        items: list[Node] = []
        for value in node.values:
            item = self.condition(value, flow)
            flow = flow.knowing(holds(item) if conjunction else fails(item))
            items.append(item)
        return Logical(connective="and" if conjunction else "or", items=tuple(items), span=span_of(node))

    def _unary(self, node: ast.UnaryOp, flow: Flow) -> Node:
        if isinstance(node.op, ast.Not):
            return Not(operand=self.condition(node.operand, flow), span=span_of(node))
        inner = self.number(node.operand, flow)
        if isinstance(inner, Constant) and isinstance(inner.value, int | Decimal):
            return Constant(type=inner.type, value=-inner.value, span=span_of(node))
        return Negative(type=inner.type, unit=inner.unit, operand=inner, span=span_of(node))

    def _arithmetic(self, node: ast.BinOp, flow: Flow) -> Node:
        operator = cast("Literal['+', '-', '*', '/']", _ARITHMETIC[type(node.op)])
        left, right = self.check(node.left, flow), self.check(node.right, flow)
        for side in (left, right):
            if not side.type.is_number and side.type.kind is not Kind.UNKNOWN:
                return self._no_arithmetic(operator, left, right, side)
        unit = None
        if operator in {"+", "-"}:
            left, right = self.alike(left, right, _VERBS[operator])
            unit = left.unit or right.unit
        proven = operator != "/" or self._divisible(node, right, flow)
        whole = operator != "/" and left.type.kind is Kind.INTEGER and right.type.kind is Kind.INTEGER
        return Arithmetic(
            type=INTEGER if whole else DECIMAL,
            unit=unit,
            operator=operator,
            left=left,
            right=right,
            proven=proven,
            span=span_of(node),
        )

    def _no_arithmetic(self, operator: str, left: Node, right: Node, side: Node) -> Node:
        hint = None
        if operator == "-" and side.type.kind in {Kind.DATE, Kind.DATETIME}:
            hint = f"write `days_between({self._text(right)}, {self._text(left)})`"
        return self.refuse(f"`{operator}` works on numbers; this is {side.type}", side.span, hint)

    def _divisible(self, node: ast.BinOp, right: Node, flow: Flow) -> bool:
        """Whether the divisor is known not to be zero. Where it is not, there must be a guard or a stand-in."""
        if isinstance(right, Constant) and right.type.is_number:
            if right.value == 0:
                self.refuse("this divides by zero", right.span)
            return True
        if right.type.kind is Kind.UNKNOWN or flow.facts.everything:
            return True
        if isinstance(right, Path) and right.key in flow.facts.nonzero:
            return True
        if not flow.lenient:
            stand_in = f"`coalesce({self.source.text[slice(*span_of(node))]}, ...)`"
            test = f"test `{right.text} != 0`" if isinstance(right, Path) else "test that it is not zero"
            self.refuse(
                f"{self._text(right)} may be zero", right.span, f"{test} first, or say what stands in: {stand_in}"
            )
        return False

    def _comparison(self, node: ast.Compare, flow: Flow) -> Node:
        return check_comparison(self, node, flow)

    def _choice(self, node: ast.IfExp, flow: Flow) -> Node:
        condition = self.condition(node.test, flow)
        then = self.check(node.body, flow.knowing(holds(condition)))
        otherwise = self.check(node.orelse, flow.knowing(fails(condition)))
        then, otherwise = self.alike(then, otherwise, "put in place of")
        then, otherwise = widened([then, otherwise])
        return Choice(
            type=then.type,
            unit=then.unit or otherwise.unit,
            condition=condition,
            then=then,
            otherwise=otherwise,
            span=span_of(node),
        )

    def _name(self, node: ast.Name, flow: Flow) -> Node:
        if node.id in {"true", "false"}:
            return Constant(type=BOOLEAN, value=node.id == "true", span=span_of(node))
        if node.id == "null":
            return self.refuse("null is only compared with == and !=", span_of(node))
        if node.id in self.tables and (flow.each is None or flow.each.variable != node.id):
            return self._own_lookup(self.tables[node.id], node, flow)
        return resolve(self, node, flow)

    def _own_lookup(self, table: Table, node: ast.Name, flow: Flow) -> Node:
        """A table by its own `by`, which must be there at this place."""
        problems: list[Problem] = []
        inner = Checker(table.by, self.scope, {}, problems)
        by = inner.read(Flow(facts=flow.facts, lenient=flow.lenient))
        if problems:
            text = table.by.text.strip()
            hint = f"guard it: test `{text} != null` first"
            return self.refuse(
                f"the table {table.name} is looked up by {text}: {problems[0].message}", span_of(node), hint
            )
        return Lookup(type=table.value, span=span_of(node), table=table, by=by)

    def _path(self, node: ast.Attribute, flow: Flow) -> Node:
        return resolve(self, node, flow)

    def _constant(self, node: ast.Constant, _flow: Flow) -> Node:
        span = span_of(node)
        if isinstance(node.value, str):
            return Constant(type=TEXT, value=node.value, span=span)
        digits = self.source.text[span.start : span.end].replace("_", "")
        if not NUMBER.fullmatch(digits):
            return self.refuse("this is not a value of the language", span)
        return (
            Constant(type=DECIMAL, value=Decimal(digits), span=span)
            if "." in digits
            else Constant(type=INTEGER, value=int(digits), span=span)
        )

    def _call(self, node: ast.Call, flow: Flow) -> Node:
        return check_call(self, node, flow)

    def _subscript(self, node: ast.Subscript, flow: Flow) -> Node:
        name = node.value.id if isinstance(node.value, ast.Name) else ""
        if name in self.tables:
            return self.lookup(self.tables[name], node, flow)
        hint = did_you_mean(name, self.tables)
        return self.refuse("only a table of this policy is looked up in brackets", span_of(node), hint)
