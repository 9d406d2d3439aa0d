"""What an administrator installs for Zuora Quotes: the gate under Node, and the guide against what is there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cpq_hooks import plugins

FOLDER = Path(plugins.__path__[0]) / "zuora"
GATE = FOLDER / "lwc" / "quoteguardGate" / "quoteguardGate.js"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no Node.js to run the gate under")
FINDING = {"effect": "block", "message": "25 % is beyond what a seller may give", "line_ids": ["2"]}
BLOCK = {"checked": True, "verdict": "block", "headline": "One line is discounted too far.", "findings": [FINDING]}


def _judged(tmp_path, ask, **options):
    """What the gate says when asking is this piece of JavaScript."""
    module = tmp_path / "gate.mjs"
    module.write_text(GATE.read_text())
    script = tmp_path / "run.mjs"
    script.write_text(
        f"import {{ judge }} from './gate.mjs';\nconst found = await judge({ask}, {json.dumps(options)});\nconsole.log(JSON.stringify(found));\n"
    )
    done = subprocess.run([str(NODE), str(script)], capture_output=True, text=True, timeout=30, check=True)
    return json.loads(done.stdout)


def _answering(answer):
    return f"async () => {json.dumps(json.dumps(answer))}"


@needs_node
def test_a_block_stops_and_names_the_lines(tmp_path):
    found = _judged(tmp_path, _answering(BLOCK))
    assert (found["goesOn"], found["variant"]) == (False, "error")
    assert found["message"] == "One line is discounted too far.\n2: 25 % is beyond what a seller may give"


@needs_node
@pytest.mark.parametrize(("verdict", "variant"), [("allow", "success"), ("flag", "warning")])
def test_what_is_not_blocked_goes_on(tmp_path, verdict, variant):
    found = _judged(tmp_path, _answering({"checked": True, "verdict": verdict, "headline": "Fine.", "findings": []}))
    assert (found["goesOn"], found["variant"], found["message"]) == (True, variant, "Fine.")


@needs_node
def test_findings_in_shadow_are_not_told_and_many_are_counted(tmp_path):
    findings = [{**FINDING, "effect": "shadow"}, *[FINDING] * 7]
    told = _judged(tmp_path, _answering({**BLOCK, "findings": findings}))["message"].splitlines()
    assert (len(told), told[-1]) == (7, "and 2 more")


NEVER = "() => new Promise(() => {})"
OUTAGES = [
    NEVER, "async () => '<html>'", "async () => null", "async () => { throw {body: {message: 'Read timed out'}} }",
    _answering({"checked": False, "headline": "Too late"}), _answering({"status": 503, "title": "Busy"}), _answering({"status": 429}),
]  # fmt: skip


@needs_node
@pytest.mark.parametrize("ask", OUTAGES)
@pytest.mark.parametrize(("stage", "goes_on"), [("save", True), ("submit", False)])
def test_without_an_answer_the_fail_mode_of_the_stage_decides(tmp_path, ask, stage, goes_on):
    found = _judged(tmp_path, ask, stage=stage, timeout=50)
    assert (found["goesOn"], found["verdict"]) == (goes_on, "unchecked")


@needs_node
def test_a_fail_mode_may_be_chosen(tmp_path):
    assert _judged(tmp_path, NEVER, stage="submit", timeout=50, failMode={"submit": "open"})["goesOn"]


@needs_node
@pytest.mark.parametrize(
    "answer",
    [{"status": 401, "detail": "The key is wrong"}, {"status": 422, "detail": "no price"}, {"verdict": "maybe"}, {}],
)
def test_a_refusal_is_no_outage_and_never_goes_on(tmp_path, answer):
    found = _judged(tmp_path, _answering(answer), stage="save", failMode={"save": "open"})
    assert found["goesOn"] is False


def test_the_guide_names_files_that_are_there():
    guide = (FOLDER / "set-up.md").read_text()
    named = set(re.findall(r"`(lwc/\w+)`", guide))
    assert named == {f"lwc/{each.name}" for each in (FOLDER / "lwc").iterdir()}
    assert "beforeSubmit" in (FOLDER / "lwc" / "quoteguardHeadless" / "quoteguardHeadless.js").read_text()
