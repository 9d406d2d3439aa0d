"""The connected systems: what the file says, where the secrets lie, and what is told when something is wrong."""

from dataclasses import dataclass
from importlib.metadata import EntryPoint

import pytest

from app.connections import CONNECTIONS, ConnectionsRefused, connections_of
from cpq_hooks.adapter import Option
from cpq_hooks.registry import GROUP, Registry


@dataclass(frozen=True)
class _Adapter:
    name: str = "acme"
    options: tuple = (Option(name="locale", about="How dates are written.", required=True, choices=("en", "de")),)
    secrets: tuple = (Option(name="webhook", about="What signs deliveries.", required=True),)


ADAPTER = _Adapter()


class _Point(EntryPoint):
    def load(self):
        return ADAPTER


def read(home, text, environ=None):
    (home / CONNECTIONS).write_text(text, "utf-8")
    registry = Registry({"acme": _Point(name="acme", value="x:ADAPTER", group=GROUP)})
    return connections_of(home, environ or {}, registry)


WHOLE = """\
connections:
  - name: acme-eu
    connector: acme
    public_url: https://guard.example.com/v1/hooks/acme-eu
    options: {locale: de}
    secrets:
      webhook: [{env: ACME_NEW}, {file: old-secret}]
"""


def test_a_connection_has_its_secrets_in_order_and_never_shows_them(tmp_path):
    (tmp_path / "old-secret").write_text("s3cret-old\n")
    found = read(tmp_path, WHOLE, {"ACME_NEW": "s3cret-new"}).get("acme-eu")
    assert found.connection.secrets == {"webhook": ("s3cret-new", "s3cret-old")}
    assert found.connection.secret("webhook") == "s3cret-new"
    assert "s3cret" not in repr(found)


def test_no_file_is_no_connection(tmp_path):
    assert list(connections_of(tmp_path, {}, Registry({}))) == []
    assert list(connections_of(None, {}, Registry({}))) == []


def test_all_faults_are_told_at_once_with_the_line(tmp_path):
    text = """\
connections:
  - name: a
    connector: acme
    options: {locale: fr, colour: red}
    secrets: {webhook: [{env: NOT_SET}], pin: [{env: PIN}]}
  - name: b
    connector: akme
"""
    with pytest.raises(ConnectionsRefused) as caught:
        read(tmp_path, text, {"PIN": "1"})
    told = "\n".join(caught.value.reasons)
    assert "connections.yaml:2: a: acme has no setting colour (it has locale)" in told
    assert "locale is one of en, de, not fr" in told
    assert "the variable NOT_SET, which is not set" in told
    assert "acme has no secret pin" in told
    assert "connections.yaml:6: b: there is no connector akme; did you mean acme?" in told


def test_what_a_vendor_needs_is_asked_for(tmp_path):
    with pytest.raises(ConnectionsRefused) as caught:
        read(tmp_path, "connections: [{name: a, connector: acme}]")
    assert [reason.split(": ", 2)[2] for reason in caught.value.reasons] == [
        "acme needs the setting locale: How dates are written.",
        "acme needs a secret for webhook: What signs deliveries.",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("connections: [{name: A B, connector: acme}]", "small letters, digits and hyphens"),
        ("connections: [{name: a, connector: acme, base_url: ftp://x}]", "begin it with https://"),
        ("connections: [{name: a, connector: acme, secrets: {webhook: [{}]}}]", "env or in file"),
        ("connections: [{name: a, connector: acme, secrets: {webhook: [{env: QUOTEGUARD_X}]}}]", "choose another name"),
        ("connections: [{name: a, connector: acme}, {name: a, connector: acme}]", "stands twice"),
        ("connections: [{name: a, connector: acme, colour: red}]", "colour"),
        ("connections: {", "connections.yaml:"),
    ],
)
def test_a_slip_of_the_pen_is_told_where_it_stands(tmp_path, text, told):
    with pytest.raises(ConnectionsRefused, match=told):
        read(tmp_path, text)
