"""GET /v1/insights/...: the ledgers, patterns, policies, reps, fixes and signals, as JSON or CSV; and the log of fixes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from app.api.once import Memory
from app.api.parameters import choice_parameter, day_parameter
from app.api.route import JSON, Asked, Content, Reply, Route
from app.api.writing import json_reply
from app.errors import BAD_PARAMETER, IDEMPOTENCY_CONFLICT, INVALID, MALFORMED_JSON, refuse
from app.identifiers import new_id
from app.ledgers import insights
from app.ledgers.definitions import DEFINITIONS
from app.ledgers.tables import CSV, csv_of
from app.store import Scope
from cpq_hooks.canonical.recovery import load_fix_request
from cpq_hooks.problem import Problem as Fault
from cpq_hooks.reading import read_json
from policies.domain.company import Company

if TYPE_CHECKING:
    from app.store import Store

_PATH: Final = "/v1/insights"
_GROUP: Final = "Insights"
_CSV: Final = "text/csv"
_SPAN: Final = timedelta(days=364)
_LONGEST: Final = 366 * 10


class Format(StrEnum):
    """What an answer is written as."""

    JSON = "json"
    CSV = "csv"


class Grouping(StrEnum):
    """What the ledgers are grouped by."""

    MONTH = "month"
    PATTERN = "pattern"
    POLICY = "policy"
    REP = "rep"
    PRODUCT = "product"
    SEGMENT = "segment"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightRoom:
    """What insights need: the books and the company in force; `memory` knows the time."""

    store: Store
    company: Callable[[], Company | None]
    memory: Memory


_DAYS: Final = (
    day_parameter("from", "The first day, in UTC. Default: a year before the last."),
    day_parameter("to", "The last day, in UTC. Default: today."),
    choice_parameter("format", "csv for a table of the rows; `Accept: text/csv` asks for the same.", Format),
)
_BY: Final = choice_parameter("group_by", "What the ledgers are grouped by. Default: month.", Grouping)

_ABOUT: Final[Mapping[str, tuple[str, str]]] = {
    "ledgers": (
        "What was prevented, corrected, detected, recovered and written off",
        (
            "Five ledgers, each cent in one of them, under and over apart; never add prevented to recovered. Beside them the metrics, each "
            "with its number of cases, its interval at 95 % and, where it cannot be told, why. `definitions` says what each one means."
        ),
    ),
    "patterns": ("How often each leakage pattern was found", "With the money at risk and what became of it."),
    "policies": (
        "How well each policy does",
        "Hits, overrides, the share of false positives and the regret of overrides, with their intervals.",
    ),
    "reps": ("Decisions by rep", "Their number, the money at risk and the share of clean quotes, with its interval."),
    "fixes": (
        "What to fix at the source, and what fixes have brought",
        (
            "`rows` are the causes of what was found, the most money first. `made` are the fixes that were noted, each with the time before and "
            "after it; where there are too few cases or days, it says so."
        ),
    ),
    "signals": (
        "Signs that limits are played with",
        (
            "Discounts bunched just under a limit, deals split to stay under one, quotes tried with small changes until they pass. A reason to "
            "look, no verdict."
        ),
    ),
}


def insight_routes(room: InsightRoom) -> tuple[Route, ...]:
    """The routes of the insights."""
    return (*(_route(room, name) for name in _ABOUT), _fix_route(room))


def _route(room: InsightRoom, name: str) -> Route:
    summary, about = _ABOUT[name]
    return Route(
        method="GET",
        path=f"{_PATH}/{name}",
        name=f"getInsights{name.title()}",
        group=_GROUP,
        summary=summary,
        about=about,
        scope=Scope.READ,
        query=(*_DAYS, _BY) if name == "ledgers" else _DAYS,
        answers=Content(
            schema=f"Insight{name.title()}", media_types=(JSON, _CSV), about="The rows, and what they rest on."
        ),
        handle=lambda asked: _answer(room, name, asked),
    )


def _answer(room: InsightRoom, name: str, asked: Asked) -> Reply:
    wanted = _asked(asked.query, room.memory.clock().date())
    document = _document(room, name, wanted)
    if asked.query.get("format") is Format.CSV or (not asked.query.get("format") and _prefers_csv(asked.accept)):
        disposition = ("Content-Disposition", f'attachment; filename="{name}-{wanted.first}-{wanted.last}.csv"')
        return Reply(body=csv_of(document["rows"]), content_type=CSV, headers=(disposition,))
    used = {each["definition"] for each in document.get("metrics", ())} | set(_LEDGERS if name == "ledgers" else ())
    texts = {each: DEFINITIONS[each].text for each in DEFINITIONS if each in used}
    return json_reply(document | ({"definitions": texts} if texts else {}))


_LEDGERS: Final = ("prevented", "corrected", "detected", "recovered", "written_off")


def _document(room: InsightRoom, name: str, wanted: insights.Asked) -> dict[str, Any]:
    if name == "signals":
        return insights.signals(room.store, wanted, room.company())
    make: Callable[[Store, insights.Asked], dict[str, Any]] = {
        "ledgers": insights.ledgers,
        "patterns": insights.patterns,
        "policies": insights.policies,
        "reps": insights.reps,
        "fixes": insights.fixes,
    }[name]
    return make(room.store, wanted)


def _asked(query: Mapping[str, Any], today: date) -> insights.Asked:
    last: date = query.get("to", today)
    first: date = query.get("from", last - min(_SPAN, last - date.min))
    if first > last or (last - first).days > _LONGEST or last == date.max:
        fault = Fault(path="query.from", message="must not be after to, nor ten years before it", code="bad_value")
        raise refuse(BAD_PARAMETER, "A parameter after the question mark cannot be taken.", errors=(fault,))
    group: str = query.get("group_by", Grouping.MONTH).value
    return insights.Asked(first=first, last=last, group=group)


def _prefers_csv(accept: str) -> bool:
    """Whether the first type that is named and that we write is CSV."""
    for each in accept.split(","):
        media_type = each.partition(";")[0].strip().lower()
        if media_type in (_CSV, JSON):
            return media_type == _CSV
    return False


def _fix_route(room: InsightRoom) -> Route:
    def note(asked: Asked) -> Reply:
        fix = load_fix_request(read_json(asked.body.raw))
        kept = {
            "fix_id": new_id("fix"),
            "kind": fix.kind.value,
            "value": fix.value,
            "made_on": fix.made_on.isoformat(),
            "title": fix.title,
            "owner": fix.owner,
            "note": fix.note,
            "noted_by": asked.key_id or "",
        }
        room.store.insights.note_fix(kept)
        return json_reply(kept)

    return Route(
        method="POST",
        path=f"{_PATH}/fixes",
        name="noteFix",
        group=_GROUP,
        summary="Note a fix at the source",
        about="A fix to a pattern, a policy or a product, with the day from which on it works; the insights show what came before and after.",
        scope=Scope.REVIEW,
        takes=Content(schema="FixRequest"),
        answers=Content(schema="NotedFix", about="The fix as it was noted."),
        problems=(MALFORMED_JSON, INVALID, IDEMPOTENCY_CONFLICT),
        handle=lambda asked: room.memory.once(asked, f"POST {_PATH}/fixes", lambda: note(asked)),
    )
