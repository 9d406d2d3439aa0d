"""GET /v1/models: which models there are, which of them score, and what each says of itself."""

from __future__ import annotations

from app.api.route import Asked, Content, Reply, Route
from app.api.writing import json_reply
from app.errors import NOT_FOUND, refuse
from app.model_places import Place
from app.models import models_at
from app.models_told import model_json, models_json
from app.store import Scope
from scoring.model.errors import NoSuchVersion


def model_routes(place: Place) -> tuple[Route, ...]:
    """The routes that show the models of a place."""
    models = models_at(place)

    def many(_: Asked) -> Reply:
        return json_reply(models_json(models))

    def one(asked: Asked) -> Reply:
        try:
            return json_reply(model_json(models, asked.path["version"]))
        except NoSuchVersion:
            raise refuse(NOT_FOUND, "There is no model of this version.") from None

    return (
        Route(
            method="GET",
            path="/v1/models",
            name="listModels",
            group="Models",
            summary="The models",
            about=(
                "Every model, the newest first: which one scores (champion), which one scores beside it in shadow (challenger), and "
                "who changed that when and why. Without a champion quotes get a risk index."
            ),
            scope=Scope.READ,
            answers=Content(schema="ModelList"),
            handle=many,
        ),
        Route(
            method="GET",
            path="/v1/models/{version}",
            name="getModel",
            group="Models",
            summary="A model's card",
            about="What a model was trained on, how well it did on the newest months, beside what, and where it is weak.",
            scope=Scope.READ,
            path_parameters={"version": "The model's version."},
            answers=Content(schema="Model"),
            problems=(NOT_FOUND,),
            handle=one,
        ),
    )
