"""Adapters by name, as they are installed."""

from importlib.metadata import EntryPoint

import pytest

from cpq_hooks.registry import GROUP, AdapterBroken, UnknownConnector, installed


def a_point(name, value):
    return EntryPoint(name=name, value=value, group=GROUP)


def test_an_unknown_connector_is_told_with_its_nearest_name():
    registry = installed(lambda: [a_point("stripe", "somewhere:ADAPTER")])
    with pytest.raises(UnknownConnector, match="did you mean stripe"):
        registry.adapter("strpe")


def test_two_adapters_of_one_name_are_refused():
    with pytest.raises(AdapterBroken, match="two adapters are called stripe"):
        installed(lambda: [a_point("stripe", "a:ADAPTER"), a_point("stripe", "b:ADAPTER")])


def test_an_adapter_that_cannot_be_loaded_is_named():
    registry = installed(lambda: [a_point("odd", "there_is_no_such_module:ADAPTER")])
    with pytest.raises(AdapterBroken, match="odd"):
        registry.adapter("odd")


def test_what_calls_itself_otherwise_is_no_adapter():
    registry = installed(lambda: [a_point("odd", "decimal:Decimal")])
    with pytest.raises(AdapterBroken, match="does not call itself odd"):
        registry.adapter("odd")
