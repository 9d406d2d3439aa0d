"""From text to syntax tree: a lexical whitelist, Python's own parser in eval mode, and a whitelist of its nodes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Final

from policies.language.problem import Problem, Source, Span

MAX_LENGTH: Final = 2000
MAX_DEPTH: Final = 30
NUMBER: Final = re.compile(r"\d{1,15}(?:\.\d{1,12})?")
_TOKENS: Final = re.compile(
    r"""(?P<text>"[^"\\\n]*"|'[^'\\\n]*')
      | (?P<number>(?:\d[\w.]*|\.\d[\w.]*))
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<sign><=|>=|==|!=|[-+*/<>()\[\].,])
      | (?P<space>[ \t\r\n]+)
      | (?P<foreign>&&|\|\||<>|===|!==|=>|=<|:=|//|\*\*|.)""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
# What the parser says in words that need no knowledge of it.
_PLAIN_REASONS: Final = re.compile(
    r"'.' was never closed|unmatched|closing parenthesis|expected 'else'|too many nested"
)
_MOST_PROBLEMS: Final = 10
_INSTEAD: Final = {
    "&&": "write `and`",
    "&": "write `and`",
    "||": "write `or`",
    "|": "write `or`",
    "!": "write `not`",
    "<>": "write `!=`",
    "=": "write `==` to compare",
    ":=": "write `==` to compare",
    "===": "write `==` to compare",
    "!==": "write `!=`",
    "=>": "write `>=`",
    "=<": "write `<=`",
    "\u2265": "write `>=`",
    "\u2264": "write `<=`",
    "\u2260": "write `!=`",
    "\u00d7": "write `*`",
    "\u2212": "write `-`, the plain sign",
    "//": "write `/` and round(x, places)",
    "**": "there are no powers",
    ":": "a form of a value has no place here",
    "\u201c": 'write straight quotes: "text"',
    "\u201d": 'write straight quotes: "text"',
    "%": "a percentage is a plain number: 20 is 20 %",
    "\\": "a backslash has no meaning here",
    "#": "an expression has no comments; write them beside it in the file",
    "?": "write `a if condition else b`",
    "$": "an amount is a plain number, without a currency sign",
    "{": "braces belong in messages only",
    "}": "braces belong in messages only",
}
_FOREIGN_WORDS: Final = {
    "AND": "and",
    "OR": "or",
    "NOT": "not",
    "IN": "in",
    "None": "null",
    "NULL": "null",
    "True": "true",
    "TRUE": "true",
    "False": "false",
    "FALSE": "false",
}
_ALLOWED: Final = (
    ast.BoolOp,
    ast.UnaryOp,
    ast.BinOp,
    ast.Compare,
    ast.IfExp,
    ast.Name,
    ast.Attribute,
    ast.Constant,
    ast.Call,
    ast.List,
    ast.GeneratorExp,
    ast.Subscript,
)
_REFUSED: Final = {
    ast.Lambda: "functions cannot be defined in an expression",
    ast.ListComp: "write any(...), all(...), sum(...) or count(...) around it, without brackets",
    ast.Tuple: "a list is written in brackets: [1, 2]",
    ast.Slice: "lists have no slices",
    ast.Starred: "a star has no meaning here",
    ast.JoinedStr: "text has no prefix",
}
_OPERATORS: Final = {
    ast.Is: "write `==` instead of `is`",
    ast.IsNot: "write `!=` instead of `is not`",
    ast.FloorDiv: "use / and round(x, places)",
    ast.Mod: "there is no remainder",
    ast.Pow: "there are no powers",
    ast.UAdd: "a plus sign before a number has no meaning",
    ast.Invert: "write `not`",
}


def span_of(node: ast.expr) -> Span:
    """Where a node stands in its text; what `parse` returned, with offsets in characters."""
    return Span(node.col_offset, node.end_col_offset if node.end_col_offset is not None else node.col_offset + 1)


def parse(source: Source) -> tuple[ast.expr | None, list[Problem]]:
    """The tree of an expression, or every reason why its text is none."""
    text = source.text
    if not text.strip():
        return None, [source.problem("the expression is empty")]
    if len(text) > MAX_LENGTH:
        return None, [source.problem(f"the expression has {len(text)} characters; {MAX_LENGTH} are the most")]
    problems = list(islice(_lexical(source), _MOST_PROBLEMS))
    if problems:
        return None, problems
    # One line, so that offsets count from the start; brackets stay the author's own.
    flat = re.sub(r"[\t\r\n]", " ", text)
    indent = len(flat) - len(flat.lstrip())
    try:
        tree = ast.parse(flat.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return None, [_unreadable(source, error, indent)]
    _shift(tree, flat.strip(), indent)
    problems = list(_whitelisted(source, tree))
    return (None, problems) if problems else (tree, [])


def _lexical(source: Source) -> Iterator[Problem]:
    tokens = [token for token in _TOKENS.finditer(source.text) if token.lastgroup != "space"]
    for token in tokens:
        kind, word, span = token.lastgroup, token.group(), Span(*token.span())
        if kind == "foreign":
            yield source.problem(*_foreign(word, span))
        elif kind == "word" and word in _FOREIGN_WORDS:
            yield source.problem(f"{word} is not a word of the language", span, f"write `{_FOREIGN_WORDS[word]}`")
        elif kind == "word" and "__" in word:
            yield source.problem(f"{word} is not a name; no name has two underscores in a row", span)
        elif kind == "number" and not NUMBER.fullmatch(word.replace("_", "")):
            yield source.problem(
                f"{word} is not a number", span, "up to 15 digits, a point and 12 decimals, no exponent"
            )
    for left, right in pairwise(tokens):
        if (
            right.lastgroup == "text"
            and (left.lastgroup == "text" or left.end() == right.start())
            and (left.lastgroup in {"text", "word", "number"})
        ):
            yield source.problem("a comma or an operator is missing before this text", Span(*right.span()))


def _foreign(word: str, span: Span) -> tuple[str, Span, str | None]:
    if word in "\"'":
        return "this text is not closed, or contains a backslash", span, None
    return f"{word!r} has no meaning here", span, _INSTEAD.get(word)


def _unreadable(source: Source, error: Exception, indent: int) -> Problem:
    if isinstance(error, UnicodeEncodeError):
        return source.problem("this character cannot be read", Span(error.start + indent, error.end + indent))
    if not isinstance(error, SyntaxError) or error.offset is None:
        return source.problem("the expression is nested too deeply")
    start = min(max(0, error.offset - 1 + indent), max(0, len(source.text) - 1))
    reason = str(error.msg)
    plain = reason if _PLAIN_REASONS.match(reason) else "the expression cannot be read here"
    return source.problem(plain, Span(start, start + 1))


def _shift(tree: ast.expr, text: str, indent: int) -> None:
    """Turns the parser's byte offsets into character offsets of the original text."""
    encoded = text.encode()
    plain = len(encoded) == len(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.keyword):
            for name in ("col_offset", "end_col_offset"):
                offset = getattr(node, name) or 0
                setattr(node, name, indent + (offset if plain else len(encoded[:offset].decode())))


def _whitelisted(source: Source, tree: ast.expr) -> Iterator[Problem]:
    pending: list[tuple[ast.expr, int]] = [(tree, 1)]
    while pending:
        node, depth = pending.pop()
        if depth > MAX_DEPTH:
            yield source.problem(f"the expression is nested more than {MAX_DEPTH} deep", span_of(node))
            return
        if not isinstance(node, _ALLOWED):
            reason = _REFUSED.get(type(node), "this has no place in an expression")
            yield source.problem(reason, span_of(node))
            continue
        yield from _operators(source, node)
        pending.extend((child, depth + 1) for child in _parts(node))


def _operators(source: Source, node: ast.expr) -> Iterator[Problem]:
    operators: list[ast.AST] = [*node.ops] if isinstance(node, ast.Compare) else [getattr(node, "op", node)]
    for operator in operators:
        if type(operator) in _OPERATORS:
            yield source.problem(_OPERATORS[type(operator)], span_of(node))
    if isinstance(node, ast.Call) and node.keywords:
        yield source.problem("a function's values are given by place, without names", span_of(node))


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child
        elif isinstance(child, ast.comprehension):
            yield from (child.target, child.iter, *child.ifs)
