"""Who may call what."""

import pytest

from app.api.authentication import KeyRing
from app.errors import KEY_NOT_VALID, Refused
from app.store import Scope


def sent(client, path="/v1/decisions", **headers):
    return client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_a_key_opens_by_either_header(api):
    assert sent(api.client, Authorization=f"Bearer {api.key}").status_code == 200
    assert sent(api.client, Authorization=f"bearer  {api.key} ").status_code == 200
    assert sent(api.client, X_API_Key=api.key).status_code == 200


@pytest.mark.parametrize(
    "stated", [{}, {"X_API_Key": ""}, {"Authorization": "Basic dTpw"}, {"Authorization": "Bearer"}]
)
def test_without_a_key_the_answer_says_how_to_send_one(api, stated):
    answer = sent(api.client, **stated)
    assert (answer.status_code, answer.json["type"]) == (401, "/docs#problem-no-key")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="quoteguard"'


@pytest.mark.parametrize("secret", ["x", "qg_", "qg_a_b", "qg_" + "9" * 5000, "\udcff", "schlüssel"])
def test_a_key_that_nobody_made_is_not_valid(api, secret):
    answer = sent(api.client, Authorization=f"Bearer {secret}".encode("utf-8", "surrogateescape").decode("latin-1"))
    assert (answer.status_code, answer.json["type"]) == (401, "/docs#problem-key-not-valid")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_missing_scope_is_named(api):
    answer = api.client.get("/v1/decisions", headers=api.headers(Scope.CHECK, Scope.INGEST))
    assert answer.status_code == 403
    assert answer.json["detail"] == "This needs a key with the scope read; this key has check, ingest."
    assert 'scope="read"' in answer.headers["WWW-Authenticate"]


def test_admin_opens_everything(api):
    assert api.client.get("/v1/decisions", headers=api.headers(Scope.ADMIN)).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"])
def test_what_operations_need_asks_for_no_key(api, path):
    assert api.client.get(path).status_code == 200


class CountingKeys:
    def __init__(self, key):
        self.key = key
        self.asked = 0

    def authenticate(self, _):
        self.asked += 1
        return self.key


def test_a_revoked_key_stops_within_five_seconds(api):
    created = api.store.keys.create("test", [Scope.READ])
    now = [0.0]
    ring = KeyRing(api.store.keys, now=lambda: now[0])
    environ = {"HTTP_X_API_KEY": created.secret}
    assert ring.caller(environ).id == created.key.id
    api.store.keys.revoke(created.key.id)
    now[0] = 5.0
    with pytest.raises(Refused) as refused:
        ring.caller(environ)
    assert refused.value.problem.kind is KEY_NOT_VALID


def test_a_busy_caller_costs_one_query_every_five_seconds(api):
    keys = CountingKeys(api.store.keys.create("test", [Scope.READ]).key)
    now = [0.0]
    ring = KeyRing(keys, now=lambda: now[0])
    for tenth in range(100):
        now[0] = tenth / 10
        ring.caller({"HTTP_X_API_KEY": "qg_a_b"})
    assert keys.asked == 2


def test_wrong_keys_are_not_remembered_without_end():
    ring = KeyRing(CountingKeys(None))
    for number in range(5000):
        with pytest.raises(Refused):
            ring.caller({"HTTP_X_API_KEY": f"qg_a_{number}"})
    assert len(ring._remembered) <= 2000
