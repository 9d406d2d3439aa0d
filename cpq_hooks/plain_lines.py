"""JSON Lines, many at a time: lines that are plainly one flat object each go through the C scanner together.

`read_json` judges a line by itself and costs a dozen calls. A block of lines is taken here in one call where a few counts
prove that the block read as a list gives exactly the objects that the lines give one by one; else the caller reads them so.
The counts are of bytes: as many opening braces as lines, all at their beginnings, and as many closing ones, all at their
ends. So no brace stands within a text or within another object, and object and line are the same.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

# A backslash could hide a quote or half of a surrogate pair, a bracket a list that runs over lines, and a blank behind a
# quote a key that the count below misses.
_NOT_PLAIN: Final = (b"\\", b"[", b'" ', b'"\t')
_BETWEEN: Final = b"}\n{"


def _exact(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:
        raise ValueError("the number's exponent is out of any range") from None


def _no_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


_DECODER: Final = json.JSONDecoder(parse_float=_exact, parse_constant=_no_constant)


def plain_objects(block: bytes, count: int) -> list[dict[str, Any]] | None:
    """The objects of `count` whole lines, as `read_json` reads each; None where that has to look at them line by line."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    block = block.removesuffix(b"\n")
    if not _is_plain(block, count):
        return None
    try:
        found: list[dict[str, Any]] = _DECODER.decode(f"[{block.replace(_BETWEEN, b'},{').decode()}]")
    except (ValueError, RecursionError):
        return None
    # Every key is followed by a colon at once, so fewer keys than that means that one stands twice in its object.
    return found if sum(map(len, found)) == block.count(b'":') else None


def _is_plain(block: bytes, count: int) -> bool:
    return (
        block.startswith(b"{")
        and block.endswith(b"}")
        and block.count(b"{") == block.count(b"}") == count
        and block.count(_BETWEEN) == block.count(b"\n") == count - 1
        and not any(sign in block for sign in _NOT_PLAIN)
    )
