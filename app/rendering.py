"""A decision as the JSON that is answered and recorded."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cpq_hooks.canonical import dump_decision, dump_set_up_decision

if TYPE_CHECKING:
    from policies.domain.decision import Decision
    from policies.twin.decision import SetUpDecision


def render(decision: Decision, document: object, *, duration_ms: float) -> bytes:
    """The decision as JSON. `document` is what was sent: remedies are patches of it."""
    return _text(dump_decision(replace(decision, duration_ms=round(duration_ms, 3)), document))


def render_set_up(decided: SetUpDecision, document: object, *, duration_ms: float) -> bytes:
    """The same of the decision on a set-up, with the first months of both sides."""
    timed = replace(decided, decision=replace(decided.decision, duration_ms=round(duration_ms, 3)))
    return _text(dump_set_up_decision(timed, document))


def _text(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
