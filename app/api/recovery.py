"""GET and POST /v1/recovery-cases: money that was found, on its way back; opened, moved, and written to the customer about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from app.api.once import Keeping, Memory
from app.api.parameters import choice_parameter, number_parameter, text_parameter
from app.api.route import Asked, Content, Reply, Route
from app.api.writing import json_reply
from app.bookkeeping.recovery import CaseState
from app.errors import IDEMPOTENCY_CONFLICT, INVALID, MALFORMED_JSON, NOT_FOUND, RECOVERY_CONFLICT, refuse
from app.ledgers.cases import case_json, move_case, open_case
from app.ledgers.letters import LetterRefused, letter_of, product_names
from app.store import DocumentKind, Scope
from app.store.recovery_cases import AlreadyClaimed, CaseFilter, MovedMeanwhile
from cpq_hooks.canonical.recovery import load_case_request, load_move_request
from cpq_hooks.problem import Invalid, Problem
from cpq_hooks.reading import read_json

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.store import Store
    from app.store.recovery_cases import KeptCase

_PATH: Final = "/v1/recovery-cases"
_GROUP: Final = "Recovery cases"
_DEFAULT_LIMIT: Final = 50
_CASE_ID: Final = {"case_id": "The case's id, `rec_...`."}
_QUERY: Final = (
    choice_parameter("state", "Only cases in this state.", CaseState),
    text_parameter("agreement_id", "Only cases of this agreement."),
    text_parameter("owner", "Only cases that this person looks after."),
    text_parameter("pattern", "Only cases of this leakage pattern."),
    number_parameter("limit", "How many to answer with.", least=1, most=500, default=_DEFAULT_LIMIT),
    text_parameter("page", "The token of a further page: `next_page` of the answer before."),
)
_NONE: Final = "There is no recovery case with this id."


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryRoom:
    """What recovery cases need. `home` is where the company's own letters lie."""

    store: Store
    memory: Memory
    home: Path | None
    company_name: Callable[[], str | None] = lambda: None
    simulated: bool = False


def recovery_routes(room: RecoveryRoom) -> tuple[Route, ...]:
    """The routes of recovery cases."""
    return (_list(room), _open(room), _one(room), _move(room), _letter(room))


def _list(room: RecoveryRoom) -> Route:
    def many(asked: Asked) -> Reply:
        query = dict(asked.query)
        limit, page = query.pop("limit", _DEFAULT_LIMIT), query.pop("page", None)
        cases, following = room.store.recovery.page(CaseFilter(**query), limit=limit, page=page)
        said = {name: str(value) for name, value in asked.query.items()} | {"page": following}
        return json_reply(
            {
                "cases": [case_json(each) for each in cases],
                "next_page": following,
                "links": {"next": None if following is None else f"{_PATH}?{urlencode(said)}"},
            }
        )

    return Route(
        method="GET",
        path=_PATH,
        name="listRecoveryCases",
        group=_GROUP,
        summary="List recovery cases",
        about="The last moved first. Each says what it can become, and how much is still open.",
        scope=Scope.READ,
        query=_QUERY,
        answers=Content(schema="RecoveryCasePage"),
        handle=many,
    )


def _open(room: RecoveryRoom) -> Route:
    def opened(asked: Asked, keep: Keeping) -> Reply:
        wanted = load_case_request(read_json(asked.body.raw))
        try:
            reply = _Reply(keep)
            open_case(room.store, wanted, asked.key_id or "", simulated=room.simulated, beside=reply.of)
        except AlreadyClaimed as error:
            raise refuse(RECOVERY_CONFLICT, f"{error}.", more=(("case_id", error.case_id),)) from None
        return reply.made

    return Route(
        method="POST",
        path=_PATH,
        name="openRecoveryCase",
        group=_GROUP,
        summary="Open a recovery case",
        about="On a finding of the agreement's stored audit, or by hand on lines with their amounts. The same line, period and pattern of an "
        "agreement is in one case only; what another case has already is left out, and where nothing is left, that case is named.",
        scope=Scope.REVIEW,
        takes=Content(schema="CaseRequest"),
        answers=Content(schema="RecoveryCase", about="The case."),
        problems=(MALFORMED_JSON, INVALID, IDEMPOTENCY_CONFLICT, RECOVERY_CONFLICT),
        handle=lambda asked: room.memory.once_with(asked, f"POST {_PATH}", lambda keep: opened(asked, keep)),
    )


def _one(room: RecoveryRoom) -> Route:
    def one(asked: Asked) -> Reply:
        case = room.store.recovery.get(asked.path["case_id"])
        if case is None:
            raise refuse(NOT_FOUND, _NONE)
        return json_reply(_whole(room, case))

    return Route(
        method="GET",
        path=f"{_PATH}/{{case_id}}",
        name="getRecoveryCase",
        group=_GROUP,
        summary="A recovery case with its history",
        about="Its lines, the draft of what to invoice, its amounts and every move.",
        scope=Scope.READ,
        path_parameters=_CASE_ID,
        answers=Content(schema="RecoveryCase"),
        problems=(NOT_FOUND,),
        handle=one,
    )


def _move(room: RecoveryRoom) -> Route:
    def moved(asked: Asked, keep: Keeping) -> Reply:
        wanted = load_move_request(read_json(asked.body.raw))
        try:
            reply = _Reply(keep)
            case = move_case(room.store, asked.path["case_id"], wanted, asked.key_id or "", beside=reply.of)
        except MovedMeanwhile as error:
            told = f"{str(error)[:1].upper()}{str(error)[1:]}."
            raise refuse(RECOVERY_CONFLICT, told, more=(("version", error.version),)) from None
        if case is None:
            raise refuse(NOT_FOUND, _NONE)
        return reply.made

    return Route(
        method="POST",
        path=f"{_PATH}/{{case_id}}/move",
        name="moveRecoveryCase",
        group=_GROUP,
        summary="Move a recovery case",
        about="To a state that `can_become` lists, with the version that you saw: of two who move at once one succeeds, and the other is told. "
        "The ledgers move with it.",
        scope=Scope.REVIEW,
        path_parameters=_CASE_ID,
        takes=Content(schema="MoveRequest"),
        answers=Content(schema="RecoveryCase", about="The case."),
        problems=(MALFORMED_JSON, INVALID, NOT_FOUND, IDEMPOTENCY_CONFLICT, RECOVERY_CONFLICT),
        handle=lambda asked: room.memory.once_with(
            asked, f"POST {_PATH}/{asked.path['case_id']}/move", lambda keep: moved(asked, keep)
        ),
    )


def _letter(room: RecoveryRoom) -> Route:
    def letter(asked: Asked) -> Reply:
        case = room.store.recovery.get(asked.path["case_id"])
        if case is None:
            raise refuse(NOT_FOUND, _NONE)
        customer = asked.query.get("customer") or case.account_id or case.agreement_id
        sender = asked.query.get("sender") or room.company_name() or ""
        stored = room.store.documents.get(DocumentKind.AGREEMENT, case.agreement_id)
        try:
            written = letter_of(
                case_json(case),
                room.home,
                customer=customer,
                sender=sender,
                situation=asked.query.get("situation"),
                names=product_names(None if stored is None else stored.document.body),
            )
        except LetterRefused as error:
            fault = Problem(path="query.situation", message=str(error), code="letter_refused")
            raise Invalid([fault]) from None
        return json_reply({"situation": written.situation, "is_own": written.is_own, "text": written.text})

    return Route(
        method="GET",
        path=f"{_PATH}/{{case_id}}/letter",
        name="getRecoveryLetter",
        group=_GROUP,
        summary="The letter to the customer",
        about="Written from the template of the case's situation; `letters/SITUATION.txt` in the company's folder goes before ours.",
        scope=Scope.READ,
        path_parameters=_CASE_ID,
        query=(
            text_parameter("customer", "Whom it addresses. Default: the account's id."),
            text_parameter("sender", "Who signs it."),
            text_parameter("situation", "Another letter than the case's own."),
        ),
        answers=Content(schema="RecoveryLetter"),
        problems=(NOT_FOUND, INVALID),
        handle=letter,
    )


class _Reply:
    """The reply about a case, made and kept in the transaction that opens or moves it."""

    def __init__(self, keep: Keeping) -> None:
        self.made = json_reply({})
        self._keep = keep

    def of(self, connection: Connection, case: KeptCase, history: Sequence[Mapping[str, Any]]) -> None:
        self.made = json_reply(case_json(case, history))
        self._keep(connection, self.made)


def _whole(room: RecoveryRoom, case: KeptCase) -> dict[str, object]:
    return case_json(case, room.store.recovery.history(case.case_id))
