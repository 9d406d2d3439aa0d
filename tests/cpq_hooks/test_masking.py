"""Secrets in bodies are hidden from whoever looks, however the vendor writes them, and nothing else is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpq_hooks.masking import masked, secret_fields
from cpq_hooks.registry import installed
from tests.cpq_hooks.adapters.dealhub_objects import a_callout
from tests.cpq_hooks.adapters.salesforce_objects import an_outbound_message

FIELDS = ("authentication", "SessionId")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"authentication": "tok", "items": [1.50]}', '{"authentication": "•••", "items": [1.50]}'),
        ('{"a":{"Authentication":"t\\"o,k}"}}', '{"a":{"Authentication":"•••"}}'),
        ('{"authentication":{"token":"tok","more":["x"]},"b":1}', '{"authentication":"•••","b":1}'),
        ('{"authentication": 12345}', '{"authentication": "•••"}'),
        ('{"authentication": "tok-cut', '{"authentication": "•••"'),
        (
            '{"model":"{\\"authentication\\":\\"tok\\",\\"b\\":1}"}',
            '{"model":"{\\"authentication\\":"•••",\\"b\\":1}"}',
        ),
        ("<n:SessionId>00D!AQ</n:SessionId><Id>1</Id>", "<n:SessionId>•••</n:SessionId><Id>1</Id>"),
        ('<SessionId xsi:nil="true"/><Id>1</Id>', '<SessionId xsi:nil="true"/><Id>1</Id>'),
        ("a=1&authentication=tok&b=2", "a=1&authentication=•••&b=2"),
        (
            '{"no_authentication": "x", "text": "authentication"}',
            '{"no_authentication": "x", "text": "authentication"}',
        ),
    ],
)
def test_the_value_is_hidden_and_all_else_is_as_it_came(text, shown):
    assert masked(text, FIELDS) == shown


def test_what_the_installed_connectors_name_is_hidden_in_their_own_bodies():
    fields = secret_fields(installed())
    assert "tok-new" not in masked(json.dumps(a_callout()), fields)
    assert {"authentication", "SessionId"} <= fields
    message = an_outbound_message().replace(b'<SessionId xsi:nil="true"/>', b"<SessionId>00D!AQ</SessionId>")
    assert "00D!AQ" not in masked(message.decode(), fields)


def test_without_fields_nothing_is_hidden():
    assert masked('{"authentication": "tok"}', ()) == '{"authentication": "tok"}'


@given(st.text(alphabet='{}[]":,\\ authentication<>=&', max_size=60), st.text(max_size=20))
def test_whatever_stands_around_it_the_secret_of_readable_json_is_never_shown(before, after):
    body = json.dumps({"before": before, "authentication": "S3CRET", "after": after}, ensure_ascii=False)
    assert "S3CRET" not in masked(body, FIELDS)


def test_deep_nesting_as_a_value_is_hidden_to_the_end():
    assert masked('{"authentication":' + "[" * 100_000, FIELDS) == '{"authentication":"•••"'
