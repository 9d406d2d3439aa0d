"""GET /v1/policies: what is in force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from app.api.route import Asked, Content, Reply, Route
from app.api.writing import json_reply
from app.errors import NOT_READY
from app.rules import Rules
from app.store import Scope
from policies.policy import Policy


def policy_routes(rules: Callable[[], Rules], clock: Callable[[], datetime]) -> tuple[Route, ...]:
    """The route that shows the policies."""

    def show(_: Asked) -> Reply:
        current, today = rules(), clock().date()
        return json_reply(
            {
                "policy_version": current.version,
                "policies": [_json(policy, today) for policy in current.policies.policies.values()],
            }
        )

    return (
        Route(
            method="GET",
            path="/v1/policies",
            name="listPolicies",
            group="Policies",
            summary="The policies in force",
            about="Every policy of the set that judges quotes now, with its effect and its owner.",
            scope=Scope.READ,
            answers=Content(schema="PolicyList"),
            problems=(NOT_READY,),
            handle=show,
        ),
    )


def _json(policy: Policy, today: date) -> dict[str, Any]:
    return {
        "policy_id": policy.id,
        "pattern": policy.pattern.number,
        "title": policy.title,
        "description": policy.description,
        "applies_to": policy.applies_to.value,
        "effect": policy.effect.value,
        "when_undetermined": policy.when_undetermined.value,
        "owner": policy.owner,
        "approver": policy.approver,
        "effective_from": _day(policy.effective_from),
        "effective_to": _day(policy.effective_to),
        "in_force": policy.in_force(today),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
