"""Every connector that is installed: it keeps the contract, its client loads, and its page says all that can be set."""

from __future__ import annotations

import inspect
import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from cpq_hooks.adapter import Adapter, Option
from cpq_hooks.clients.client import GROUP, Reconciling, installed_clients
from cpq_hooks.connection import Connection
from cpq_hooks.registry import installed

PAGES = Path(__file__).parents[2] / "docs" / "integrations"
REGISTRY = installed()
NAMES = REGISTRY.names()
CLIENTS = sorted(point.name for point in entry_points(group=GROUP))
METHODS = [name for name, each in vars(Adapter).items() if inspect.isfunction(each) and not name.startswith("_")]


def page_of(name):
    return (PAGES / f"{name}.md").read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_an_adapter_keeps_the_contract(name):
    adapter = REGISTRY.adapter(name)
    assert adapter.title
    assert adapter.shapes
    assert all(isinstance(each, Option) and each.about for each in (*adapter.options, *adapter.secrets))
    for method in METHODS:
        wanted = list(inspect.signature(getattr(Adapter, method)).parameters)[1:]
        assert list(inspect.signature(getattr(adapter, method)).parameters) == wanted, method


@pytest.mark.parametrize("name", NAMES)
def test_a_page_names_every_setting_and_every_secret(name):
    adapter, page = REGISTRY.adapter(name), page_of(name)
    told = set(re.findall(r"[\w./-]+", page))
    names = {each.name for each in (*adapter.options, *adapter.secrets)}
    assert {each for each in names if each not in told} == set()


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_loads_and_can_be_asked_what_was_missed(name):
    connection = Connection(name="x", connector=name, tenant="acme", base_url="https://vendor.example")
    client = installed_clients().of(connection)
    assert name in NAMES
    assert callable(client.fetch)
    assert callable(client.execute)
    assert isinstance(client, Reconciling)


def test_where_nobody_can_be_asked_the_page_says_so():
    asked_in_vain = set(NAMES) - set(CLIENTS)
    assert asked_in_vain == {"generic"}
    for name in asked_in_vain:
        assert "cannot be asked what was missed" in page_of(name)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_says_what_a_hold_is_and_the_overview_has_it_too(name):
    overview = (PAGES / "README.md").read_text("utf-8").split("## What a hold is, and who waits")[1]
    assert re.search(rf"^\| \[.+\]\({name}\.md[^)]*\) \|", overview, re.MULTILINE)
    assert "hold" in page_of(name).lower()
