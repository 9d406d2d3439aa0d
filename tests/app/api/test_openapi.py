"""The API's document is valid, complete, and true of what the API answers."""

from html.parser import HTMLParser

import jsonschema
import pytest
from openapi_spec_validator import validate

from app.api.examples import read_examples
from app.errors import KINDS
from app.store import Scope
from tests.app.api.conftest import QUOTE
from tests.app.api.examples import FOLDER, answers


@pytest.fixture
def document(api):
    return api.client.get("/openapi.json").json


def schema_of(document, name):
    return {"$ref": f"#/components/schemas/{name}", "components": document["components"]}


def test_the_document_is_valid_openapi_3_1(document):
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_every_route_is_in_it_and_nothing_else(api, document):
    rules = {
        (rule.rule.replace("<path:", "{").replace("<", "{").replace(">", "}"), method.lower())
        for rule in api.app.url_map.iter_rules()
        if not rule.endpoint.startswith("page:")  # for people, behind a session
        for method in rule.methods - {"HEAD"}
    }
    described = {(path, method) for path, operations in document["paths"].items() for method in operations}
    assert described == rules


def test_every_route_names_its_scope_and_how_it_refuses(document):
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            statuses = set(operation["responses"])
            if path.startswith("/v1/hooks/"):
                assert {"401", "404", "503"} <= statuses
                continue
            if path.startswith("/v1/"):
                [scope] = operation["security"][0]["bearer"]
                assert Scope(scope)
                assert {"401", "403", "429", "503"} <= statuses
            if method == "post":
                assert {"400", "408", "409", "413", "415", "422"} <= statuses
                assert "Idempotency-Key" in [parameter["name"] for parameter in operation["parameters"]]


def test_every_example_fits_its_schema(document):
    for name, example in read_examples().items():
        jsonschema.validate(example, schema_of(document, name), jsonschema.Draft202012Validator)


def test_every_schema_that_is_answered_with_has_an_example(document):
    without = {"", "Health", "Readiness"}
    for operations in document["paths"].values():
        for operation in operations.values():
            for answer in operation["responses"].values():
                for content in answer["content"].values():
                    name = content["schema"].get("$ref", "").rpartition("/")[2]
                    assert name in without or "example" in content


def test_the_examples_are_what_the_program_answers():
    """Where this fails and the new answers are right: python -m tests.app.api.examples."""
    for name, text in answers().items():
        assert (FOLDER / f"{name}.json").read_text("utf-8") == text


@pytest.mark.parametrize("name", ["Quote", "Agreement", "UsageRecord", "Invoice", "Outcome"])
def test_every_example_to_send_is_taken(api, name):
    path = {
        "Quote": "/v1/quotes/check",
        "Agreement": "/v1/agreements",
        "UsageRecord": "/v1/usage",
        "Invoice": "/v1/invoices",
        "Outcome": "/v1/outcomes",
    }[name]
    assert api.check(read_examples()[name], path=path).status_code == 200


def test_problems_are_as_described(api, document):
    answers = [
        api.check(b"{"),
        api.check({**QUOTE, "currency": "X"}),
        api.check(b"x" * (11 << 20)),
        api.client.get("/v1/decisions"),
        api.get("/v1/decisions?limit=x"),
    ]
    for answer in answers:
        jsonschema.validate(answer.json, schema_of(document, "Problem"), jsonschema.Draft202012Validator)


def test_answers_are_as_described(api, document):
    refused_id = api.check(b"{").json["refused_id"]
    for path, name in {
        "/v1/decisions": "DecisionPage",
        "/v1/policies": "PolicyList",
        f"/v1/refused/{refused_id}": "RefusedRequest",
        "/healthz": "Health",
        "/readyz": "Readiness",
    }.items():
        jsonschema.validate(api.get(path).json, schema_of(document, name), jsonschema.Draft202012Validator)


class Page(HTMLParser):
    """What a page links to, what can be linked to, and what it would load."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors, self.loads = [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        stated = dict(attributes)
        self.anchors.add(stated.get("id"))
        self.links += [stated["href"]] if tag == "a" else []
        self.loads += [tag] if tag in ("script", "link", "img", "iframe") or "style" in stated else []


def test_the_page_loads_nothing_and_its_links_lead_somewhere(api):
    answer = api.client.get("/docs")
    page = Page(answer.text)
    assert page.loads == []
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.anchors
        else:
            assert api.client.get(link).status_code == 200


def test_every_problem_leads_to_where_it_is_explained(api):
    anchors = Page(api.client.get("/docs").text).anchors
    assert {kind.address.partition("#")[2] for kind in KINDS} <= anchors


def test_every_route_and_schema_has_its_place_on_the_page(api, document):
    anchors = Page(api.client.get("/docs").text).anchors
    assert {f"schema-{name}" for name in document["components"]["schemas"]} <= anchors
    operations = [each for path in document["paths"].values() for each in path.values()]
    assert {operation["operationId"] for operation in operations} <= anchors
