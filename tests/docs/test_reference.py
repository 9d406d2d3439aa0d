"""The reference pages say what the program does: nothing is left out, and nothing in them is old."""

import re
from pathlib import Path

import pytest

from app.api.reference import problems_table, routes_table
from app.bootstrap import build
from app.config import Settings, settings_table
from app.errors import KINDS
from app.factory import VERSION, all_routes
from app.observability.metrics import Metrics
from app.rules import library_files
from cpq_hooks.canonical import SCHEMAS
from docs.pages.commands import commands, commands_page
from docs.pages.features import features_page
from docs.pages.fields import fields_page
from docs.pages.patterns import patterns_page
from docs.pages.policies import policies_page
from policies.patterns import PATTERNS
from scoring.features import NAMES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def routes():
    built = build(Settings.from_environment({}))
    return all_routes(built, Metrics.in_memory(version=VERSION), lambda *_: None)


def page(name):
    return (DOCS / name).read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("reference/policies.md", policies_page),
        ("reference/patterns.md", patterns_page),
        ("reference/commands.md", commands_page),
        ("reference/fields.md", fields_page),
        ("reference/features.md", features_page),
        ("settings.md", settings_table),
        ("api.md", problems_table),
    ],
)
def test_a_page_is_as_the_program_would_write_it(name, written):
    assert f"\n{written()}\n" in page(name), "run `make docs`"


def test_every_route_is_documented(routes):
    assert routes_table(routes) in page("api.md"), "run `make docs`"


def test_every_policy_has_a_section():
    sections = re.findall(r"^### (.+)$", page("reference/policies.md"), re.MULTILINE)
    assert sorted(sections) == sorted(Path(name).stem for name in library_files())


def test_every_command_with_every_option_is_documented():
    text = page("reference/commands.md")
    for name, command in commands():
        section = text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        for option in (each for each in command.params if each.param_type_name == "option"):
            assert max(option.opts, key=len) in section


def test_every_setting_pattern_shape_feature_and_problem_is_documented():
    assert all(f"`QUOTEGUARD_{name.upper()}" in page("settings.md") for name in Settings.__dataclass_fields__)
    assert all(f"\n| {number} | " in page("reference/patterns.md") for number in PATTERNS)
    assert all(f"\n## {name}\n" in page("reference/fields.md") for name in SCHEMAS)
    assert all(f" | `{name}` | " in page("reference/features.md") for name in NAMES)
    assert all(f"| `{kind.code}` | {kind.status} | " in page("api.md") for kind in KINDS)


@pytest.mark.parametrize("name", sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")))
def test_links_between_pages_lead_somewhere(name):
    folder = (DOCS / name).parent
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page(name)):
        assert (folder / target).exists(), target


def test_links_within_the_reference_lead_to_a_heading():
    for name in ("policies", "patterns", "fields"):
        for path, anchor in re.findall(r"\]\(((?:[\w/.-]+\.md)?)#([^)]+)\)", page(f"reference/{name}.md")):
            text = page(f"reference/{path or name + '.md'}")
            headings = {heading.lower() for heading in re.findall(r"^##+ (.+)$", text, re.MULTILINE)}
            assert anchor in headings
