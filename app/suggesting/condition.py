"""A condition that a person would write: in the policy language, in words, and with an example on either side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What a test's quote has to state: on the quote, on its first line, and in further lines."""

    quote: Mapping[str, Any] = field(default_factory=dict)
    line: Mapping[str, Any] = field(default_factory=dict)
    more: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`holds` and `fails` are expressions, each the opposite of the other; `on_line` says that they judge a line.

    `topic` is the field, so that two conditions on one field are not joined. `met` and `unmet` are examples.
    """

    name: str
    topic: str
    words: str
    holds: str
    fails: str
    met: Example
    unmet: Example
    on_line: bool = False
