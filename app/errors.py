"""From exceptions to problem documents (RFC 9457): the one place that says what a caller is told when something is refused.

A problem's type is an address on the API's own page, where what it means and what to do about it is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from app.desk.refusals import Conflict, NoSuchDecision, NotAllowed, ReviewRefused
from app.rules import RulesRefused
from app.store import BadPageToken, IdempotencyConflict, StoreUnavailable
from cpq_hooks.problem import Invalid
from cpq_hooks.problem import Problem as Fault
from cpq_hooks.reading import Malformed, TooLarge

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER: Final = 5
"""Seconds after which it makes sense to come back to a program whose database was away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A sort of problem: `code` is its stable word, `advice` says what to do about it.

    `keeps_body` says that what was sent is kept, and can be looked up by the id that the problem names.
    """

    code: str
    status: int
    title: str
    advice: str
    keeps_body: bool = False

    @property
    def address(self) -> str:
        """Where the page speaks of it; this is the problem's type."""
        return f"/docs#problem-{self.code}"


BAD_REQUEST: Final = Kind(
    code="bad-request",
    status=400,
    title="The request cannot be read",
    advice="The request broke off, or a header is not written as HTTP asks. Send it again, whole.",
    keeps_body=True,
)
BAD_PARAMETER: Final = Kind(
    code="bad-parameter",
    status=400,
    title="A parameter is not right",
    advice="Every parameter that is misspelt or has a value that cannot be taken is listed under `errors`.",
    keeps_body=True,
)
MALFORMED_JSON: Final = Kind(
    code="malformed-json",
    status=400,
    title="The body is not JSON",
    advice="The detail names line and column. NaN, Infinity, equal keys in one object and text that is not UTF-8 are no JSON either.",
    keeps_body=True,
)
NO_KEY: Final = Kind(
    code="no-key",
    status=401,
    title="An API key is needed",
    advice="Send `Authorization: Bearer qg_...`. `quoteguard keys create` makes a key.",
    keeps_body=True,
)
KEY_NOT_VALID: Final = Kind(
    code="key-not-valid",
    status=401,
    title="The API key is not valid",
    advice="The key is unknown, revoked or expired. Ask whoever runs Quoteguard for a new one.",
    keeps_body=True,
)
NOT_GENUINE: Final = Kind(
    code="not-genuine",
    status=401,
    title="The delivery is not known for the vendor's",
    advice="The signature or the credentials are missing or wrong, or the delivery is too old. Compare the connection's secrets and its public address with what the vendor has. The status is the one that the vendor expects.",
    keeps_body=True,
)
MISSING_SCOPE: Final = Kind(
    code="missing-scope",
    status=403,
    title="The API key may not do this",
    advice="The detail names the scope that the key would need.",
    keeps_body=True,
)
NOT_ALLOWED: Final = Kind(
    code="not-allowed",
    status=403,
    title="This reviewer may not do this",
    advice="Nobody reviews a deal of their own, and a consent needs the role that is asked for. The detail says which it is, and `errors` has it in a word.",
    keeps_body=True,
)
NOT_FOUND: Final = Kind(
    code="not-found",
    status=404,
    title="There is nothing here",
    advice="No such route, or no record under this id.",
)
METHOD_NOT_ALLOWED: Final = Kind(
    code="method-not-allowed",
    status=405,
    title="The route does not take this method",
    advice="The Allow header names the methods that it takes.",
)
TOO_SLOW: Final = Kind(
    code="too-slow",
    status=408,
    title="The body took too long to arrive",
    advice="Nothing came for ten seconds while the body was awaited. Send it again.",
    keeps_body=True,
)
IDEMPOTENCY_CONFLICT: Final = Kind(
    code="idempotency-conflict",
    status=409,
    title="The Idempotency-Key belongs to another request",
    advice="The same key came before with other content. Use a new key for new content.",
    keeps_body=True,
)
REVIEW_CONFLICT: Final = Kind(
    code="review-conflict",
    status=409,
    title="The case does not stand as the reviewer thought",
    advice="Somebody was first, a newer decision is on record, or the quote ran out: the detail says which, who and when. Look at the case again. `errors` has it in a word.",
    keeps_body=True,
)
RECOVERY_CONFLICT: Final = Kind(
    code="recovery-conflict",
    status=409,
    title="Somebody was there before",
    advice="Another case has this money already, or the case was moved since you looked at it. The detail says which; look again.",
    keeps_body=True,
)
TOO_LARGE: Final = Kind(
    code="too-large",
    status=413,
    title="The body is too large",
    advice="The detail names the limit. Records can be sent in several requests; of a body beyond the limit only the beginning is kept.",
    keeps_body=True,
)
WRONG_TYPE: Final = Kind(
    code="wrong-type",
    status=415,
    title="The body's type is not taken here",
    advice="Send JSON, uncompressed, with `Content-Type: application/json`; records also as `application/x-ndjson`.",
    keeps_body=True,
)
INVALID: Final = Kind(
    code="invalid",
    status=422,
    title="What was sent cannot be taken as it is",
    advice="Everything that is wrong is listed under `errors`, each with its JSON path and what to do.",
    keeps_body=True,
)
TOO_MANY: Final = Kind(
    code="too-many-requests",
    status=429,
    title="Too many requests",
    advice="The key has used up its requests for now. Come back after as many seconds as Retry-After says.",
)
INTERNAL: Final = Kind(
    code="internal",
    status=500,
    title="Something went wrong here",
    advice="This is a fault of the program. Report it with the request id; the log holds what happened under the same id.",
    keeps_body=True,
)
UNAVAILABLE: Final = Kind(
    code="unavailable",
    status=503,
    title="The database is away",
    advice="Nothing was recorded. Send the request again after as many seconds as Retry-After says.",
)
UNCERTAIN: Final = Kind(
    code="uncertain",
    status=503,
    title="Whether it was recorded is not known",
    advice="The database broke off while it recorded. Send the request again with the same Idempotency-Key: it is then recorded once.",
)

NOT_READY: Final = Kind(
    code="not-ready",
    status=503,
    title="No policies are in force",
    advice="The files of policies, catalog or company cannot be taken up; the log says why. Nothing was recorded.",
)

KINDS: Final = (
    BAD_REQUEST,
    BAD_PARAMETER,
    MALFORMED_JSON,
    NO_KEY,
    KEY_NOT_VALID,
    NOT_GENUINE,
    MISSING_SCOPE,
    NOT_ALLOWED,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    TOO_SLOW,
    IDEMPOTENCY_CONFLICT,
    RECOVERY_CONFLICT,
    REVIEW_CONFLICT,
    TOO_LARGE,
    WRONG_TYPE,
    INVALID,
    TOO_MANY,
    INTERNAL,
    UNAVAILABLE,
    UNCERTAIN,
    NOT_READY,
)
"""Every problem that the API answers with, in the order of their status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One refusal. `headers` go out with it, `more` holds members of its own beside those of RFC 9457."""

    kind: Kind
    detail: str
    errors: tuple[Fault, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    more: tuple[tuple[str, object], ...] = ()

    def document(self, *, request_id: str, refused_id: str | None = None) -> bytes:
        """The problem as JSON. `refused_id` is what the body is kept under."""
        found: dict[str, object] = {
            "type": self.kind.address,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "request_id": request_id,
            **dict(self.more),
        }
        if refused_id is not None:
            found |= {"instance": f"/v1/refused/{refused_id}", "refused_id": refused_id}
        if self.errors:
            found["errors"] = [fault.as_dict() for fault in self.errors]
        return json.dumps(found, ensure_ascii=False).encode("utf-8", "backslashreplace")


class Refused(Exception):  # noqa: N818 - the name says what happened to the request
    """The API itself refuses a request."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.kind.code)
        self.problem = problem


def refuse(kind: Kind, detail: str, **parts: Any) -> Refused:
    """What the API raises where it refuses a request itself; `parts` are further fields of `Problem`."""
    return Refused(Problem(kind=kind, detail=detail, **parts))


def problem_of(error: BaseException) -> Problem:
    """What the caller is told. Whatever is not foreseen is a fault of ours, and nothing of it is told."""
    if isinstance(error, Refused):
        return error.problem
    for kind, told in _TOLD.items():
        if isinstance(error, kind):
            return told(error)
    return Problem(kind=INTERNAL, detail="The request was not answered. The fault is logged under the request id.")


def _invalid(error: Invalid) -> Problem:
    count = len(error.problems)
    detail = "One thing is wrong with it." if count == 1 else f"{count} things are wrong with it."
    return Problem(kind=INVALID, detail=detail, errors=error.problems)


def _malformed(error: Malformed) -> Problem:
    where = f"Line {error.line}, column {error.column}"
    fault = Fault(path=error.path or "$", message=f"{where}: {error.message}", code="malformed_json")
    return Problem(kind=MALFORMED_JSON, detail=f"{where}: {error.message}.", errors=(fault,))


def _too_large(error: TooLarge) -> Problem:
    return Problem(kind=TOO_LARGE, detail=f"{str(error)[0].upper()}{str(error)[1:]}.")


def _conflict(_: IdempotencyConflict) -> Problem:
    return Problem(kind=IDEMPOTENCY_CONFLICT, detail="This Idempotency-Key came before with other content.")


def _bad_page(_: BadPageToken) -> Problem:
    fault = Fault(path="page", message="this is no page token: take it from `next_page` of an answer", code="bad_page")
    return Problem(kind=BAD_PARAMETER, detail="The page cannot be found.", errors=(fault,))


def _no_decision(_: NoSuchDecision) -> Problem:
    return Problem(kind=NOT_FOUND, detail="There is no decision with this id.")


def _not_allowed(refused: NotAllowed) -> Problem:
    return _refused(NOT_ALLOWED, refused)


def _review_conflict(refused: Conflict) -> Problem:
    return _refused(REVIEW_CONFLICT, refused)


def _refused(kind: Kind, refused: ReviewRefused) -> Problem:
    fault = Fault(path="$", message=refused.message, code=refused.code)
    return Problem(kind=kind, detail=refused.message, errors=(fault,))


def _unavailable(error: StoreUnavailable) -> Problem:
    kind = UNCERTAIN if error.uncertain else UNAVAILABLE
    return Problem(kind=kind, detail=kind.advice, headers=(("Retry-After", str(RETRY_AFTER)),))


def _not_ready(_: RulesRefused) -> Problem:
    return Problem(kind=NOT_READY, detail=NOT_READY.advice, headers=(("Retry-After", str(RETRY_AFTER)),))


def _no_route(_: NotFound) -> Problem:
    return Problem(kind=NOT_FOUND, detail="There is no such route; /docs lists them.")


def _no_method(error: MethodNotAllowed) -> Problem:
    allowed = ", ".join(sorted(error.valid_methods or ()))
    return Problem(kind=METHOD_NOT_ALLOWED, detail=f"This route takes {allowed}.", headers=(("Allow", allowed),))


def _http(error: HTTPException) -> Problem:
    """What else the framework refuses before the API sees it: a body or header that is not HTTP."""
    kind = BAD_REQUEST if error.code is not None and error.code < INTERNAL.status else INTERNAL
    return Problem(kind=kind, detail="The request could not be read.")


_TOLD: Final[Mapping[type[BaseException], Callable[[Any], Problem]]] = {
    Invalid: _invalid,
    Malformed: _malformed,
    TooLarge: _too_large,
    IdempotencyConflict: _conflict,
    NoSuchDecision: _no_decision,
    NotAllowed: _not_allowed,
    Conflict: _review_conflict,
    BadPageToken: _bad_page,
    StoreUnavailable: _unavailable,
    RulesRefused: _not_ready,
    NotFound: _no_route,
    MethodNotAllowed: _no_method,
    HTTPException: _http,
}
