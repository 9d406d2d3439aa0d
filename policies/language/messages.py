"""Messages with placeholders: `"{line.product_name}: {line.net_unit_price} is under the floor"`.

What stands in braces is an expression, checked when the file is loaded; a fact that is absent prints as "not given".
`{found.NAME}` is a value that the policy's check reports. `{{` and `}}` are braces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from policies.language.expression import Expression
from policies.language.kinds import Unit
from policies.language.problem import Problem, Source, Span, did_you_mean

NOT_GIVEN: Final = "not given"
_LONGEST_TEXT: Final = 200
"""A name is no longer than this in a sentence, whatever a customer's system sends."""
NOTHING_FOUND: Final[Mapping[str, object]] = MappingProxyType({})
_PIECES: Final = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]")
_FOUND: Final = re.compile(r"\s*found\.([A-Za-z_][A-Za-z0-9_]*)\s*")

Format: TypeAlias = Callable[[Any, Unit | None], str]


@dataclass(frozen=True, slots=True)
class Found:
    """A value that the policy's check reports under a name."""

    name: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message, read: plain text, expressions and values found by a check, in order."""

    pieces: tuple[str | Expression | Found, ...]

    def render(
        self,
        document: Any,
        item: Any = None,
        found: Mapping[str, object] = NOTHING_FOUND,
        form: Format | None = None,
    ) -> str:
        """The message on a document. `form` turns a value and what it measures into text."""
        write = form if form is not None else plain_text
        return "".join(self._pieces(document, item, found, write))

    def _pieces(self, document: Any, item: Any, found: Mapping[str, object], write: Format) -> Iterator[str]:
        for piece in self.pieces:
            if isinstance(piece, str):
                yield piece
                continue
            if isinstance(piece, Found):
                value, unit = found.get(piece.name), None
            else:
                value, unit = piece.evaluate(document, item), piece.node.unit
            yield NOT_GIVEN if value is None else write(_shortened(value), unit)


def _shortened(value: object) -> object:
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f"{value[: _LONGEST_TEXT - 1]}…"
    return value


def read_message(
    source: Source, found: frozenset[str], read: Callable[[Source], Expression], problems: list[Problem]
) -> Message:
    """The pieces of a message; every placeholder that means nothing is a problem with its own caret."""
    pieces: list[str | Expression | Found] = []
    end = 0
    for match in _PIECES.finditer(source.text):
        pieces.append(source.text[end : match.start()])
        end = match.end()
        whole = match.group()
        if whole in {"{{", "}}"}:
            pieces.append(whole[0])
        elif whole in {"{", "}"}:
            hint = f"write `{whole}{whole}` for a plain brace"
            problems.append(source.problem("this brace has no partner", Span(*match.span()), hint))
        elif not whole[1:-1].strip():
            problems.append(source.problem("these braces are empty", Span(*match.span())))
        elif "found" in whole and (named := _FOUND.fullmatch(whole[1:-1])):
            pieces.append(Found(named.group(1)))
            problems.extend(_unknown(source, named.group(1), Span(*match.span()), found))
        else:
            pieces.append(read(source.part(match.start() + 1, match.end() - 1)))
    pieces.append(source.text[end:])
    return Message(tuple(piece for piece in pieces if piece != ""))


def _unknown(source: Source, name: str, span: Span, found: frozenset[str]) -> Iterator[Problem]:
    if name not in found:
        hint = did_you_mean(name, found, lead="found.") or (f"it reports {', '.join(sorted(found))}" if found else None)
        yield source.problem(f"the policy's check reports no {name}", span, hint)


def plain_text(value: object, _unit: Unit | None = None) -> str:
    """A value without exponent or superfluous zeros; dates as year-month-day; lists with commas."""
    match value:
        case bool():
            return "yes" if value else "no"
        case Decimal() | int():
            return _plain_number(Decimal(value))
        case datetime():
            return value.isoformat(sep=" ", timespec="minutes")
        case date():
            return value.isoformat()
        case tuple() | list() | set() | frozenset():
            return ", ".join(plain_text(part) for part in value)
        case _:
            return str(value)


def _plain_number(number: Decimal) -> str:
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
