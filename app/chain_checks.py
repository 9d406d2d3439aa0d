"""The last check of the whole record: kept in the access log, so that whoever looks at the record sees who made it and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from app.store import Access, AccessFilter, ChainReport, LoggedAccess, Store

_TYPE: Final = "chain"
_ID: Final = "decisions"
_WHOLE: Final = "whole"
_BROKEN: Final = "broken"


def keep_check(store: Store, report: ChainReport, did: Callable[[str, str, str, str], Access]) -> None:
    """Log what a check found. `did` says by whom."""
    found = f"{_WHOLE}: {report.checked} decisions, {report.head.length}:{report.head.head}"
    if not report.is_whole:
        found = f"{_BROKEN} at record {report.first_bad}: {report.what}"
    store.access.add(did("checked", _TYPE, _ID, found))


def last_check(store: Store) -> LoggedAccess | None:
    """The newest check of the whole record; None where there was none."""
    found = store.access.newest(AccessFilter(action="checked", subject_type=_TYPE, subject_id=_ID), limit=1)
    return found[0] if found else None


def found_whole(check: LoggedAccess) -> bool:
    """Whether the check found the record whole."""
    return check.access.detail.startswith(_WHOLE)
