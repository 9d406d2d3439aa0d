"""The shapes in which the API shows models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import Schema, fields


def _text(about: str, *, null: bool = False, **more: Any) -> fields.String:
    return fields.String(required=True, allow_none=null, metadata={"description": about, **more})


def _whole(about: str) -> fields.Integer:
    return fields.Integer(required=True, allow_none=True, metadata={"description": about, "minimum": 0})


class ModelSummarySchema(Schema):
    """A model in short. What a model that cannot be read would say is null, and `refused` has the reasons."""

    version = _text("Its version: when it was trained, and a digest of its content.")
    role = _text("champion: it scores; challenger: it scores in shadow; kept.", enum=["champion", "challenger", "kept"])
    created_at = _text("As of when it was trained.", null=True, format="date-time")
    trained_on = _whole("From how many deals of known outcome it learned.")
    quotes = _whole("How many deals were looked at.")
    leaks = _whole("How many of the deals of known outcome leaked.")
    served = _text("What makes the score: linear+trees, linear or trees.", null=True)
    simulated = fields.Boolean(
        required=True, allow_none=True, metadata={"description": "Whether it learned from a simulated company."}
    )
    refused = fields.List(
        fields.String(), required=True, metadata={"description": "Why it cannot be served; empty where it can."}
    )


class ModelChangeSchema(Schema):
    """A change of what is in force."""

    at = _text("When.", format="date-time")
    by = _text("Who did it.")
    why = _text("Why.")
    did = _text("promote, rollback or challenge.")
    champion = _text("What scored from then on.", null=True)
    challenger = _text("What scored in shadow from then on.", null=True)
    was = _text("What scored before.", null=True)


class ModelListSchema(Schema):
    """The models, and who changed what is in force."""

    champion = _text("The version that scores; null where none does, and quotes get a risk index.", null=True)
    challenger = _text("The version that scores beside it in shadow.", null=True)
    because = _text("Why it cannot be read which one is in force; null where it can.", null=True)
    models = fields.List(
        fields.Nested(ModelSummarySchema), required=True, metadata={"description": "The newest first."}
    )
    log = fields.List(
        fields.Nested(ModelChangeSchema), required=True, metadata={"description": "The latest change first."}
    )


class ModelSchema(ModelSummarySchema):
    """A model with its card."""

    data_digest = _text("The digest of what it was trained on.", null=True)
    card = fields.Dict(
        required=True, metadata={"description": "Its figures, beside what they are to be read, its weak sides."}
    )
    files = fields.Dict(required=True, metadata={"description": "The SHA-256 digest of each of its files."})


MODEL_SCHEMAS: Final[Mapping[str, type[Schema]]] = {"ModelList": ModelListSchema, "Model": ModelSchema}
"""The shapes that routes name, by the names that the document gives them."""
