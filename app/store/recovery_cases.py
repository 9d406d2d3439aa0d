"""Recovery cases: one for the same line, period and pattern, moved by one person at a time, with all that happened to each."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from app.bookkeeping.money import shared
from app.bookkeeping.recovery import CaseMoney, CaseState, Move, after_move
from app.store.database import Database
from app.store.errors import BadPageToken
from app.store.identifiers import searchable, stamp
from app.store.ledger_books import found_id
from app.store.ledger_posting import Because, Item, Posting
from app.store.ledger_tables import LEDGER_ITEMS, RECOVERY_CASES, RECOVERY_CLAIMS, RECOVERY_MOVES
from app.store.packing import pack, unpack

_LONGEST_PAGE: Final = 500
_ORDER: Final = (RECOVERY_CASES.c.updated_at, RECOVERY_CASES.c.case_id)


class AlreadyClaimed(Exception):  # noqa: N818 - the name says it
    """Another case has this money already."""

    def __init__(self, case_id: str) -> None:
        super().__init__(f"{case_id} is on this line, period and pattern already")
        self.case_id = case_id


class MovedMeanwhile(Exception):  # noqa: N818 - the name says it
    """Somebody moved the case since it was looked at."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the case was moved meanwhile and is at version {version}: look at it again")
        self.version = version


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Money that a case is about: one line and period of the agreement, in minor units."""

    line_id: str
    period_start: str
    amount: int
    happened_on: str | None = None
    product_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """A case to be opened. `document` is what it shows beside its columns, as JSON."""

    case_id: str
    agreement_id: str
    pattern: str
    side: str
    currency: str
    claims: tuple[Claim, ...]
    opened_by: str
    document: Mapping[str, Any]
    policy_id: str = ""
    finding_id: str | None = None
    account_id: str | None = None
    owner: str | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCase:
    """A recovery case as it stands."""

    case_id: str
    version: int
    state: CaseState
    agreement_id: str
    account_id: str | None
    finding_id: str | None
    pattern: str
    policy_id: str
    side: str
    currency: str
    owner: str | None
    opened_at: str
    opened_by: str
    updated_at: str
    money: CaseMoney
    document: Mapping[str, Any]
    simulated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMove:
    """A move as somebody asks for it: `version` is that of the case that he looked at."""

    case_id: str
    version: int
    move: Move
    by: str
    reference: str | None = None
    note: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases to list; None matches all."""

    state: CaseState | None = None
    agreement_id: str | None = None
    owner: str | None = None
    pattern: str | None = None


BesideCase = Callable[[Connection, KeptCase, Sequence[Mapping[str, Any]]], None]
"""Done in the transaction that opens or moves a case, which is given as it stands then, with its history. Raising undoes it."""


class RecoveryCases:
    """The cases, the newest move first."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def open(self, case: NewCase, beside: BesideCase | None = None) -> KeptCase:
        """Open a case on what no other case is about; the other claims are left out. `beside` is done in the same transaction.

        Raises `AlreadyClaimed` where none is left.
        """

        def work(connection: Connection) -> KeptCase:
            self._open(connection, case)
            return _kept(connection, case.case_id, beside)

        try:
            return self._database.write(work)
        except IntegrityError:
            # Of two at once the other was first; now its claims can be seen.
            return self._database.write(work)

    def get(self, case_id: str) -> KeptCase | None:
        """The case with this id."""
        return self._database.read(lambda connection: _get(connection, case_id))

    def history(self, case_id: str) -> tuple[Mapping[str, Any], ...]:
        """What happened to the case, in order."""
        return self._database.read(lambda connection: _history(connection, case_id))

    def page(
        self, wanted: CaseFilter, *, limit: int = 50, page: str | None = None
    ) -> tuple[list[KeptCase], str | None]:
        """Up to `limit` cases, the last moved first, and the token of the next page. Raises `BadPageToken`."""
        limit = max(1, min(limit, _LONGEST_PAGE))
        query = select(RECOVERY_CASES).where(*_conditions(wanted)).limit(limit + 1)
        query = query.order_by(*[each.desc() for each in _ORDER])
        if page is not None:
            query = query.where(tuple_(*_ORDER) < tuple_(*_read_token(page)))
        rows = self._database.read(lambda connection: connection.execute(query).all())
        cases = [_case(row) for row in rows[:limit]]
        return cases, _token(cases[-1]) if len(rows) > limit else None

    def move(self, asked: CaseMove, beside: BesideCase | None = None) -> KeptCase:
        """Move a case, with the money in the ledgers; `beside` is done in the same transaction.

        Raises `KeyError`, `MovedMeanwhile` and `NotAllowed`.
        """

        def work(connection: Connection) -> KeptCase:
            self._move(connection, asked)
            return _kept(connection, asked.case_id, beside)

        return self._database.write(work)

    def _open(self, connection: Connection, case: NewCase) -> None:
        claimed = _claimed(connection, case)
        free = [each for each in case.claims if (each.line_id, each.period_start) not in claimed]
        if not free:
            raise AlreadyClaimed(min(claimed.values(), default=case.case_id))
        at = stamp(self._clock())
        posting = Posting(connection)
        items = [_take(posting, case, claim, at) for claim in free]
        recoverable = sum(each["detected"] for each in items)
        row = _new_row(case, at, recoverable, free)
        connection.execute(insert(RECOVERY_CASES).values(row))
        connection.execute(insert(RECOVERY_CLAIMS), [_claim_row(case, *each) for each in zip(free, items, strict=True)])
        _note(connection, row["case_id"], 1, None, CaseState.DETECTED, at, case.opened_by, owner=case.owner)
        posting.finish()

    def _move(self, connection: Connection, asked: CaseMove) -> None:
        this = RECOVERY_CASES.c.case_id == searchable(asked.case_id)
        row = connection.execute(select(RECOVERY_CASES).where(this).with_for_update()).first()
        if row is None:
            raise KeyError(asked.case_id)
        if row.version != asked.version:
            raise MovedMeanwhile(row.version)
        at, case = stamp(self._clock()), _case(row)
        posting = Posting(connection)
        items = posting.load(LEDGER_ITEMS.c.case_id == case.case_id)
        money = _as_booked(case.money, items)
        after = after_move(case.state, money, asked.move)
        _book(posting, items, money, after, Because(event=f"case {asked.move.to.value}", at=at, case_id=case.case_id))
        posting.finish()
        columns = asdict(after) | {
            "version": row.version + 1,
            "state": asked.move.to.value,
            "updated_at": at,
            "owner": asked.owner or case.owner,
        }
        connection.execute(update(RECOVERY_CASES).where(this).values(columns))
        _note(
            connection,
            case.case_id,
            row.version + 1,
            case.state,
            asked.move.to,
            at,
            asked.by,
            amount=asked.move.amount if asked.move.amount is not None else _moved(money, after),
            collected=asked.move.collected,
            reference=asked.reference,
            note=asked.note,
            owner=asked.owner,
        )


def _get(connection: Connection, case_id: str) -> KeptCase | None:
    query = select(RECOVERY_CASES).where(RECOVERY_CASES.c.case_id == searchable(case_id))
    row = connection.execute(query).first()
    return None if row is None else _case(row)


def _history(connection: Connection, case_id: str) -> tuple[Mapping[str, Any], ...]:
    query = select(RECOVERY_MOVES).where(RECOVERY_MOVES.c.case_id == searchable(case_id))
    rows = connection.execute(query.order_by(RECOVERY_MOVES.c.number)).all()
    return tuple(dict(row._mapping) for row in rows)  # noqa: SLF001 - its public name


def _kept(connection: Connection, case_id: str, beside: BesideCase | None) -> KeptCase:
    found = _get(connection, case_id)
    if found is None:
        raise KeyError(case_id)
    if beside is not None:
        beside(connection, found, _history(connection, case_id))
    return found


def _claimed(connection: Connection, case: NewCase) -> dict[tuple[str, str], str]:
    same = (RECOVERY_CLAIMS.c.agreement_id == searchable(case.agreement_id), RECOVERY_CLAIMS.c.pattern == case.pattern)
    rows = connection.execute(select(RECOVERY_CLAIMS).where(*same)).all()
    wanted = {(each.line_id, each.period_start) for each in case.claims}
    return {(row.line_id, row.period_start): row.case_id for row in rows if (row.line_id, row.period_start) in wanted}


def _take(posting: Posting, case: NewCase, claim: Claim, at: str) -> Item:
    """The money of a claim, found now where no audit has found it before."""
    agreement = searchable(case.agreement_id)
    item = posting.open(
        {
            "item_id": found_id(agreement, claim.line_id, claim.period_start, case.side, case.pattern),
            "kind": "case",
            "contract": agreement,
            "line_id": claim.line_id,
            "period_start": claim.period_start,
            "side": case.side,
            "currency": case.currency,
            "pattern": case.pattern,
            "policy_id": case.policy_id,
            "finding_id": case.finding_id or "",
            "product_id": claim.product_id,
            "opened_at": at,
            "happened_on": claim.happened_on,
            "found_by": "case",
        }
    )
    if not item["found"]:
        posting.post(item, "detected", claim.amount, Because(event="case opened", at=at, case_id=case.case_id))
    posting.change(item, case_id=case.case_id)
    return item


def _as_booked(money: CaseMoney, items: Sequence[Item]) -> CaseMoney:
    """The case's money as the ledgers have it: an audit may have found meanwhile that some came back, or was never owed."""
    sums = {name: sum(each[name] for each in items) for name in ("detected", "recovered", "collected", "written_off")}
    return replace(
        money,
        recoverable=sums["detected"] + sums["recovered"] + sums["written_off"],
        recovered=sums["recovered"],
        collected=sums["collected"],
        written_off=sums["written_off"],
    )


def _book(posting: Posting, items: Sequence[Item], before: CaseMoney, after: CaseMoney, because: Because) -> None:
    items = sorted(items, key=lambda each: (each["period_start"], each["item_id"]))
    paid = after.collected - before.collected
    if paid < 0:
        _share(items, -paid, "collected", lambda item, part: posting.post(item, "collected", -part, because))
    for ledger, change in (
        ("recovered", after.recovered - before.recovered),
        ("written_off", after.written_off - before.written_off),
    ):
        source, sign = ("detected", 1) if change >= 0 else (ledger, -1)
        for item, part in zip(items, shared(abs(change), [each[source] for each in items]), strict=True):
            posting.transfer(item, sign * part, ledger, because)
    if paid > 0:
        unpaid = [each["recovered"] - each["collected"] for each in items]
        for item, part in zip(items, shared(paid, unpaid), strict=True):
            posting.post(item, "collected", part, because)


def _share(items: Sequence[Item], amount: int, ledger: str, book: Callable[[Item, int], None]) -> None:
    for item, part in zip(items, shared(amount, [each[ledger] for each in items]), strict=True):
        book(item, part)


def _moved(before: CaseMoney, after: CaseMoney) -> int | None:
    changes = [
        after.recovered - before.recovered,
        after.written_off - before.written_off,
        after.invoiced - before.invoiced,
    ]
    return next((abs(each) for each in changes if each), None)


def _new_row(case: NewCase, at: str, recoverable: int, free: Sequence[Claim]) -> dict[str, Any]:
    document = {**case.document, "claims": [asdict(each) for each in free]}
    return {
        "case_id": case.case_id,
        "version": 1,
        "state": CaseState.DETECTED.value,
        "agreement_id": searchable(case.agreement_id),
        "account_id": searchable(case.account_id),
        "finding_id": searchable(case.finding_id),
        "pattern": case.pattern,
        "policy_id": case.policy_id,
        "side": case.side,
        "currency": case.currency,
        "owner": searchable(case.owner),
        "opened_at": at,
        "opened_by": searchable(case.opened_by),
        "updated_at": at,
        **asdict(CaseMoney(recoverable=recoverable)),
        "simulated": case.simulated,
        "document": pack(json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")),
    }


def _claim_row(case: NewCase, claim: Claim, item: Item) -> dict[str, Any]:
    return {
        "agreement_id": searchable(case.agreement_id),
        "line_id": claim.line_id,
        "period_start": claim.period_start,
        "pattern": case.pattern,
        "case_id": case.case_id,
        "item_id": item["item_id"],
    }


def _note(
    connection: Connection,
    case_id: str,
    number: int,
    before: CaseState | None,
    after: CaseState,
    at: str,
    by: str,
    **more: Any,
) -> None:
    row = {
        "case_id": case_id,
        "number": number,
        "from_state": None if before is None else before.value,
        "to_state": after.value,
        "at": at,
        "by": searchable(by),
    }
    said = {name: searchable(value) if isinstance(value, str) else value for name, value in more.items()}
    connection.execute(insert(RECOVERY_MOVES).values(row | said))


def _case(row: Row[Any]) -> KeptCase:
    names = (
        "case_id",
        "version",
        "agreement_id",
        "account_id",
        "finding_id",
        "pattern",
        "policy_id",
        "side",
        "currency",
    )
    more = ("owner", "opened_at", "opened_by", "updated_at", "simulated")
    money = ("recoverable", "invoiced", "recovered", "collected", "written_off")
    return KeptCase(
        **{name: getattr(row, name) for name in (*names, *more)},
        state=CaseState(row.state),
        money=CaseMoney(**{name: getattr(row, name) for name in money}),
        document=json.loads(unpack(row.document)),
    )


def _conditions(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    stated = {
        "state": wanted.state and wanted.state.value,
        "agreement_id": searchable(wanted.agreement_id),
        "owner": searchable(wanted.owner),
        "pattern": searchable(wanted.pattern),
    }
    return [RECOVERY_CASES.c[name] == value for name, value in stated.items() if value is not None]


def _token(case: KeptCase) -> str:
    text = json.dumps([case.updated_at, case.case_id])
    return base64.urlsafe_b64encode(text.encode("ascii")).decode("ascii").rstrip("=")


def _read_token(token: str) -> tuple[str, str]:
    try:
        at, case_id = json.loads(base64.urlsafe_b64decode(token.encode("ascii") + b"=="))
    except (ValueError, TypeError, binascii.Error):
        raise BadPageToken("this is no page token of ours") from None
    if not isinstance(at, str) or not isinstance(case_id, str):
        raise BadPageToken("this is no page token of ours")
    return searchable(at), searchable(case_id)
