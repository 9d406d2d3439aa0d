"""A decision as the JSON that is answered and recorded."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from cpq_hooks.canonical import dump_decision

if TYPE_CHECKING:
    from policies.domain.decision import Decision


def render(decision: Decision, document: object, *, duration_ms: float) -> bytes:
    """The decision as JSON. `document` is what was sent: remedies are patches of it."""
    timed = replace(decision, duration_ms=round(duration_ms, 3))
    return json.dumps(dump_decision(timed, document), ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "backslashreplace"
    )
