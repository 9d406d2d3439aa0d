"""YAML as people write it: exact numbers, the place of every value, and nothing that turns into something else.

Fractions are Decimal, never binary floats; only `true` and `false` are booleans (`no` is Norway); a key that stands
twice is refused; aliases and tags are not taken, so a small file cannot unfold into a large one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

import yaml

from policies.language.problem import Problem, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_CHARACTERS: Final = 2_000_000
DEEPEST: Final = 100
_BOOLEANS: Final = {"true": True, "false": False}
_NULLS: Final = frozenset({"null", "~", ""})
_DATE_LENGTH: Final = 10


class Unreadable(ValueError):  # noqa: N818 - the name says what is wrong
    """The file is no YAML of this kind; `problems` say where and why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(problem.render() for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A file's content as plain values, and the place of each value and key by its path."""

    name: str
    text: str
    value: object
    places: Mapping[tuple[str | int, ...], tuple[int, int]]
    lines: tuple[str, ...]

    def source(self, path: tuple[str | int, ...], text: str) -> Source:
        """A text value with its place in the file."""
        line, column = self.places.get(path, (0, 0))
        return Source.located(text, file=self.name, lines=self.lines, line=line, column=column)

    def problem(self, path: tuple[str | int, ...], message: str, suggestion: str | None = None) -> Problem:
        """What is wrong with the value at a path, or, where there is none, with what should hold it."""
        while path and path not in self.places:
            path = path[:-1]
        line, column = self.places.get(path, (0, 0))
        row = self.lines[line] if line < len(self.lines) else ""
        width = max(1, len(row.split(" #")[0].rstrip()) - column)
        return Problem(self.name, line + 1, column + 1, row, column, width, message, suggestion)

    def key_problem(self, path: tuple[str | int, ...], message: str, suggestion: str | None = None) -> Problem:
        """What is wrong with the key at a path."""
        line, column = self.places.get((*path, "\0key"), self.places.get(path, (0, 0)))
        row = self.lines[line] if line < len(self.lines) else ""
        width = len(str(path[-1])) if path else 1
        return Problem(self.name, line + 1, column + 1, row, column, width, message, suggestion)


def read(text: str, name: str) -> YamlFile:
    """Read one document. Raises `Unreadable` with every problem that YAML itself has with the text."""
    lines = tuple(text.splitlines())
    if len(text) > MOST_CHARACTERS:
        problem = Problem(name, 1, 1, "", 0, 1, f"the file has over {MOST_CHARACTERS:,} characters: split it")
        raise Unreadable((problem,))
    try:
        _check_events(text)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        raise Unreadable((_syntax_problem(error, name, lines),)) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else "it nests too deeply"
        raise Unreadable(
            (Problem(name, 1, 1, lines[0] if lines else "", 0, 1, f"this is no YAML: {reason}"),)
        ) from error
    reader = _Reader(name, lines)
    value = reader.value(node, ()) if node is not None else None
    if reader.problems:
        raise Unreadable(tuple(reader.problems))
    return YamlFile(name, text, value, reader.places, lines)


def _check_events(text: str) -> None:
    """Refuse aliases, and nesting so deep that composing it would end the process: libyaml recurses in C."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            message = "aliases (*name) are not used here: repeat it"
            raise yaml.composer.ComposerError(None, None, message, event.start_mark)  # type: ignore[arg-type]
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                message = f"it nests more than {DEEPEST} deep"
                raise yaml.composer.ComposerError(None, None, message, event.start_mark)  # type: ignore[arg-type]
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Reader:
    def __init__(self, name: str, lines: tuple[str, ...]) -> None:
        self.name = name
        self.lines = lines
        self.places: dict[tuple[str | int, ...], tuple[int, int]] = {}
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node, path: tuple[str | int, ...]) -> object:
        self.places[path] = (node.start_mark.line, node.start_mark.column)
        if isinstance(node, yaml.MappingNode):
            return dict(self._items(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _items(self, node: yaml.MappingNode, path: tuple[str | int, ...]) -> Iterator[tuple[str, object]]:
        seen: set[str] = set()
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._refuse(key_node, "a key is one word here")
                continue
            key = str(key_node.value)
            if key in seen:
                self._refuse(key_node, f"{key} stands here twice: keep one")
            seen.add(key)
            self.places[(*path, key, "\0key")] = (key_node.start_mark.line, key_node.start_mark.column)
            yield key, self.value(value_node, (*path, key))

    def _scalar(self, node: yaml.Node) -> object:
        text = str(node.value)
        if isinstance(node, yaml.ScalarNode) and node.style:
            return text
        if text.lower() in _NULLS:
            return None
        if text.lower() in _BOOLEANS:
            return _BOOLEANS[text.lower()]
        return _number_or_date(text)

    def _refuse(self, node: yaml.Node, message: str) -> None:
        mark = node.start_mark
        row = self.lines[mark.line] if mark.line < len(self.lines) else ""
        self.problems.append(Problem(self.name, mark.line + 1, mark.column + 1, row, mark.column, 1, message))


def _number_or_date(text: str) -> object:
    """A plain scalar as a date, a number or text; what looks like none of them stays as it was written."""
    if len(text) == _DATE_LENGTH and text[4:5] == "-":
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    digits = text.lstrip("+-")
    if digits.isdigit() and text.isascii() and len(text) < 40:
        return int(text) if digits == "0" or digits[0] != "0" else text
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number if number.is_finite() and "_" not in text else text


def _syntax_problem(error: yaml.MarkedYAMLError, name: str, lines: tuple[str, ...]) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark is not None else (0, 0)
    if lines and line >= len(lines):  # at the end of the text, which libyaml puts on a line of its own
        line, column = len(lines) - 1, len(lines[-1])
    row = lines[line] if line < len(lines) else ""
    return Problem(name, line + 1, column + 1, row, column, 1, f"this is no YAML: {error.problem or error.context}")
