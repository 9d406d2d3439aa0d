"""GET /v1/watch: what is about to leak from agreements in force."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import urlencode

from app.api.parameters import day_parameter, number_parameter, text_parameter
from app.api.route import Asked, Content, Reply, Route
from app.api.writing import json_reply
from app.errors import NOT_FOUND, refuse
from app.store import Scope
from app.watching import StoredDocuments, today, watch_all, watch_one
from cpq_hooks.canonical import dump_watched
from policies.domain.company import Company
from policies.watching.alert import Watched

_PATH: Final = "/v1/watch"
_DEFAULT_LIMIT: Final = 50
_MOST_LOOKED_AT: Final = 200
"""So many agreements are looked at for one page, whether or not there is anything to say of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRoom:
    """What the watch needs: the stored documents, the company's limits and the time."""

    documents: StoredDocuments
    company: Callable[[], Company | None]
    clock: Callable[[], datetime]


def watch_routes(room: WatchRoom) -> tuple[Route, ...]:
    """The route that watches."""
    return (
        Route(
            method="GET",
            path=_PATH,
            name="watch",
            group="Watch",
            summary="What is about to leak from agreements in force",
            about=(
                "Looks at the stored agreements with their billing configurations and usage: discounts that end without a price "
                "step, renewals without an uplift, use beyond the allowance, commitments that fall short, credit that ends, and "
                "deadlines. Agreements of which there is nothing to say are left out, so a page may be short: go on while there "
                "is a `next_page`. Nothing is recorded."
            ),
            scope=Scope.READ,
            query=(
                day_parameter("as_of", "The day to look from. Default: today."),
                text_parameter("agreement_id", "Only this agreement."),
                number_parameter(
                    "limit", "How many agreements to answer with.", least=1, most=200, default=_DEFAULT_LIMIT
                ),
                text_parameter("page", "Where to go on: `next_page` of the answer before."),
            ),
            answers=Content(schema="WatchPage"),
            problems=(NOT_FOUND,),
            handle=lambda asked: _watch(room, asked),
        ),
    )


def _watch(room: WatchRoom, asked: Asked) -> Reply:
    company = room.company()
    as_of: date = asked.query.get("as_of") or today(room.clock(), company)
    agreement_id = asked.query.get("agreement_id")
    if agreement_id is not None:
        found = watch_one(room.documents, agreement_id, as_of, company)
        if found is None:
            raise refuse(NOT_FOUND, "No agreement is stored under this id.")
        return _reply(as_of, [found], None, asked)
    told, last = _page(room, as_of, company, asked)
    return _reply(as_of, told, last, asked)


def _page(room: WatchRoom, as_of: date, company: Company | None, asked: Asked) -> tuple[list[Watched], str | None]:
    """The agreements of which there is something to say, and the last that was looked at, where there may be more."""
    limit = asked.query.get("limit", _DEFAULT_LIMIT)
    told: list[Watched] = []
    last: str | None = None
    for number, each in enumerate(watch_all(room.documents, as_of, company, after=asked.query.get("page"))):
        if len(told) == limit or number == _MOST_LOOKED_AT:
            return told, last
        last = each.agreement_id
        told += [each] if each.alerts or each.not_assessed else []
    return told, None


def _reply(as_of: date, told: list[Watched], next_page: str | None, asked: Asked) -> Reply:
    query = {"as_of": as_of.isoformat(), **{n: str(v) for n, v in asked.query.items() if n == "limit"}}
    link = None if next_page is None else f"{_PATH}?{urlencode(query | {'page': next_page})}"
    return json_reply(
        {
            "as_of": as_of.isoformat(),
            "agreements": [dump_watched(each) for each in told],
            "next_page": next_page,
            "links": {"next": link},
        }
    )
