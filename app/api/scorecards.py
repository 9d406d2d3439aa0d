"""GET /v1/scorecards/quotes/ID: how a deal stands, and how it came there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from app.api.route import Asked, Content, Reply, Route
from app.api.writing import json_bytes, summary_json
from app.errors import NOT_FOUND, refuse
from app.store import DecisionFilter, DecisionSummary, Scope
from app.store.decisions import DecisionLog
from policies.domain.outcome import SubjectType

_MOST: Final = 100


def scorecard_routes(decisions: DecisionLog) -> tuple[Route, ...]:
    """The route that shows a quote's scorecard."""

    def quote(asked: Asked) -> Reply:
        quote_id = asked.path["quote_id"]
        wanted = DecisionFilter(subject_type=SubjectType.QUOTE, subject_id=quote_id)
        history = decisions.page(wanted, limit=_MOST).decisions
        if not history:
            raise refuse(NOT_FOUND, "No quote with this id was checked.")
        latest = _document(decisions, history[0])
        before = _document(decisions, history[1]) if len(history) > 1 else b""
        return Reply(body=_scorecard(quote_id, history, latest, before))

    return (
        Route(
            method="GET",
            path="/v1/scorecards/quotes/{quote_id}",
            name="getQuoteScorecard",
            group="Decisions",
            summary="A quote's scorecard",
            about=(
                "The newest decision on the quote, every decision before it (up to 100, newest first), and which findings appeared and "
                "which were cleared since the decision before."
            ),
            scope=Scope.READ,
            path_parameters={"quote_id": "The quote's own id."},
            answers=Content(schema="QuoteScorecard"),
            problems=(NOT_FOUND,),
            handle=quote,
        ),
    )


def _document(decisions: DecisionLog, summary: DecisionSummary) -> bytes:
    stored = decisions.get(summary.decision_id)
    if stored is None:
        raise RuntimeError("a decision that was listed is not in the record")
    return stored.decision.document


def _scorecard(quote_id: str, history: Iterable[DecisionSummary], latest: bytes, before: bytes) -> bytes:
    """The newest decision goes in byte for byte, so that no amount is read and written again."""
    head = {
        "quote_id": quote_id,
        "history": [summary_json(summary) for summary in history],
        "since_previous": _difference(_findings(before), _findings(latest)) if before else None,
    }
    return json_bytes(head)[:-1] + b',"decision":' + latest + b"}"


def _difference(before: dict[Any, Any], now: dict[Any, Any]) -> dict[str, Any]:
    return {
        "appeared": [_short(finding) for key, finding in now.items() if key not in before],
        "cleared": [_short(finding) for key, finding in before.items() if key not in now],
    }


def _findings(document: bytes) -> dict[Any, Any]:
    """The findings by what makes them the same: the policy and the lines."""
    found = json.loads(document, parse_float=str)["findings"]
    return {(finding["policy_id"], *finding["line_ids"]): finding for finding in found}


def _short(finding: dict[str, Any]) -> dict[str, Any]:
    return {name: finding[name] for name in ("policy_id", "pattern", "effect", "line_ids", "message")}
