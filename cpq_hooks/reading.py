"""Bytes to JSON values, exactly: decimals stay decimals, and what JSON leaves open or Python lets pass is refused.

Refused are NaN and Infinity, two equal keys in one object, text that is not UTF-8, halves of surrogate pairs, whole
numbers of thousands of digits and nesting that is deeper than any record. The common case costs one run of the
standard library's C scanner; only a refused document is read a second time, to say where the fault stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any, Final

from cpq_hooks.problem import Path, json_path, shown

DEEPEST: Final = 64
MOST_DIGITS: Final = 4_300
"""Of one whole number: beyond it, making an integer of the digits takes more than linear time."""

_SURROGATE_ESCAPE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_TOKEN: Final = re.compile(
    r"""(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")"""
    r"""|(?P<number>-?\d++(?:\.\d++)?+(?:[eE][+-]?\d++)?+)"""
    r"""|(?P<constant>NaN|-?Infinity)"""
    r"""|(?P<sign>[\[\]{},:])""",
    re.DOTALL,
)
_MOST_TOKENS: Final = 300_000  # some tenths of a second; a fault beyond is told without its place
_TOO_DEEP: Final = "lists and objects are nested more than {} deep, deeper than any record is"
_TOO_LONG: Final = "a whole number has thousands of digits, and no number here needs more than 15"
_HALF_A_PAIR: Final = "the text holds half of a surrogate pair, which stands for no character"
_WORDED: Final = {
    "Expecting value": "a value is missing or not JSON here",
    "Expecting ',' delimiter": "a comma or the end of the list or object is missing here",
    "Expecting ':' delimiter": "a colon is missing after the key",
    "Expecting property name enclosed in double quotes": "a key in double quotes is missing here",
    "Illegal trailing comma before end of object": "there is a comma too many before the end of the object",
    "Illegal trailing comma before end of array": "there is a comma too many before the end of the list",
    "Unterminated string starting at": "the text that starts here has no closing quote",
    "Invalid control character at": "a line break or control character stands unescaped in a text",
    "Invalid \\escape": "there is no such escape with a backslash",
    "Invalid \\uXXXX escape": "\\u needs four hexadecimal digits",
    "Extra data": "something stands after the end of the JSON value",
}


class Malformed(ValueError):  # noqa: N818 - the name says what the bytes are
    """The bytes are not JSON that can be taken exactly. `line` and `column` count from 1; `path` where it is known."""

    def __init__(self, message: str, *, line: int, column: int, path: str | None = None) -> None:
        self.message = message
        self.line = line
        self.column = column
        self.path = path
        super().__init__(f"line {line}, column {column}: {message}")


class TooLarge(ValueError):  # noqa: N818 - the name says what the body is
    """The body has more bytes than are taken."""

    def __init__(self, size: int, limit: int) -> None:
        self.size = size
        self.limit = limit
        super().__init__(f"the body has {size:,} bytes, and at most {limit:,} are taken: send it in parts")


class _Faulty(Exception):  # noqa: N818 - a signal to look for the fault, never seen outside
    """Something is wrong that the scanner lets pass; the message serves where its place is too far to look for."""


def read_json(raw: bytes, *, max_bytes: int | None = None, max_depth: int = DEEPEST) -> Any:
    """The value that the bytes hold: objects as dict, numbers as int or Decimal. Raises `Malformed` and `TooLarge`."""
    if max_bytes is not None and len(raw) > max_bytes:
        raise TooLarge(len(raw), max_bytes)
    text = _decoded(raw)
    try:
        value = _DECODER.decode(text)
        _check(value, raw, max_depth)
    except json.JSONDecodeError as error:
        raise _worded(error, text) from None
    except _Faulty as fault:
        raise _first_fault(text, max_depth, str(fault)) from None
    except InvalidOperation:
        raise _first_fault(text, max_depth, "the number's exponent is out of any range") from None
    except (RecursionError, ValueError) as error:
        told = _TOO_DEEP if isinstance(error, RecursionError) else _TOO_LONG
        raise _first_fault(text, max_depth, told.format(max_depth)) from None
    return value


def read_json_lines(raw: bytes, *, max_depth: int = DEEPEST) -> Iterator[tuple[int, Any | Malformed]]:
    """The values of JSON Lines, each with its line number from 1; a line that cannot be read gives its `Malformed`."""
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if line.strip():
            try:
                yield number, read_json(line, max_depth=max_depth)
            except Malformed as fault:
                yield number, Malformed(fault.message, line=number, column=fault.column, path=fault.path)


def _decoded(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        raise Malformed("the text is not UTF-8: send it in UTF-8", line=line, column=column) from None
    if not text.strip():
        raise Malformed("there is nothing here: send a JSON document", line=1, column=1)
    return text


def _no_constant(constant: str) -> object:
    raise _Faulty(f"{constant} is not JSON: send a number, or leave the field out")


def _object_with_unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Faulty("a key stands twice in one object: send it once")
    return found


_DECODER: Final = json.JSONDecoder(
    parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_object_with_unique_keys
)


def _check(value: object, raw: bytes, max_depth: int) -> None:
    # There are no more levels than brackets, and nearly every document has few enough of those.
    if raw.count(b"[") + raw.count(b"{") > max_depth and _is_deeper(value, max_depth):
        raise _Faulty(_TOO_DEEP.format(max_depth))
    if _SURROGATE_ESCAPE.search(raw) and _has_surrogate(value):
        raise _Faulty(_HALF_A_PAIR)


def _is_deeper(value: object, max_depth: int) -> bool:
    level: list[Any] = [value]
    for _ in range(max_depth):
        level = [
            child
            for box in level
            if box.__class__ is dict or box.__class__ is list
            for child in (box.values() if box.__class__ is dict else box)
            if child.__class__ is dict or child.__class__ is list
        ]
        if not level:
            return False
    return True


def _has_surrogate(value: object) -> bool:
    """Whether a key or text holds half of a pair; whole pairs have become one sign by now. Depth is bounded already."""
    if isinstance(value, str):
        return _SURROGATE.search(value) is not None
    if isinstance(value, dict):
        return any(_has_surrogate(key) or _has_surrogate(item) for key, item in value.items())
    return isinstance(value, list) and any(_has_surrogate(item) for item in value)


def _worded(error: json.JSONDecodeError, text: str) -> Malformed:
    if error.pos >= len(text):
        message = "the document ends too early"
    else:
        message = _WORDED.get(error.msg.removesuffix(" at").strip(), _WORDED.get(error.msg, error.msg))
    return Malformed(message, line=error.lineno, column=error.colno)


@dataclass(slots=True)
class _Box:
    """An object or list that is open while the text is scanned."""

    is_object: bool
    step: str | int
    keys: set[str]
    wants_key: bool


def _first_fault(text: str, max_depth: int, told: str) -> Malformed:
    """Read a refused text again, token by token, and say where the first fault is; `told` is what is known of it."""
    boxes: list[_Box] = []
    for token in islice(_TOKEN.finditer(text), _MOST_TOKENS):
        sign = token.group()
        match token.lastgroup:
            case "sign":
                message = _follow(sign, boxes, max_depth)
            case "string":
                message = _string_fault(sign, boxes)
            case "number":
                message = _number_fault(sign)
            case _:
                message = f"{sign} is not JSON: send a number, or leave the field out"
        if message is not None:
            return _fault_at(token.start(), text, message, tuple(box.step for box in boxes))
    return _fault_at(0, text, f"{told} (somewhere in the document)", ())


def _follow(sign: str, boxes: list[_Box], max_depth: int) -> str | None:
    """Keep the open boxes in step with a bracket, comma or colon."""
    if sign in "[{":
        if len(boxes) >= max_depth:
            return _TOO_DEEP.format(max_depth)
        boxes.append(_Box(is_object=sign == "{", step="" if sign == "{" else 0, keys=set(), wants_key=sign == "{"))
    elif sign in "]}" and boxes:
        boxes.pop()
    elif sign == "," and boxes:
        box = boxes[-1]
        if isinstance(box.step, int):
            box.step += 1
        else:
            box.wants_key = True
    return None


def _string_fault(quoted: str, boxes: list[_Box]) -> str | None:
    try:
        text = json.loads(quoted, strict=False)
    except ValueError:
        return "the text is not JSON"
    box = boxes[-1] if boxes else None
    if box is not None and box.wants_key:
        box.wants_key, box.step = False, text
        if text in box.keys:
            return f"the key {shown(text)} stands twice in one object: send it once"
        box.keys.add(text)
    if _SURROGATE.search(text):
        return _HALF_A_PAIR
    return None


def _number_fault(digits: str) -> str | None:
    if len(digits) > MOST_DIGITS and digits.lstrip("-").isdigit():
        return f"the whole number has {len(digits):,} digits, and no number here needs more than 15"
    try:
        Decimal(digits)
    except InvalidOperation:
        return "the number's exponent is out of any range"
    return None


def _fault_at(position: int, text: str, message: str, path: Path) -> Malformed:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return Malformed(message, line=line, column=column, path=json_path(path))
