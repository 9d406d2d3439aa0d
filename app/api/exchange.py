"""One request while it is being answered: what is known of it so far, for whoever answers, logs and counts it."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Final

from flask import Request

from app.api.receiving import Received
from app.assess import Measures
from app.errors import Problem
from app.store import ApiKey

UNMATCHED: Final = "unmatched"
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{8,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What logs and metrics may know of a reply: ids and counts of ours.

    Of a vendor's delivery, `became` is what became of it in a word and `events` how many new ones it told of.
    """

    decision_id: str | None = None
    subject: str = "quote"
    verdict: str | None = None
    preview: bool = False
    replayed: bool = False
    measures: Measures | None = None
    became: str | None = None
    events: int | None = None


@dataclass(slots=True, kw_only=True)
class Exchange:
    """A request and what became of it.

    `path` is its route's, with the variables unnamed: safe for a log and a label. `headers` go out with the answer,
    whichever it will be. `connection` is the name by which a vendor's delivery came, once it is known to be one of ours.
    """

    request_id: str
    began: float
    path: str = UNMATCHED
    needs_key: bool = True
    takes_body: bool = False
    key: ApiKey | None = None
    received: Received | None = None
    preview: bool = False
    told: Told | None = None
    problem: Problem | None = None
    refused_id: str | None = None
    connection: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)


class ApiRequest(Request):
    """The framework's request with our own notes on it."""

    exchange: Exchange


def begin(request: ApiRequest) -> Exchange:
    """Start the notes on a request. A caller's own X-Request-ID is taken over where it is a plain word."""
    stated = request.environ.get("HTTP_X_REQUEST_ID", "")
    request_id = stated if _REQUEST_ID.fullmatch(stated) else secrets.token_hex(8)
    exchange = request.exchange = Exchange(request_id=request_id, began=time.perf_counter())
    return exchange
