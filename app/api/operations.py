"""What machines and people ask of the program itself: whether it runs, how it does, and how to talk to it. No key is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from app.api.docs_page import docs_page
from app.api.route import Asked, Content, Reply, Route
from app.api.writing import json_bytes, json_reply
from app.errors import NOT_READY, UNAVAILABLE
from app.observability.metrics import CONTENT_TYPE, Metrics

_GROUP: Final = "Operations"
_TEXT: Final = "text/plain"
_HTML: Final = "text/html"


def health_routes(
    *, version: str, ready: Callable[[], str], metrics: Metrics, measure: Callable[[Metrics], None] = lambda _: None
) -> tuple[Route, ...]:
    """Health, readiness and metrics. `ready` answers with the policies' version or raises what is amiss; `measure` notes in
    the metrics what is known only when it is asked for.
    """

    def health(_: Asked) -> Reply:
        return json_reply({"status": "ok", "version": version})

    def readiness(_: Asked) -> Reply:
        return json_reply({"status": "ready", "policy_version": ready()})

    def scrape(_: Asked) -> Reply:
        measure(metrics)
        return Reply(body=metrics.exposition(), content_type=CONTENT_TYPE)

    return (
        Route(
            method="GET",
            path="/healthz",
            name="getHealth",
            group=_GROUP,
            summary="Whether the process answers",
            about="Restart a process that does not.",
            answers=Content(schema="Health"),
            handle=health,
        ),
        Route(
            method="GET",
            path="/readyz",
            name="getReadiness",
            group=_GROUP,
            summary="Whether requests should be sent here",
            about="The database can be written and policies are in force.",
            answers=Content(schema="Readiness"),
            problems=(UNAVAILABLE, NOT_READY),
            handle=readiness,
        ),
        Route(
            method="GET",
            path="/metrics",
            name="getMetrics",
            group=_GROUP,
            summary="Metrics for Prometheus",
            about="Of all web processes of this machine together. No label holds anything of a customer's.",
            answers=Content(schema="", media_types=(_TEXT,)),
            handle=scrape,
        ),
    )


def description_routes(
    describe: Callable[[tuple[Route, ...]], Mapping[str, Any]], others: tuple[Route, ...]
) -> tuple[Route, ...]:
    """The document and the page, which describe `others` and themselves. Each is written when it is first asked for."""

    @cache
    def document() -> Mapping[str, Any]:
        return describe((*others, *routes))

    @cache
    def page() -> Reply:
        html, policy = docs_page(document())
        headers = (("Content-Security-Policy", policy), ("Cache-Control", "no-cache"))
        return Reply(body=html, content_type=f"{_HTML}; charset=utf-8", headers=headers)

    @cache
    def written() -> Reply:
        return Reply(body=json_bytes(document()), headers=(("Cache-Control", "no-cache"),))

    routes = (
        Route(
            method="GET",
            path="/openapi.json",
            name="getOpenApi",
            group=_GROUP,
            summary="This description",
            about="OpenAPI 3.1, made from the routes and schemas themselves.",
            answers=Content(schema="", media_types=("application/json",)),
            handle=lambda _: written(),
        ),
        Route(
            method="GET",
            path="/docs",
            name="getDocs",
            group=_GROUP,
            summary="This description, for people",
            about="One page without scripts, with nothing loaded from elsewhere.",
            answers=Content(schema="", media_types=(_HTML,)),
            handle=lambda _: page(),
        ),
    )
    return routes
