"""What a route is: one entry that is registered, guarded and described from the same words.

A handler knows nothing of the web framework: it gets what was asked and gives a reply, or raises what `app.errors` maps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from app.api.exchange import Exchange, Told
from app.api.receiving import Received
from app.deliveries import Sent
from app.errors import BAD_PARAMETER, Kind, refuse
from app.store import Scope
from cpq_hooks.problem import Problem as Fault

JSON: Final = "application/json"
JSON_LINES: Final = "application/x-ndjson"
_EMPTY: Final[Mapping[str, Any]] = {}
_NOTHING: Final = Received(kept=b"", length=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, past the door: its key, its body as it came, and its parameters read and checked.

    `sent` is the whole request, on a route that takes it raw. `accept` is its Accept header, on one that takes no body.
    """

    exchange: Exchange
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Received = _NOTHING
    media_type: str = JSON
    idempotency_key: str | None = None
    wait_seconds: int | None = None
    sent: Sent | None = None
    accept: str = ""

    @property
    def key_id(self) -> str | None:
        """The API key's id; None on a route that needs none."""
        return None if self.exchange.key is None else self.exchange.key.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer to a request."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    told: Told | None = None


Handler = Callable[[Asked], Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter after the question mark. `parse` raises ValueError with a sentence's end: "must be true or false"."""

    name: str
    about: str
    schema: Mapping[str, Any]
    parse: Callable[[str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A body, in words for the document: the name of its schema and the media types it comes in.

    `many` says that a list of them is taken as well.
    """

    schema: str
    media_types: tuple[str, ...] = (JSON,)
    many: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A method on a path, what it needs and does. `path` has its variables in braces: `/v1/decisions/{decision_id}`.

    One that is `raw` takes whatever comes, of any type and with any parameters: who sends it decides what it looks like.
    """

    method: str
    path: str
    name: str
    group: str
    summary: str
    about: str
    handle: Handler
    answers: Content
    also_answers: tuple[tuple[int, Content], ...] = ()
    scope: Scope | None = None
    takes: Content | None = None
    path_parameters: Mapping[str, str] = field(default_factory=dict)
    query: tuple[Parameter, ...] = ()
    problems: tuple[Kind, ...] = ()
    waits: bool = False
    raw: bool = False

    @property
    def rule(self) -> str:
        """The path as the framework writes it. A variable at the end takes slashes too: ids of other systems may have them."""
        before, brace, name = self.path.rpartition("{")
        if brace and name.endswith("}"):
            return f"{before}<path:{name[:-1]}>".replace("{", "<").replace("}", ">")
        return self.path.replace("{", "<").replace("}", ">")


def read_query(stated: Mapping[str, list[str]], parameters: tuple[Parameter, ...]) -> Mapping[str, Any]:
    """The values of the parameters that were stated. Raises one problem that lists all that is wrong with them."""
    if not stated:
        return _EMPTY
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, texts in stated.items():
        try:
            values[name] = _value(name, texts, known)
        except _WrongParameter as wrong:
            faults.append(Fault(path=f"query.{name}"[:200], message=str(wrong), code=wrong.code))
    if faults:
        raise refuse(BAD_PARAMETER, "A parameter after the question mark cannot be taken.", errors=tuple(faults))
    return values


class _WrongParameter(ValueError):  # noqa: N818 - the name says it
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _value(name: str, texts: list[str], known: Mapping[str, Parameter]) -> Any:
    if name not in known:
        close = get_close_matches(name[:60], known, n=1)
        raise _WrongParameter(
            "unknown_parameter", "there is no such parameter here" + (f"; did you mean {close[0]}?" if close else "")
        )
    if len(texts) > 1:
        raise _WrongParameter("stated_twice", "this is stated more than once")
    try:
        return known[name].parse(texts[0])
    except ValueError as error:
        raise _WrongParameter("bad_value", f"{name} {error}") from None
