"""What the insights page is asked for: days, grouping, currency, side and ledger, all of them in the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from app.ledgers.insights import GROUPS, Asked
from app.pages.page import PageAsked

LEDGERS: Final = ("prevented", "corrected", "detected", "recovered", "written_off")
SIDES: Final = ("under", "over")
_YEAR: Final = timedelta(days=364)
_LONGEST: Final = 366 * 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is wanted. `faults` say what of the address could not be taken; the usual stands in for it."""

    asked: Asked
    currency: str
    side: str
    ledger: str
    faults: tuple[str, ...] = ()


def wanted(page: PageAsked) -> Wanted:
    """What the address asks for."""
    faults: list[str] = []
    last = _day(page, "to", page.now.date(), faults)
    first = _day(page, "from", last - _YEAR, faults)
    if first > last or (last - first).days > _LONGEST:
        faults.append("The first day must not be after the last, nor ten years before it. The last year is shown.")
        last = page.now.date()
        first = last - _YEAR
    return Wanted(
        asked=Asked(first=first, last=last, group=_choice(page, "group", GROUPS, faults)),
        currency=page.query.get("currency", "")[:3].upper(),
        side=_choice(page, "side", SIDES, faults),
        ledger=_choice(page, "ledger", ("", *LEDGERS), faults),
        faults=tuple(faults),
    )


def _day(page: PageAsked, name: str, usual: date, faults: list[str]) -> date:
    text = page.query.get(name, "")
    if not text:
        return usual
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not date(1970, 1, 1) <= day < date(9999, 1, 1):
        faults.append(f"The {name} day must be a day such as 2026-03-31. {usual.isoformat()} stands in for it.")
        return usual
    return day


def _choice(page: PageAsked, name: str, among: Sequence[str], faults: list[str]) -> str:
    text = page.query.get(name, "")
    if text and text not in among:
        faults.append(f"{name.title()} is one of {', '.join(each for each in among if each)}.")
    return text if text in among else among[0]


def months(asked: Asked) -> list[str]:
    """Every month of the span, also those in which nothing happened: "2026-03"."""
    found, year, month = [], asked.first.year, asked.first.month
    while (year, month) <= (asked.last.year, asked.last.month):
        found.append(f"{year}-{month:02}")
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found
