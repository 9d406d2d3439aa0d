"""Holds: one row for each billing configuration, and what happened to it, which is only ever added to."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, tuple_, update

from app.store.database import Database
from app.store.errors import BadPageToken
from app.store.hold_rows import columns_of, entry_columns, entry_of, hold_of
from app.store.identifiers import searchable
from app.store.records import HoldEntry, HoldFilter, HoldPage, HoldStep
from app.store.tables import DECISIONS, HOLD_HISTORY, HOLDS
from policies.holding import Hold, HoldChange, HoldState

_LONGEST_PAGE: Final = 500
_AT_A_TIME: Final = 200
_ORDER: Final = (HOLDS.c.due, HOLDS.c.billing_configuration_id)
_HELD: Final = tuple(state.value for state in HoldState if state.holds)

Step = Callable[[Hold], HoldChange | None]
Telling = Callable[[Connection, HoldChange], None]
"""Told of a change that came with time or by hand, in its transaction."""


class Holds:
    """The holds on billing configurations. They change with a decision (`Store.record`), as time goes on (`escalate`) and by hand."""

    def __init__(self, database: Database, told: Telling = lambda *_: None) -> None:
        self._database = database
        self._told = told

    def get(self, billing_configuration_id: str) -> Hold | None:
        """How the configuration stands; None where it was never verified."""
        query = select(HOLDS).where(HOLDS.c.billing_configuration_id == searchable(billing_configuration_id))
        row = self._database.read(lambda connection: connection.execute(query).first())
        return None if row is None else hold_of(row)

    def history(self, billing_configuration_id: str) -> tuple[HoldEntry, ...]:
        """What happened to the configuration, in order."""
        of = HOLD_HISTORY.c.billing_configuration_id == searchable(billing_configuration_id)
        query = select(HOLD_HISTORY).where(of).order_by(HOLD_HISTORY.c.number)
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return tuple(map(entry_of, rows))

    def page(self, wanted: HoldFilter, *, limit: int = 50, page: str | None = None) -> HoldPage:
        """Up to `limit` holds (at most 500), the nearest first invoice first. Raises `BadPageToken`."""
        limit = max(1, min(limit, _LONGEST_PAGE))
        query = select(HOLDS).where(*_conditions(wanted)).order_by(*_ORDER).limit(limit + 1)
        if page is not None:
            query = query.where(tuple_(*_ORDER) > tuple_(*_read_token(page)))
        rows = self._database.read(lambda connection: connection.execute(query).all())
        more = len(rows) > limit
        return HoldPage(holds=tuple(map(hold_of, rows[:limit])), next_page=_token(rows[limit - 1]) if more else None)

    def escalate(self, step: Step) -> tuple[Hold, ...]:
        """Let `step` look at every hold that stands, and keep what it changes. The answer is what it changed."""
        changed: list[Hold] = []
        after = ("", "")
        while portion := self._standing(after):
            for row in portion:
                changed += self._step(row.billing_configuration_id, step)
            after = (portion[-1].due, portion[-1].billing_configuration_id)
        return tuple(changed)

    def change(self, billing_configuration_id: str, step: Callable[[Hold], HoldChange | None]) -> Hold | None:
        """Let `step` look at one hold, and keep what it changes; None where it changes nothing. What `step` raises undoes it."""
        changed = self._step(searchable(billing_configuration_id), step)
        return changed[0] if changed else None

    def _standing(self, after: tuple[str, str]) -> Sequence[Row[str, str]]:
        query = select(*_ORDER).where(HOLDS.c.state.in_(_HELD), tuple_(*_ORDER) > tuple_(*after))
        query = query.order_by(*_ORDER).limit(_AT_A_TIME)
        return self._database.read(lambda connection: connection.execute(query).all())

    def _step(self, configuration_id: str, step: Step) -> list[Hold]:
        taken = HoldStep(
            billing_configuration_id=configuration_id, after=lambda hold: None if hold is None else step(hold)
        )

        def work(connection: Connection) -> HoldChange | None:
            change = change_in(connection, taken)
            if change is not None:
                self._told(connection, change)
            return change

        change = self._database.write(work)
        return [] if change is None else [change.hold]


def change_in(connection: Connection, step: HoldStep) -> HoldChange | None:
    """Change a hold in the caller's transaction, and add what happened to its history."""
    configuration_id = searchable(step.billing_configuration_id)
    this = HOLDS.c.billing_configuration_id == configuration_id
    row = connection.execute(select(HOLDS).where(this).with_for_update()).first()
    change = step.after(None if row is None else hold_of(row))
    if change is None:
        return None
    columns = {**columns_of(change.hold), "billing_configuration_id": configuration_id}
    connection.execute(insert(HOLDS).values(columns) if row is None else update(HOLDS).where(this).values(columns))
    if change.events:
        of = HOLD_HISTORY.c.billing_configuration_id == configuration_id
        last = connection.execute(select(func.max(HOLD_HISTORY.c.number)).where(of)).scalar() or 0
        connection.execute(insert(HOLD_HISTORY), entry_columns(change, configuration_id, last))
    return change


def _conditions(wanted: HoldFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.states:
        found.append(HOLDS.c.state.in_([state.value for state in wanted.states]))
    if wanted.verdict is not None:
        of = (DECISIONS.c.decision_id == HOLDS.c.decision_id, DECISIONS.c.verdict == wanted.verdict.value)
        found.append(select(DECISIONS.c.seq).where(*of).exists())
    if wanted.due_before is not None:
        found.append(HOLDS.c.due < wanted.due_before.isoformat())
    if wanted.agreement_id is not None:
        found.append(HOLDS.c.agreement_id == searchable(wanted.agreement_id))
    if wanted.account_id is not None:
        found.append(HOLDS.c.account_id == searchable(wanted.account_id))
    if wanted.overdue is not None:
        found.append(HOLDS.c.is_overdue == wanted.overdue)
    return found


def _token(row: Row[Any]) -> str:
    text = json.dumps([row.due, row.billing_configuration_id])
    return base64.urlsafe_b64encode(text.encode("ascii")).decode("ascii").rstrip("=")


def _read_token(token: str) -> tuple[str, str]:
    """The place after which the page begins."""
    try:
        due, configuration_id = json.loads(base64.urlsafe_b64decode(token.encode("ascii") + b"=="))
    except (ValueError, TypeError, binascii.Error):
        raise BadPageToken("this is no page token of ours") from None
    if not isinstance(due, str) or not isinstance(configuration_id, str):
        raise BadPageToken("this is no page token of ours")
    return searchable(due), searchable(configuration_id)
