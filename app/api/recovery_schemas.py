"""The shapes of what recovery cases and the log of fixes take, for the API's document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from marshmallow import Schema

from cpq_hooks.canonical.recovery import CaseRequestSchema, FixRequestSchema, MoveRequestSchema

RECOVERY_SCHEMAS: Final[Mapping[str, type[Schema]]] = {
    "CaseRequest": CaseRequestSchema,
    "MoveRequest": MoveRequestSchema,
    "FixRequest": FixRequestSchema,
}
