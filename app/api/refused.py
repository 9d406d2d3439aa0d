"""GET /v1/refused/ID: what was received and refused, as it came, with the problem that it got."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from app.api.route import Asked, Content, Reply, Route
from app.api.writing import json_reply, moment_json
from app.errors import NOT_FOUND, refuse
from app.store import KeptRefusal, Scope
from app.store.refused import Refused
from cpq_hooks.masking import masked, secret_fields
from cpq_hooks.registry import installed

_HOOKS: Final = "/v1/hooks/"


def refused_routes(refused: Refused) -> tuple[Route, ...]:
    """The route that looks refused requests up."""

    def one(asked: Asked) -> Reply:
        kept = refused.get(asked.path["refused_id"])
        if kept is None:
            raise refuse(NOT_FOUND, "There is no refused request with this id, or its time is over.")
        return json_reply(refused_document(kept))

    return (
        Route(
            method="GET",
            path="/v1/refused/{refused_id}",
            name="getRefused",
            group="Refused requests",
            summary="Look a refused request up",
            about=(
                "What was received, as it came, and the problem that it got. A body that is not UTF-8 text is in `body_base64`. Of a body "
                "beyond the limit the beginning is kept, and `is_cut` says so. A secret that a vendor repeats in its body is hidden."
            ),
            scope=Scope.READ,
            path_parameters={"refused_id": "The id that the problem names, `ref_...`."},
            answers=Content(schema="RefusedRequest"),
            problems=(NOT_FOUND,),
            handle=one,
        ),
    )


def refused_document(kept: KeptRefusal) -> dict[str, Any]:
    """A refused request with the problem that it got. A secret that a vendor repeats in its body is hidden."""
    request = kept.request
    return {
        "refused_id": request.ref_id,
        "received_at": moment_json(request.received_at),
        "route": request.route,
        "status": request.status,
        "problem": json.loads(request.problem),
        "key_id": request.key_id,
        "content_type": request.content_type,
        "length": request.length,
        "is_cut": kept.is_cut,
        "body_digest": kept.body_digest,
        **(_delivery(request.body) if _HOOKS in request.route else _body(request.body)),
    }


def _delivery(body: bytes) -> dict[str, str | None]:
    """A vendor's body without the secrets that some repeat in it."""
    text = body.decode("utf-8", "backslashreplace")
    shown = masked(text, secret_fields(installed()))
    return _body(body) if shown == text else {"body": shown, "body_base64": None}


def _body(body: bytes) -> dict[str, str | None]:
    try:
        return {"body": body.decode("utf-8"), "body_base64": None}
    except UnicodeDecodeError:
        return {"body": None, "body_base64": base64.b64encode(body).decode("ascii")}
