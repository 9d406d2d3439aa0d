"""What is wrong with what was sent: every problem with its place, in words that a person can act on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

Path = tuple[str | int, ...]
"""Where something stands in a document: names of fields and 0-based positions, from the outside in."""

MOST_PROBLEMS: Final = 1_000
"""So many problems are listed; what lies beyond is counted and said in one more."""

_SHOWN: Final = 60
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_KINDS: Final[Mapping[type, str]] = {dict: "an object", list: "a list"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong. `path` is a JSON path such as `$.lines[1].net_unit_price`, `code` a stable word for it.

    `line` is the line of the file that a person edits, where there is such a file.
    """

    path: str
    message: str
    code: str
    line: int | None = None

    def as_dict(self) -> dict[str, object]:
        """The problem as an answer has it; `line` only where it is known."""
        found: dict[str, object] = {"path": self.path, "message": self.message, "code": self.code}
        return found if self.line is None else {**found, "line": self.line}

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line is not None else ""
        return f"{where}{self.path}: {self.message}"


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with one value, before anybody says where it stands."""

    code: str
    message: str


class Invalid(ValueError):  # noqa: N818 - what was sent is invalid; it is no error of the program
    """What was sent cannot be taken as it is. `problems` names everything that is wrong with it, field by field."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems[:5]))


def json_path(path: Sequence[str | int]) -> str:
    """The path as people write it: `$.lines[1].line_id`; a name with other signs is quoted: `$["odd name"]`."""
    return "$" + "".join([f"[{step}]" if isinstance(step, int) else _named(step) for step in path])


@lru_cache(maxsize=4_096)
def _named(name: str) -> str:
    return f".{name}" if _PLAIN_NAME.fullmatch(name) else f"[{shown(name)}]"


def shown(value: object) -> str:
    """What was sent, short enough for a sentence: a text in quotes, a number as it is, "an object", "a list", "null"."""
    kind = _KINDS.get(type(value))
    if kind is not None:
        return kind
    text = _written(value)
    short = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return short.encode("utf-8", "backslashreplace").decode("utf-8")


def _written(value: object) -> str:
    if isinstance(value, str):
        return json.dumps(value[:_SHOWN] if len(value) <= _SHOWN else value[:_SHOWN] + "…", ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    try:
        return str(value)  # a date of a YAML file as it was written, too
    except ValueError:  # an integer with more digits than Python writes
        return "a number with thousands of digits"


def one_of(choices: Iterable[str]) -> str:
    """The choices as a sentence has them: month, quarter or year."""
    *most, last = choices
    return f"{', '.join(most)} or {last}" if most else last


def did_you_mean(sent: object, choices: Iterable[str]) -> str:
    """A question that offers the choice nearest to what was sent, with a space before it; empty where none is near."""
    if not isinstance(sent, str) or not 1 <= len(sent) <= _SHOWN:
        return ""
    by_folded = {choice.casefold(): choice for choice in choices}
    folded = sent.strip().casefold().replace(" ", "_")
    near = get_close_matches(folded, by_folded, n=1, cutoff=0.6)
    return f' Did you mean "{by_folded[near[0]]}"?' if near else ""
