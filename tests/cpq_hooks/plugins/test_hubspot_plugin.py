"""What an administrator installs in HubSpot: the custom code under Node, and the definitions against what the adapter says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from cpq_hooks import plugins
from cpq_hooks.adapter import Delivery, Refusal
from cpq_hooks.adapters.hubspot import ADAPTER, calls, known
from cpq_hooks.connection import Connection
from tests.cpq_hooks.adapters.hubspot_objects import a_decision, a_finding, a_line, a_record

FOLDER = Path(plugins.__path__[0]) / "hubspot"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no Node.js to run the custom code under")


class Portal:
    """A HubSpot portal with one quote, and Quoteguard's route beside it, on loopback. `status` is what our route answers."""

    def __init__(self, decision=None, *, status=200, body=None, secret="code-secret", hidden=()):
        self.decision, self.status, self.body, self.secret, self.hidden = decision, status, body, secret, hidden
        self.lines = {each: a_line(each, our_rebate="5") for each in ("1", "2")}
        self.lines["2"]["properties"] |= {"quoteguard_verdict": "block", "quoteguard_message": "old"}
        self.written, self.judged, self.refused = [], [], []
        self.url = ""

    def answer(self, method, path, headers, body):
        if path.startswith("/v1/hooks/"):
            return self._judge(method, path, headers, body)
        parts = path.removeprefix("/crm/").split("/")
        if parts[0] in self.hidden:
            return 403, {"message": "missing scopes"}
        if parts[0] == "properties":
            return 200, {"results": [{"name": "our_rebate"}, {"name": "our_sum", "calculated": True}]}
        if parts[-1] == "update":
            self.written += json.loads(body)["inputs"]
            return 200, {"results": []}
        if "associations" in parts:
            links = {"line_items": ["1", "2"], "deals": ["201"], "companies": ["401"]}
            return 200, {"results": [{"toObjectId": int(each)} for each in links.get(parts[-1], [])]}
        kept = {
            "quotes": {"101": a_record("101", hs_status="DRAFT", hs_currency="USD")}, "line_items": self.lines,
            "deals": {"201": a_record("201", dealtype="renewal")}, "companies": {"401": a_record("401", name="Acme")},
        }.get(parts[2], {})  # fmt: skip
        return 200, {"results": [kept[each["id"]] for each in json.loads(body)["inputs"] if each["id"] in kept]}

    def _judge(self, method, path, headers, body):
        """As the route does it: verify the bytes, read the document, answer in the vendor's form."""
        connection = Connection(
            name="crm", connector="hubspot", public_url=self.url + path, secrets={"custom_code": (self.secret,)}
        )
        delivery = Delivery(
            method=method, url=self.url + path, headers=headers, body=body, received_at=datetime.now(UTC)
        )
        found = ADAPTER.verify(delivery, connection)
        if isinstance(found, Refusal):
            self.refused.append(found)
            return found.status, {}
        self.judged.append(ADAPTER.inline(delivery, connection).translation)
        if self.decision is None:
            return self.status, self.body
        return 200, json.loads(ADAPTER.answer(self.decision, delivery, connection).body)


@contextmanager
def _served(portal):
    class Handler(BaseHTTPRequestHandler):
        def _take(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, found = portal.answer(self.command, urlsplit(self.path).path, headers, body)
            raw = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = _take  # noqa: N815 - the names are the base class's

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    portal.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield portal
    finally:
        server.shutdown()
        server.server_close()


def _run(portal, *, secret="code-secret", fail_mode=None, **subject):
    event = {
        "object": {"objectId": 101, "objectType": "QUOTE", **subject},
        "inputFields": {"quoteguard_url": f"{portal.url}/v1/hooks/crm", "fail_mode": fail_mode},
    }
    script = "require(process.argv[1]).main(JSON.parse(process.argv[2]), (found) => console.log(JSON.stringify(found)))"
    environment = {
        "PATH": os.environ["PATH"], "HUBSPOT_API": portal.url, "HUBSPOT_TOKEN": "pat", "QUOTEGUARD_SECRET": secret,
    }  # fmt: skip
    done = subprocess.run(
        [NODE, "-e", script, str(FOLDER / "custom_code.js"), json.dumps(event)],
        env=environment, capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)["outputFields"]


@needs_node
def test_the_custom_code_sends_the_whole_quote_signed_and_gets_the_verdict():
    with _served(Portal(a_decision(a_finding("1")))) as portal:
        fields = _run(portal)
    assert (fields["quoteguard_verdict"], fields["quoteguard_may_go_on"]) == ("block", "false")
    (translation,) = portal.judged
    document = translation.document
    assert (document["quote_id"], document["account"]["name"], document["deal_type"]) == ("101", "Acme", "renewal")
    assert [each["line_id"] for each in document["lines"]] == ["1", "2"]
    assert {each.value for each in translation.unused} == {"5"}


@needs_node
def test_findings_stand_on_their_lines_and_old_ones_go():
    with _served(Portal(a_decision(a_finding("1")))) as portal:
        _run(portal)
    assert [(each["id"], each["properties"]["quoteguard_verdict"]) for each in portal.written] == [
        ("1", "block"),
        ("2", "allow"),
    ]
    assert portal.written[0]["properties"]["quoteguard_message"].endswith("set it to 18.")


@needs_node
@pytest.mark.parametrize(("verdict", "goes_on"), [("allow", "true"), ("flag", "false")])
def test_only_an_allowed_quote_goes_on(verdict, goes_on):
    with _served(Portal(a_decision(verdict=verdict))) as portal:
        assert _run(portal)["quoteguard_may_go_on"] == goes_on


@needs_node
@pytest.mark.parametrize(
    ("status", "body", "open_goes_on"),
    [
        (503, b"", "true"),
        (429, b"", "true"),
        (200, b"<html>", "true"),
        (401, b"", "false"),
        (404, b"", "false"),
        (200, b"{}", "false"),
    ],
)
def test_an_outage_goes_by_the_fail_mode_and_a_wrong_set_up_never_passes(status, body, open_goes_on):
    with _served(Portal(status=status, body=body)) as portal:
        lenient, strict = _run(portal, fail_mode="open"), _run(portal)
    assert (lenient["quoteguard_verdict"], lenient["quoteguard_may_go_on"]) == ("unchecked", open_goes_on)
    assert (strict["quoteguard_verdict"], strict["quoteguard_may_go_on"]) == ("unchecked", "false")


@needs_node
def test_a_wrong_secret_is_refused_and_is_no_outage():
    with _served(Portal(a_decision(verdict="allow"))) as portal:
        fields = _run(portal, secret="wrong", fail_mode="open")
    assert len(portal.refused) == 1
    assert (fields["quoteguard_verdict"], fields["quoteguard_may_go_on"]) == ("unchecked", "false")
    assert "no outage" in fields["quoteguard_message"]


@needs_node
def test_without_the_right_to_list_properties_it_goes_on_with_the_known_ones():
    with _served(Portal(a_decision(verdict="allow"), hidden=("properties",))) as portal:
        assert _run(portal)["quoteguard_verdict"] == "allow"
    assert "crm.schemas" in portal.judged[0].notes[0]


@needs_node
def test_what_is_neither_quote_nor_deal_is_told():
    with _served(Portal(a_decision())) as portal:
        assert "neither" in _run(portal, objectType="CONTACT")["quoteguard_message"]


def test_the_workflow_action_has_the_fields_that_the_callback_fills():
    config = json.loads((FOLDER / "quoteguard-check-hsmeta.json").read_text())["config"]
    names = {each["typeDefinition"]["name"] for each in config["outputFields"]}
    assert names == set(calls.output_fields(a_decision())) - {"hs_execution_state"}
    verdicts = {each["value"] for each in config["outputFields"][0]["typeDefinition"]["options"]}
    assert verdicts == {"allow", "flag", "block", "unchecked"}
    assert names == set(config["labels"]["en"]["outputFieldLabels"])


def test_every_property_that_is_written_is_among_those_to_create():
    made = {
        kind: {each["name"] for each in found}
        for kind, found in json.loads((FOLDER / "properties.json").read_text()).items()
    }
    for kind, names in made.items():
        assert names == {each for each in known.PROPERTIES[kind] if each.startswith("quoteguard_")}


def test_the_subscriptions_of_the_webhooks_file_lead_to_something():
    found = json.loads((FOLDER / "webhooks-hsmeta.json").read_text())["config"]["subscriptions"]["crmObjects"]
    types = {"quote": "0-14", "line_item": "0-8", "subscription": "0-69", "invoice": "0-53"}
    for each in found:
        event = {
            "portalId": 1, "subscriptionId": 2, "occurredAt": 3, "objectId": 4, "objectTypeId": types[each["objectType"]],
            "subscriptionType": each["subscriptionType"], "propertyName": each.get("propertyName"),
        }  # fmt: skip
        delivery = Delivery(
            method="POST", url="https://x", headers={}, body=json.dumps([event]).encode(), received_at=datetime.now(UTC)
        )
        (read,) = ADAPTER.events(delivery, Connection(name="crm", connector="hubspot"))
        assert read.ignored is None
