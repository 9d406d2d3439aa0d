"""The use case: a quote comes in, a decision goes out, and the record holds it before anyone sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: the API key's id, or None where the command line asks."""

    key_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to judge a document: the bytes as they came, and how the caller wants to be served."""

    raw: bytes
    caller: Caller
    dry_run: bool = False
    wait_seconds: float = 2.0
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What logs and metrics may know of a decision: counts, times and ids of ours, nothing of the customer's.

    `findings` are policy and effect; `seconds` is what each step took: parse, schema, policies, record, answer.
    """

    lines: int
    findings: tuple[tuple[str, str], ...] = ()
    not_assessed: tuple[str, ...] = ()
    seconds: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the caller gets: an HTTP status, the JSON body as recorded, and whether it is an earlier answer again.

    `measures` is None for an earlier answer: it was counted when it was given.
    """

    status: int
    body: bytes
    decision_id: str | None = None
    verdict: str | None = None
    replayed: bool = False
    measures: Measures | None = None


class Gate(Protocol):
    """What the HTTP API and the command line stand on."""

    def check_quote(self, call: Call) -> Answer:
        """Judge a quote. Raises what `app.errors` maps: bad input, a conflict of idempotency keys, a store that is away."""
