"""A vendor by script: a transport that answers from a list, and a clock that moves only when somebody sleeps."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from cpq_hooks.clients.pacing import Clock

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass
class Reply:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


class Scripted(BaseAdapter):
    """Answers each request with the next reply, or raises it where it is an exception; keeps what was asked."""

    def __init__(self, *replies: Reply | Exception) -> None:
        super().__init__()
        self.replies = list(replies)
        self.asked: list[requests.PreparedRequest] = []

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
        self.asked.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        response = requests.Response()
        response.status_code, response.url, response.request = reply.status, request.url, request
        response.headers.update(reply.headers)
        response.raw = HTTPResponse(
            io.BytesIO(reply.body), headers=reply.headers, status=reply.status, preload_content=False
        )
        return response

    def close(self) -> None:
        pass


class StillClock:
    """A clock for tests: `chance` is always the same, sleeping is noted and takes no time."""

    def __init__(self, chance: float = 1.0) -> None:
        self.at = 0.0
        self.slept: list[float] = []
        self.clock = Clock(
            seconds=lambda: self.at,
            sleep=self._sleep,
            now=lambda: NOON + timedelta(seconds=self.at),
            chance=lambda: chance,
        )

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds
