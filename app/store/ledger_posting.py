"""Entries of the ledgers: posted in the caller's transaction, with the balances and the daily sums that follow from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, bindparam, insert, select, update

from app.bookkeeping.money import DEFINITIONS_VERSION
from app.store.ledger_tables import LEDGER_DAYS, LEDGER_ENTRIES, LEDGER_ITEMS, LEDGERS

Item = dict[str, Any]
"""A row of `ledger_items`, changed in memory and written back at the end."""
BALANCES: Final = (*LEDGERS, "collected")
DIMENSIONS: Final = {
    "all": None,
    "pattern": "pattern",
    "policy": "policy_id",
    "rep": "rep_id",
    "product": "product_id",
    "segment": "segment",
    "source": "source",
}
"""By what daily sums are kept, and the item's column that says its value."""
_NEW_ITEM: Final = insert(LEDGER_ITEMS)
_CHANGE_ITEM: Final = (
    update(LEDGER_ITEMS)
    .where(LEDGER_ITEMS.c.item_id == bindparam("this"))
    .values({column.name: bindparam(column.name) for column in LEDGER_ITEMS.columns if column.name != "item_id"})
)
_NEW_ENTRY: Final = insert(LEDGER_ENTRIES)
_STATED: Final = ("prevented", "corrected", "detected")
_ZERO: Final = dict.fromkeys((*BALANCES, "peak", "at_risk", "found", "billed"), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """What an entry follows from."""

    event: str
    at: str
    decision_id: str | None = None
    outcome_id: str | None = None
    case_id: str | None = None


@dataclass(slots=True)
class Posting:
    """Entries under way. `finish` writes what they come to."""

    connection: Connection
    items: dict[str, Item] = field(default_factory=dict)
    _new: set[str] = field(default_factory=set)
    _changed: set[str] = field(default_factory=set)
    _sums: dict[tuple[str, ...], dict[str, int]] = field(default_factory=dict)

    def load(self, *conditions: Any) -> list[Item]:
        """The items that fit, locked, in the order of their ids."""
        query = select(LEDGER_ITEMS).where(*conditions).order_by(LEDGER_ITEMS.c.item_id).with_for_update()
        return [self._known(row) for row in self.connection.execute(query)]

    def open(self, item: Item) -> Item:
        """A new item, or the one that is there under this id."""
        found = self.items.get(item["item_id"])
        if found is None:
            rows = self.load(LEDGER_ITEMS.c.item_id == item["item_id"])
            found = rows[0] if rows else None
        if found is None:
            found = self.items[item["item_id"]] = {**_ZERO, **_EMPTY, **item}
            self._new.add(found["item_id"])
        return found

    def change(self, item: Item, **columns: Any) -> None:
        """Change an item beside its balances."""
        if any(item[name] != value for name, value in columns.items()):
            item.update(columns)
            self._changed.add(item["item_id"])

    def post(self, item: Item, ledger: str, amount: int, because: Because) -> None:
        """State that this much more belongs into a ledger; below zero takes a statement back."""
        if ledger in _STATED:
            item["found"] += amount
        self._book(item, ledger, amount, because)

    def transfer(self, item: Item, amount: int, ledger: str, because: Because) -> None:
        """Move money from what is detected to another ledger, or back where the amount is below zero."""
        self._book(item, "detected", -amount, because)
        self._book(item, ledger, amount, because)

    def _book(self, item: Item, ledger: str, amount: int, because: Because) -> None:
        if not amount:
            return
        item[ledger] += amount
        item["closed_at"] = None if item["detected"] else because.at
        self._changed.add(item["item_id"])
        self._write(item, ledger, amount, because)
        for key in sum_keys(item, because.at[:10]):
            sums = self._sums.setdefault(key, dict.fromkeys(BALANCES, 0))
            sums[ledger] += amount

    def finish(self) -> None:
        """Write the items and the daily sums."""
        new = [_row(self.items[each]) for each in sorted(self._new)]
        if new:
            self.connection.execute(_NEW_ITEM, new)
        for each in sorted(self._changed - self._new):
            self.connection.execute(_CHANGE_ITEM, _row(self.items[each]) | {"this": each})
        add_to(self.connection, LEDGER_DAYS, BALANCES, self._sums)

    def _known(self, row: Row[Any]) -> Item:
        item = dict(row._mapping)  # noqa: SLF001 - its public name
        item["fields"] = json.loads(item["fields"])
        return self.items.setdefault(item["item_id"], item)

    def _write(self, item: Item, ledger: str, amount: int, because: Because) -> None:
        reverses = None
        if amount < 0:
            earlier = (LEDGER_ENTRIES.c.item_id == item["item_id"], LEDGER_ENTRIES.c.ledger == ledger)
            query = select(LEDGER_ENTRIES.c.seq).where(*earlier, LEDGER_ENTRIES.c.amount > 0)
            reverses = self.connection.execute(query.order_by(LEDGER_ENTRIES.c.seq.desc()).limit(1)).scalar()
        entry = {
            "item_id": item["item_id"],
            "ledger": ledger,
            "amount": amount,
            "at": because.at,
            "event": because.event,
            "definitions": DEFINITIONS_VERSION,
            "reverses": reverses,
            "decision_id": because.decision_id,
            "outcome_id": because.outcome_id,
            "case_id": because.case_id,
        }
        self.connection.execute(_NEW_ENTRY, entry)


_EMPTY: Final[Mapping[str, Any]] = {
    "line_id": "",
    "period_start": "",
    "policy_id": "",
    "finding_id": "",
    "decision_id": None,
    "outcome_id": None,
    "case_id": None,
    "rep_id": "",
    "product_id": "",
    "segment": "",
    "source": "",
    "happened_on": None,
    "closed_at": None,
    "found_by": "",
    "sent_with_it": False,
    "fields": [],
}


def sum_keys(item: Mapping[str, Any], day: str) -> Iterable[tuple[str, ...]]:
    """The keys of the daily sums that an item counts in."""
    for dimension, column in DIMENSIONS.items():
        value = "" if column is None else item[column]
        yield dimension, day, value, item["currency"], item["side"]


def add_to(
    connection: Connection,
    table: Table,
    measures: Sequence[str],
    sums: Mapping[tuple[Any, ...], Mapping[str, int]],
) -> None:
    """Add to rows that are there or not, in the order of their keys, so that two that add at once do not block each other."""
    keys = len(table.primary_key.columns)
    rows = [(*key, *[sums[key][name] for name in measures]) for key in sorted(sums)]
    if rows:
        mark = "?" if connection.dialect.name == "sqlite" else "%s"
        connection.exec_driver_sql(_adding(table, tuple(measures), mark, keys), rows)


@cache
def _adding(table: Table, measures: tuple[str, ...], mark: str, keys: int) -> str:
    """The statement in the driver's own words: put together once, since it is run with each decision."""
    names = [*[column.name for column in table.primary_key.columns], *measures]
    added = ", ".join(f"{each} = {table.name}.{each} + excluded.{each}" for each in measures)
    return (
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join([mark] * len(names))}) "
        f"ON CONFLICT ({', '.join(names[:keys])}) DO UPDATE SET {added}"
    )


def _row(item: Item) -> dict[str, Any]:
    return item | {"fields": json.dumps(item["fields"]).encode()}
