"""GET /v1/feedback: how decisions turned out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from marshmallow import Schema, fields

from app.api.parameters import day_parameter
from app.api.route import Asked, Content, Reply, Route
from app.api.writing import json_reply
from app.errors import BAD_PARAMETER, refuse
from app.feedback_counts import MOST, TooMany, feedback_counts
from app.store import Scope
from cpq_hooks.problem import Problem as Fault

if TYPE_CHECKING:
    from app.store import Store

_SPAN: Final = timedelta(days=90)
_LONGEST: Final = timedelta(days=366)


def _whole(about: str) -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": about, "minimum": 0})


class TurnedOutSchema(Schema):
    """How many decisions turned out how."""

    true_positive = _whole("Flagged or blocked, and it leaked.")
    false_positive = _whole("Flagged or blocked, and it did not leak.")
    false_negative = _whole("Allowed, and it leaked.")
    true_negative = _whole("Allowed, and somebody found that it did not leak.")

    class Meta:
        """`unknown` is a setting of marshmallow's."""

        include = {"unknown": _whole("Nothing turned out yet: nobody looked.")}  # noqa: RUF012 - marshmallow's way


class TurnedOutBySchema(TurnedOutSchema):
    """The same for one policy, tier, system or way of finding out."""

    value = fields.String(required=True, metadata={"description": "What they have in common."})


def _rows(about: str) -> Any:
    return fields.List(fields.Nested(TurnedOutBySchema), required=True, metadata={"description": about})


class FeedbackCountsSchema(Schema):
    """How the decisions of some time turned out, as far as it is known now."""

    class Meta:
        """`from` is a word of Python's."""

        include = {  # noqa: RUF012 - marshmallow's way
            "from": fields.DateTime(required=True, metadata={"description": "The first moment that is counted."}),
        }

    to = fields.DateTime(required=True, metadata={"description": "The first moment after."})
    decisions = _whole("The decisions made in that time.")
    counts = fields.Nested(TurnedOutSchema, required=True, metadata={"description": "What became of them."})
    contradicted = _whole("Decisions on which outcomes disagree: the last word counts.")
    unmatched = _whole("Outcomes discovered in that time that no decision was made on before.")
    future = _whole("Outcomes that say they are discovered in the future; they count nowhere yet.")
    by_policy = _rows("By policy that found something in force; a decision counts for each of them.")
    by_tier = _rows("By tier; `none` where no model scored.")
    by_source = _rows("By the system that the document came from.")
    by_found_by = _rows("By how it came to be known: the source of the last outcome.")


FEEDBACK_SCHEMAS: Final[Mapping[str, type[Schema]]] = {"FeedbackCounts": FeedbackCountsSchema}


def feedback_routes(store: Store, clock: Callable[[], datetime]) -> tuple[Route, ...]:
    """The route that counts how decisions turned out."""

    def counted(asked: Asked) -> Reply:
        now = clock()
        last: date = asked.query.get("to", now.date())
        first: date = asked.query.get("from", last - min(_SPAN, last - date.min))
        if first > last or last - first > _LONGEST or last == date.max:
            raise _refused("query.from", "must not be after to, nor more than a year before it")
        start, end = (datetime.combine(each, time(), UTC) for each in (first, last + timedelta(days=1)))
        try:
            return json_reply(feedback_counts(store, start, end, now))
        except TooMany as many:
            raise _refused("query.from", f"must be later: {many}") from None

    return (
        Route(
            method="GET",
            path="/v1/feedback",
            name="getFeedback",
            group="Insights",
            summary="How decisions turned out",
            about=(
                "Decisions of a time held against the outcomes that are known by now: true and false positives, false negatives, and the "
                "unknown, which is no true negative. An outcome judges the decision that it names, else the newest on its document before "
                f"it was discovered, else the newest on the quote that the document leads to. At most {MOST:,} decisions are counted at once."
            ),
            scope=Scope.READ,
            query=(
                day_parameter("from", "The first day, in UTC. Default: 90 days before the last."),
                day_parameter("to", "The last day, in UTC. Default: today."),
            ),
            answers=Content(schema="FeedbackCounts"),
            handle=counted,
        ),
    )


def _refused(path: str, message: str) -> Exception:
    fault = Fault(path=path, message=message, code="bad_value")
    return refuse(BAD_PARAMETER, "A parameter after the question mark cannot be taken.", errors=(fault,))
