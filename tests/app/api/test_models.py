"""GET /v1/models: which models there are, which one scores, and what each says of itself."""

import jsonschema

from scoring.model import Models
from tests.app.scoring_models import a_linear_model, promoted


def test_without_models_the_list_is_empty(api):
    told = api.get("/v1/models").json
    assert told == {"champion": None, "challenger": None, "because": None, "models": [], "log": []}


def test_the_models_are_listed_the_newest_first_with_who_put_them_in_force(api):
    folder = api.settings.models
    first = promoted(folder, a_linear_model(1.0))
    second = Models(folder=folder).add(a_linear_model(2.0, hours=1))
    Models(folder=folder).challenge(second, "tom", "looks better")
    told = api.get("/v1/models").json
    assert [(each["version"], each["role"]) for each in told["models"]] == [(second, "challenger"), (first, "champion")]
    assert [(each["did"], each["by"], each["why"]) for each in told["log"]] == [
        ("challenge", "tom", "looks better"),
        ("promote", "mia", "a test"),
    ]


def test_a_model_shows_its_card_and_one_that_is_not_there_is_not_found(api):
    version = promoted(api.settings.models, a_linear_model(1.0))
    told = api.get(f"/v1/models/{version}").json
    assert (told["role"], told["trained_on"], told["leaks"], told["card"]) == ("champion", 300, 90, {})
    for name in ("2026-11-01T10-00-00Z-00000000", "..", "%2e%2e%2fquoteguard.db"):
        assert api.get(f"/v1/models/{name}").status_code == 404


def test_what_cannot_be_read_is_said_and_the_rest_is_listed(api):
    folder = api.settings.models
    version = promoted(folder, a_linear_model(1.0))
    (folder / version / "manifest.json").write_text("{")
    (folder / "in-force.json").write_text("{")
    told = api.get("/v1/models").json
    assert told["champion"] is None
    assert told["because"].startswith("in-force.json cannot be used")
    assert told["models"][0]["refused"][0].startswith(f"{version}: its manifest cannot be used")
    assert api.get(f"/v1/models/{version}").json["refused"] == told["models"][0]["refused"]


def test_the_answers_have_the_shape_that_the_document_says(api):
    folder = api.settings.models
    version = promoted(folder, a_linear_model(1.0))
    document = api.client.get("/openapi.json").json
    for path, schema in (("/v1/models", "ModelList"), (f"/v1/models/{version}", "Model")):
        wanted = {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
        jsonschema.validate(api.get(path).json, wanted)
