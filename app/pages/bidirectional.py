"""The order in which a line of mixed writing is drawn: Unicode's bidirectional algorithm (UAX #9) for a line that runs from left to right.

Marks that embed or isolate are taken out of customers' strings before (`app.pages.showing.clean`), so the rules for explicit levels have
nothing to do; nor are pairs of brackets matched (rule N0): a bracket is a neutral sign like others.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final
from unicodedata import bidirectional

_TURNED: Final = dict(zip("()[]{}<>«»", ")(][}{><»«", strict=True))
_NUMBERS: Final = ("EN", "AN")
_BLANK: Final = ("WS", "S", "B")


def as_drawn(line: str) -> str:
    """The signs of a line from left to right, as they are drawn."""
    kinds = _neutral(_weak([bidirectional(mark) or "L" for mark in line]))
    levels = [{"L": 0, "R": 1}.get(kind, 2) for kind in kinds]
    for at in range(len(line) - 1, -1, -1):  # L1: blanks at the end belong to the line
        if bidirectional(line[at]) not in _BLANK:
            break
        levels[at] = 0
    order = list(range(len(line)))
    for level in range(max(levels, default=0), 0, -1):  # L2
        at = 0
        for turns, run in groupby(order, key=lambda each, level=level: levels[each] >= level):  # type: ignore[misc]
            places = list(run)
            order[at : at + len(places)] = reversed(places) if turns else places
            at += len(places)
    return "".join(_TURNED.get(line[each], line[each]) if levels[each] % 2 else line[each] for each in order)


def _weak(kinds: Sequence[str]) -> list[str]:
    """Rules W1 to W7: what numbers, and the signs within and beside them, count as."""
    found = _after_letters(kinds)
    for at in range(1, len(found) - 1):  # W4
        before, after = found[at - 1], found[at + 1]
        if before == after and ((found[at] == "CS" and before in _NUMBERS) or (found[at] == "ES" and before == "EN")):
            found[at] = before
    _beside_numbers(found)
    strong = "L"
    for at, kind in enumerate(found):
        if kind in ("ES", "ET", "CS"):  # W6
            found[at] = "ON"
        elif kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":  # W7
            found[at] = "L"
    return found


def _after_letters(kinds: Sequence[str]) -> list[str]:
    """Rules W1 to W3: marks are of the letter before them, and digits after an Arabic letter are Arabic numbers."""
    found: list[str] = []
    strong = "L"
    for each in kinds:
        kind = (found[-1] if found else "L") if each == "NSM" else each
        if kind in ("L", "R", "AL"):
            strong = kind
        found.append("AN" if kind == "EN" and strong == "AL" else kind)
    return ["R" if kind == "AL" else kind for kind in found]


def _beside_numbers(found: list[str]) -> None:
    """Rule W5: signs of money and percent belong to the number that they stand beside."""
    at = 0
    for kind, run in [(kind, len(list(run))) for kind, run in groupby(list(found))]:
        end = at + run
        if kind == "ET" and "EN" in (*found[max(0, at - 1) : at], *found[end : end + 1]):
            found[at:end] = ["EN"] * run
        at = end


def _neutral(kinds: Sequence[str]) -> list[str]:
    """Rules N1 and N2: what is neutral goes with what stands on both sides of it, else with the line."""
    found, at, before = list(kinds), 0, "L"
    for side, run in [(side, len(list(run))) for side, run in groupby(kinds, key=_side)]:
        end = at + run
        if side is None:
            after = _side(found[end]) if end < len(found) else "L"
            found[at:end] = [before if before == after and before is not None else "L"] * run
        else:
            before = side
        at = end
    return found


def _side(kind: str) -> str | None:
    """What a sign counts as for the neutral signs beside it: numbers as running from right to left; None if it is neutral."""
    if kind == "L":
        return "L"
    return "R" if kind in ("R", *_NUMBERS) else None
