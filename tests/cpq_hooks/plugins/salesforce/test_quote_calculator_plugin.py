"""The Quote Calculator Plugin under Node, against a Quoteguard that is served on loopback; the Apex files by their words."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from importlib.resources import files
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from app.bootstrap import build
from app.config import Settings
from app.connections import Connected, Connections
from app.factory import create_app
from app.store.upgrade import upgrade
from cpq_hooks.adapters.salesforce_cpq import ADAPTER
from cpq_hooks.connection import Connection
from tests.cpq_hooks.adapters.salesforce_objects import a_line, a_model

PLUGIN = Path(str(files("cpq_hooks") / "plugins" / "salesforce" / "quoteguard_qcp.js"))
EDITOR = Path(__file__).with_name("editor.mjs")
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no Node here to run the plugin")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Quoteguard with the simulated company's tables and one connection, on a free port."""
    home = tmp_path_factory.mktemp("home")
    for name in ("catalog.yaml", "company.yaml"):
        (home / name).write_text((files("app.demo") / name).read_text("utf-8"), "utf-8")
    url = f"sqlite:///{home}/quoteguard.db"
    settings = Settings.from_environment(
        {"QUOTEGUARD_HOME": str(home), "QUOTEGUARD_DATABASE_URL": url, "QUOTEGUARD_DEFAULT_WAIT_SECONDS": "20"}
    )
    upgrade(settings.database_url)
    services = build(settings)
    connection = Connection(
        name="crm",
        connector="salesforce-cpq",
        options={"currency": "USD", "price_book": "2026-standard", "deadline_seconds": "25"},
        secrets={"relay": ("shared",)},
    )
    app = create_app(services, connections=Connections({"crm": Connected(connection, ADAPTER)}))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/hooks/crm"
    server.shutdown()
    thread.join()
    server.server_close()
    for room in (services.gate, services.set_ups, services.store):
        room.close()


@pytest.fixture
def edit(tmp_path):
    """Calculates a quote in the stand-in for the editor. `timeout` shortens the plugin's own."""

    def calculate(model, relay, *, timeout=None, without=()):
        source = PLUGIN.read_text("utf-8")
        if timeout is not None:
            source = source.replace("timeoutMilliseconds: 12000", f"timeoutMilliseconds: {timeout}")
        plugin = tmp_path / "plugin.mjs"
        plugin.write_text(source, "utf-8")
        scenario = {"plugin": str(plugin), "quote": model, "relay": relay, "without": list(without)}
        done = subprocess.run(
            [NODE, str(EDITOR)], input=json.dumps(scenario), capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return calculate


def _relay(url, **changes):
    return {"mode": "posts", "url": url, "secret": "shared", **changes}


def _seats(number, net, **changes):
    """Ten seats of the simulated company for a year: list 40, floor 26 a month."""
    off = 100 * (40 - net) / 40
    return a_line(
        number, ProductCode="SEAT", ListPrice=40, ProratedListPrice=480, Discount=off, NetPrice=12 * net, NetTotal=120 * net, **changes
    )  # fmt: skip


@needs_node
def test_a_line_below_its_floor_blocks_the_quote_and_says_so_on_the_line(edit, served):
    found = edit(a_model(_seats(1, 40), _seats(2, 16), PriceBook="x"), _relay(served))
    quote, (good, cheap) = found["quote"], found["lines"]
    assert (quote["Quoteguard_Verdict__c"], quote["Quoteguard_Hold__c"]) == ("block", True)
    assert quote["Quoteguard_Decision__c"].startswith("dec_")
    assert "floor" in cheap["Quoteguard_Finding__c"]
    assert "to 26" in cheap["Quoteguard_Finding__c"]  # the edit that clears it
    assert "floor" not in (good["Quoteguard_Finding__c"] or "")


@needs_node
def test_the_corrected_quote_is_let_go(edit, served):
    before = edit(a_model(_seats(1, 16)), _relay(served))
    after = edit(
        a_model(_seats(1, 40, Quoteguard_Finding__c=before["lines"][0]["Quoteguard_Finding__c"])), _relay(served)
    )
    assert before["quote"]["Quoteguard_Hold__c"] is True
    assert after["quote"]["Quoteguard_Hold__c"] is False
    assert "floor" not in (after["lines"][0]["Quoteguard_Finding__c"] or "")


@needs_node
def test_a_line_that_was_corrected_is_cleared(edit, served):
    model = a_model(a_line(1, Quoteguard_Finding__c="Something that was wrong before"))
    found = edit(model, _relay(served))
    assert found["lines"][0]["Quoteguard_Finding__c"] != "Something that was wrong before"


@needs_node
def test_relations_cycles_and_empty_fields_stay_behind(edit, served):
    found = edit(
        a_model(a_line(1, Nothing__c=None, SBQQ__Product__r={"Name": "x"}), a_line(2, _item={"parentItemKey": 1})),
        _relay(served),
    )
    (sent,) = found["posted"]
    text = json.dumps(sent["payload"])
    assert sent["path"] == "/quoteguard/check"
    assert "__r" not in text
    assert "Nothing__c" not in text
    assert sent["payload"]["quote"]["lineItems"][1]["parentItemKey"] == 1


@needs_node
def test_noise_of_binary_numbers_is_not_sent(edit, served):
    found = edit(a_model(a_line(NetPrice=1200.0000000000002)), _relay(served))
    assert found["posted"][0]["payload"]["quote"]["lineItems"][0]["record"]["SBQQ__NetPrice__c"] == 1200


@needs_node
@pytest.mark.parametrize(
    ("relay", "status", "held"),
    [
        ({"mode": "refuses"}, "Draft", False),
        ({"mode": "refuses"}, None, False),
        ({"mode": "refuses"}, "In Review", True),
        ({"mode": "none"}, "Approved", True),
        ({"mode": "gives", "gives": None}, "Draft", False),
        ({"mode": "gives", "gives": "<html>"}, "Presented", True),
        ({"mode": "gives", "gives": {"error": "Quoteguard could not be reached in time"}}, "Approved", True),
    ],
)
def test_without_a_verdict_a_draft_goes_on_marked_and_what_is_submitted_is_held(edit, relay, status, held):
    quote = edit(a_model(Status=status), relay)["quote"]
    assert (quote["Quoteguard_Verdict__c"], quote["Quoteguard_Hold__c"]) == ("unchecked", held)
    assert quote["Quoteguard_Headline__c"].startswith("Not checked by Quoteguard")


@needs_node
def test_a_relay_that_never_answers_is_left_in_time(edit):
    found = edit(a_model(), {"mode": "hangs"}, timeout=200)
    assert found["milliseconds"] < 5_000
    assert "within 0.2 seconds" in found["quote"]["Quoteguard_Headline__c"]


@needs_node
def test_a_signature_that_is_refused_is_no_verdict(edit, served):
    quote = edit(a_model(Status="Approved"), _relay(served, secret="wrong"))["quote"]
    assert (quote["Quoteguard_Verdict__c"], quote["Quoteguard_Hold__c"]) == ("unchecked", True)
    assert "401" in quote["Quoteguard_Headline__c"]


@needs_node
def test_a_quote_that_cannot_be_read_says_why_and_is_held(edit, served):
    quote = edit(a_model(a_line(NetPrice=None)), _relay(served))["quote"]
    assert quote["Quoteguard_Verdict__c"] == "unchecked"
    assert "no net price" in quote["Quoteguard_Headline__c"]


@needs_node
def test_it_runs_where_the_host_has_no_timers(edit):
    answer = {"quote": {"fields": {"Quoteguard_Verdict__c": "allow"}}, "lines": []}
    found = edit(a_model(), {"mode": "gives", "gives": answer}, without=("setTimeout", "clearTimeout"))
    assert found["quote"]["Quoteguard_Verdict__c"] == "allow"


@needs_node
def test_reps_do_not_edit_the_verdict(edit, served):
    assert edit(a_model(), _relay(served))["editable"] == {"own": False, "other": None}


def test_the_plugin_fits_its_field_and_needs_no_browser():
    source = PLUGIN.read_text("utf-8")
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", source, flags=re.DOTALL)
    assert len(source) < 131_072
    assert not re.search(r"\b(?:window|document|localStorage|XMLHttpRequest|fetch|require|import)\b", code)
    for name in ("onInit", "onBeforeCalculate", "onBeforePriceRules", "onAfterPriceRules", "onAfterCalculate"):
        assert f"export function {name}(" in source


def test_what_the_plugin_and_the_adapter_write_is_in_the_list_of_custom_fields():
    folder = PLUGIN.parent
    listed = set(re.findall(r"Quoteguard_\w+__c", (folder / "custom_fields.md").read_text("utf-8")))
    sources = [PLUGIN, *folder.glob("*.cls"), folder / "validation_rules.md"]
    sources += [Path(str(files("cpq_hooks") / "adapters" / "salesforce_cpq" / "answers.py"))]
    written = {name for each in sources for name in re.findall(r"Quoteguard_\w+__c", each.read_text("utf-8"))}
    assert written == listed


@pytest.mark.parametrize("name", ["QuoteguardRelay", "QuoteguardRelayTest", "QuoteguardRevSignaling"])
def test_an_apex_class_is_balanced_and_called_by_its_file(name):
    source = (PLUGIN.parent / f"{name}.cls").read_text("utf-8")
    code = re.sub(r"/\*.*?\*/|//[^\n]*|'(?:\\.|[^'\\])*'", "", source, flags=re.DOTALL)
    assert re.search(rf"\bclass {name}\b", code)
    assert all(code.count(opening) == code.count(closing) for opening, closing in ("{}", "()", "[]"))


def test_the_relay_bounds_its_callout_and_signs_by_the_documented_recipe():
    source = (PLUGIN.parent / "QuoteguardRelay.cls").read_text("utf-8")
    assert "setTimeout(" in source
    assert "stamp + '.' + body" in source
    assert not re.search(r"\b(?:insert|update|upsert|delete)\b\s+\w+;", source)  # a callout after DML is refused
