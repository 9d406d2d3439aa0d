"""The API's description of itself: OpenAPI 3.1, from the routes as they are registered and the schemas as they are used."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, Final

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from app.api.route import JSON, JSON_LINES, Content, Parameter, Route
from app.errors import (
    BAD_PARAMETER,
    BAD_REQUEST,
    INTERNAL,
    KEY_NOT_VALID,
    MEDIA_TYPE,
    MISSING_SCOPE,
    NO_KEY,
    TOO_LARGE,
    TOO_MANY,
    TOO_SLOW,
    UNAVAILABLE,
    UNCERTAIN,
    WRONG_TYPE,
    Kind,
)

_ABOUT: Final = """\
Quoteguard stands between a quote and its first invoice. Send a quote; the answer is **allow**, **flag** or **block**, with the
reason, the money at risk and the smallest change that clears it.

Money is a decimal string with its ISO 4217 currency. Numbers may be sent as JSON numbers or as strings; they are read exactly.
Unknown fields are kept and ignored. Everything that is wrong with a body is told at once.
"""
_KEY_PROBLEMS: Final = (NO_KEY, KEY_NOT_VALID, MISSING_SCOPE, TOO_MANY, UNAVAILABLE)
_BODY_PROBLEMS: Final = (BAD_REQUEST, BAD_PARAMETER, TOO_SLOW, TOO_LARGE, WRONG_TYPE, UNCERTAIN)
_IDEMPOTENCY_KEY: Final[Mapping[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A word of your own for this request. Sent again with the same content, it gets the first answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
}
_PREFER: Final[Mapping[str, Any]] = {
    "name": "Prefer",
    "in": "header",
    "description": "`wait=SECONDS`: how long you are willing to wait (RFC 7240). What cannot be understood is ignored.",
    "schema": {"type": "string", "examples": ["wait=2"]},
}
_HEADERS: Final[Mapping[str, Any]] = {
    "X-Request-ID": {
        "description": "The request's id: your own, if you sent a plain word of 8 to 100 characters in this header.",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "How many requests the key has left, and the seconds until that is more.",
        "schema": {"type": "string", "examples": ['"key";r=599;t=42']},
    },
    "Retry-After": {"description": "Seconds after which to come back.", "schema": {"type": "integer", "minimum": 1}},
}


def describe(
    routes: Iterable[Route], *, schemas: Mapping[str, type[Schema]], examples: Mapping[str, Any], version: str
) -> dict[str, Any]:
    """The document. Routes name their schemas by the keys; `examples` are by the same."""
    spec = APISpec(
        title="Quoteguard",
        version=version,
        openapi_version="3.1.0",
        info={"description": _ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        plugins=[MarshmallowPlugin(schema_name_resolver=_schema_name(schemas))],
    )
    spec.components.security_scheme(
        "bearer", {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer qg_...`"}
    )
    spec.components.security_scheme("header", {"type": "apiKey", "in": "header", "name": "X-API-Key"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # says that our own field types are not marshmallow's
        for name, schema in schemas.items():
            if name not in spec.components.schemas:  # it may have come along with one that holds it
                spec.components.schema(name, schema=schema)
    listed = tuple(routes)
    for path, of_path in groupby(listed, key=lambda route: route.path):
        spec.path(path, operations={route.method.lower(): _operation(route, examples) for route in of_path})
    groups = dict.fromkeys(route.group for route in listed)
    return {**spec.to_dict(), "tags": [{"name": group} for group in groups], "servers": [{"url": "/"}]}


def _schema_name(schemas: Mapping[str, type[Schema]]) -> Any:
    names = {schema: name for name, schema in schemas.items()}

    def name(schema: Any) -> str:
        schema_class = schema if isinstance(schema, type) else type(schema)
        return names.get(schema_class, schema_class.__name__.removesuffix("Schema"))

    return name


def _operation(route: Route, examples: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": route.name,
        "tags": [route.group],
        "summary": route.summary,
        "description": route.about,
        "parameters": _parameters(route),
        "responses": _responses(route, examples),
        "security": [] if route.scope is None else [{"bearer": [route.scope.value]}, {"header": [route.scope.value]}],
    }
    if route.takes is not None:
        found["requestBody"] = {
            "required": True,
            "description": route.takes.about,
            "content": _content(route.takes, examples),
        }
    return found


def _parameters(route: Route) -> list[dict[str, Any]]:
    headers = [dict(_IDEMPOTENCY_KEY)] if route.takes is not None and not route.raw else []
    if route.waits:
        headers.append(dict(_PREFER))
    path = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": about,
            "schema": {"type": "string", "minLength": 1},
        }
        for name, about in route.path_parameters.items()
    ]
    return [*path, *map(_query, route.query), *headers]


def _query(parameter: Parameter) -> dict[str, Any]:
    return {"name": parameter.name, "in": "query", "description": parameter.about, "schema": dict(parameter.schema)}


def _content(content: Content, examples: Mapping[str, Any]) -> dict[str, Any]:
    example = {"example": examples[content.schema]} if content.schema in examples else {}
    return {media_type: _media(media_type, content, example) for media_type in content.media_types}


def _media(media_type: str, content: Content, example: Mapping[str, Any]) -> dict[str, Any]:
    if media_type == JSON_LINES:
        return {"schema": {"type": "string", "description": f"One {content.schema} a line."}}
    if media_type != JSON:
        return {"schema": {"type": "string"}}
    if not content.schema:
        return {"schema": {"type": "object"}}
    one = {"$ref": f"#/components/schemas/{content.schema}"}
    if not content.many:
        return {"schema": one, **example}
    return {"schema": {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}, **example}


def _responses(route: Route, examples: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        str(status): _answer(route, content, examples)
        for status, content in ((200, route.answers), *route.also_answers)
    }
    by_status = sorted(dict.fromkeys(problems_of(route)), key=lambda kind: kind.status)
    for status, kinds in groupby(by_status, key=lambda kind: kind.status):
        found[str(status)] = _problem(tuple(kinds))
    return found


def _answer(route: Route, content: Content, examples: Mapping[str, Any]) -> dict[str, Any]:
    told = ("X-Request-ID",) if route.scope is None else ("X-Request-ID", "RateLimit")
    return {
        "description": content.about or route.summary,
        "headers": {name: _HEADERS[name] for name in told},
        "content": _content(content, examples),
    }


def problems_of(route: Route) -> tuple[Kind, ...]:
    """Every problem that the route may answer with."""
    query = (BAD_PARAMETER,) if route.query else ()
    body = _BODY_PROBLEMS if route.takes is not None else ()
    key = _KEY_PROBLEMS if route.scope is not None else ()
    return (*route.problems, *query, *body, *key, INTERNAL)


def _problem(kinds: tuple[Kind, ...]) -> dict[str, Any]:
    told = {"X-Request-ID"} | ({"Retry-After"} if kinds[0].status in (TOO_MANY.status, UNAVAILABLE.status) else set())
    return {
        "description": " Or: ".join(f"{kind.title}. {kind.advice}" for kind in kinds),
        "headers": {name: _HEADERS[name] for name in sorted(told)},
        "x-problems": [kind.code for kind in kinds],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": _example(kinds[0])}},
    }


def _example(kind: Kind) -> dict[str, Any]:
    return {
        "type": kind.address,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.advice,
        "request_id": "9f86d081884c7d65",
    }
