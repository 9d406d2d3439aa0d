"""Who is told of events: what the file says, where the secrets lie, and what is told when something is wrong."""

import base64

import pytest

from app.connections import CONNECTIONS
from app.webhooks import FILE, WebhooksRefused, endpoints_of, listeners_of
from cpq_hooks.outgoing import EventType

NEW, OLD = ("whsec_" + base64.b64encode(bytes([each]) * 32).decode() for each in (1, 2))
WHOLE = """\
webhooks:
  - name: erp
    url: https://erp.example.com/quoteguard
    secrets: [{env: ERP_NEW}, {file: old-secret}]
    events: [decision.recorded, hold.placed]
  - name: chat
    url: https://chat.example.com/in
    secrets: [{env: ERP_NEW}]
"""


def write(home, text=WHOLE):
    (home / CONNECTIONS).write_text(text, "utf-8")
    (home / "old-secret").write_text(OLD + "\n")
    return home


def test_they_stand_in_the_file_of_the_connections():
    assert FILE == CONNECTIONS


def test_an_endpoint_has_its_secrets_in_order_and_never_shows_them(tmp_path):
    found = endpoints_of(write(tmp_path), {"ERP_NEW": NEW})["erp"]
    assert found.secrets == (NEW, OLD)
    assert (found.url, found.allow_private) == ("https://erp.example.com/quoteguard", False)
    assert NEW not in repr(found)
    assert NEW not in repr(found.as_connection())


def test_who_listens_is_known_without_the_secrets(tmp_path):
    erp, chat = listeners_of(write(tmp_path))
    assert erp.hears(EventType.HOLD_PLACED)
    assert not erp.hears(EventType.ALERT_RAISED)
    assert chat.hears(EventType.ALERT_RAISED)


def test_no_file_is_nobody(tmp_path):
    assert listeners_of(tmp_path) == ()
    assert listeners_of(None) == ()
    assert endpoints_of(None, {}) == {}


@pytest.mark.parametrize(
    ("text", "environ", "told"),
    [
        (WHOLE, {}, "ERP_NEW, which is not set"),
        (WHOLE, {"ERP_NEW": "password"}, "ERP_NEW is no secret of 24 bytes or more"),
        (WHOLE, {"ERP_NEW": "whsec_" + "ü" * 40}, "is no secret of 24 bytes or more"),
        (WHOLE.replace("old-secret", "nowhere"), {"ERP_NEW": NEW}, "nowhere, which cannot be read"),
        (WHOLE.replace("hold.placed", "hold.place"), {"ERP_NEW": NEW}, "hold.placed"),
        (WHOLE.replace("https://erp", "erp"), {"ERP_NEW": NEW}, "begin it with https://"),
        (WHOLE.replace("{env: ERP_NEW}, {file: old-secret}", ""), {"ERP_NEW": NEW}, "secrets"),
        (WHOLE.replace("name: chat", "name: Chat Room"), {"ERP_NEW": NEW}, "small letters"),
        (WHOLE.replace("env: ERP_NEW}, {", "env: QUOTEGUARD_X}, {"), {"ERP_NEW": NEW}, "choose another name"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path, text, environ, told):
    with pytest.raises(WebhooksRefused) as refused:
        endpoints_of(write(tmp_path, text), environ)
    assert told in str(refused.value)
    assert NEW not in str(refused.value)
