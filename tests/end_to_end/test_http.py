"""The whole program over real HTTP: two workers, a database, a home folder that is edited while they serve."""

import json
import socket
import time

import pytest
from sqlalchemy import create_engine, make_url

from app.api.authentication import REMEMBERED_SECONDS
from app.store import Scope, Store
from app.store.upgrade import upgrade
from tests.end_to_end.process import CHECK, Client, serving

PATIENCE = 20.0
"""Seconds that a change may take to be seen on a busy machine."""


def until(look, seconds=PATIENCE):
    """Ask again until the answer is yes. Each question is a request of its own, so nothing spins."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "it did not come about"
    return found


def a_key(url, *scopes):
    upgrade(url)
    with Store.open(url) as store:
        return store.keys.create("test", scopes or tuple(Scope))


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server for the tests that change nothing about it."""
    folder = tmp_path_factory.mktemp("shared")
    url = f"sqlite:///{folder / 'quoteguard.db'}"
    key = a_key(url).secret
    with serving(folder, url, max_body_bytes=100_000, metrics_dir=folder / "metrics") as server:
        yield Client(server.port, key)


@pytest.fixture
def quote(example):
    return json.dumps(example("seat-contract-at-28"))


def test_a_decision_can_be_looked_up_where_its_links_point(shared, quote):
    status, decision = shared.json("POST", CHECK, quote)
    assert (status, decision["verdict"]) == (200, "allow")  # no company.yaml is loaded: nobody's authority is known
    status, again = shared.json("GET", decision["links"]["self"])
    assert status == 200
    assert again["decision_id"] == decision["decision_id"]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused_however_it_is_sent(shared, chunked):
    body = iter([b" " * 60_000, b" " * 60_000]) if chunked else b" " * 120_000
    status, problem = shared.json("POST", CHECK, body)
    assert (status, problem["type"]) == (413, "/docs#problem-too-large")
    kept = shared.json("GET", f"/v1/refused/{problem['refused_id']}")[1]
    assert kept["length"] == 120_000


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", ""])
def test_a_body_of_another_type_is_refused(shared, quote, media_type):
    status, problem = shared.json("POST", CHECK, quote, Content_Type=media_type)
    assert (status, problem["type"]) == (415, "/docs#problem-wrong-type")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "malformed-json"),
        ('{"quote_id": NaN}', 400, "malformed-json"),
        ("[" * 5_000, 400, "malformed-json"),
        ('{"quote_id": "Q-1", "currency": "USD", "lines": [{}]}', 422, "invalid"),
        ('{"quote_id": "Q-1", "currency": "USD", "lines": 1e400}', 422, "invalid"),
    ],
)
def test_bad_input_is_a_problem_that_can_be_looked_up(shared, body, status, code):
    answered, problem = shared.json("POST", CHECK, body)
    assert (answered, problem["type"]) == (status, f"/docs#problem-{code}")
    assert problem["errors"]
    assert shared.json("GET", problem["instance"])[0] == 200


def test_metrics_add_up_over_both_workers(shared, quote):
    counted = "quoteguard_decisions_total"
    before = shared.metric(counted)
    # A connection stays with the worker that took it, so enough of them reach both.
    for connection in [shared.connect() for _ in range(20)]:
        assert shared.ask("POST", CHECK, quote, connection=connection)[0] == 200
        connection.close()
    assert {shared.metric(counted) - before for _ in range(6)} == {20.0}


def test_the_description_and_its_page_are_served_without_a_key(shared):
    stranger = Client(shared.port, "none")
    for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"):
        assert stranger.ask("GET", path)[0] == 200
    assert stranger.ask("GET", "/v1/decisions")[0] == 401


@pytest.mark.slow
def test_a_body_that_does_not_arrive_is_given_up_and_its_refusal_can_be_looked_up(shared):
    head = (
        f"POST {CHECK} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {shared.key}\r\n"
        'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"quote_id"'
    )
    with socket.create_connection(("127.0.0.1", shared.port), timeout=30) as slow:
        slow.sendall(head.encode())
        answer = slow.makefile("rb").read()
    problem = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert answer.startswith(b"HTTP/1.1 408")
    assert shared.json("GET", problem["instance"])[1]["status"] == 408


@pytest.mark.slow
def test_a_revoked_key_opens_nothing_after_the_documented_time(shared, home, sqlite_url, quote):
    made = a_key(sqlite_url, Scope.CHECK)
    with serving(home, sqlite_url, metrics_dir=home / "metrics") as server:
        client = Client(server.port, made.secret)
        # Both workers have it in mind.
        assert {client.ask("POST", CHECK, quote)[0] for _ in range(20)} == {200}
        with Store.open(sqlite_url) as store:
            store.keys.revoke(made.key.id)
        revoked = time.monotonic()
        until(lambda: time.monotonic() - revoked > REMEMBERED_SECONDS or client.ask("GET", "/healthz")[0] != 200)
        assert {client.ask("POST", CHECK, quote)[0] for _ in range(20)} == {401}


@pytest.mark.slow
def test_an_edit_is_taken_up_without_a_restart_and_a_broken_one_is_not(home, sqlite_url, quote):
    key = a_key(sqlite_url).secret
    company = home / "company.yaml"
    sound = company.read_text("utf-8")
    with serving(home, sqlite_url, metrics_dir=home / "metrics", policy_reload_seconds="0.05") as server:
        client = Client(server.port, key)

        def verdict():
            return client.json("POST", CHECK, quote)[1]["verdict"]

        def failures():
            verdict()
            return client.metric("quoteguard_policy_reload_failures_total")

        assert verdict() == "flag"
        # An AE may now give the 30 % that the quote gives.
        generous = sound.replace(
            '{role: ae, maximum_discount_percent: "10"}', '{role: ae, maximum_discount_percent: "30"}'
        )
        generous = generous.replace(
            '- {role: manager, maximum_discount_percent: "20"}', '- {role: manager, maximum_discount_percent: "30"}'
        )
        replace(company, generous)
        until(lambda: {verdict() for _ in range(8)} == {"allow"})
        replace(company, generous.replace("currency: USD", "currency: US"))
        until(lambda: failures() >= 2)
        assert {verdict() for _ in range(8)} == {"allow"}
        assert client.ask("GET", "/readyz")[0] == 200
        assert "company.yaml" in server.wait_for("rules_refused")["reasons"][0]
        replace(company, sound)
        until(lambda: {verdict() for _ in range(8)} == {"flag"})


def replace(path, text):
    """Write a file as an editor does: whole, or not at all."""
    new = path.with_suffix(".new")
    new.write_text(text, "utf-8")
    new.replace(path)


@pytest.mark.slow
def test_a_worker_stops_in_good_time(home, sqlite_url):
    key = a_key(sqlite_url).secret
    with serving(home, sqlite_url, metrics_dir=home / "metrics") as server:
        assert Client(server.port, key).ask("GET", "/readyz")[0] == 200
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 10


@pytest.mark.slow
def test_readiness_follows_sqlite(home, sqlite_url):
    key = a_key(sqlite_url).secret
    with serving(home, sqlite_url, metrics_dir=home / "metrics", database_timeout_seconds=1) as server:
        client = Client(server.port, key)
        assert client.ask("GET", "/readyz")[0] == 200
        engine = create_engine(sqlite_url)
        with engine.connect() as writer:
            writer.exec_driver_sql("BEGIN IMMEDIATE")
            not_ready(client)
        assert client.ask("GET", "/readyz")[0] == 200
        engine.dispose()


@pytest.mark.slow
@pytest.mark.postgres
def test_readiness_follows_postgresql(home, postgres_server, postgres_url, quote):
    key = a_key(postgres_url).secret
    name = make_url(postgres_url).database
    with serving(home, postgres_url, metrics_dir=home / "metrics", database_timeout_seconds=1) as server:
        client = Client(server.port, key)
        assert client.ask("POST", CHECK, quote)[0] == 200
        execute(
            postgres_server,
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        not_ready(client)
        assert client.ask("POST", CHECK, quote)[0] == 503
        execute(postgres_server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        until(lambda: client.ask("GET", "/readyz")[0] == 200)
        assert client.ask("POST", CHECK, quote)[0] == 200


def not_ready(client):
    status, text, headers = client.ask("GET", "/readyz")
    assert (status, headers["Retry-After"]) == (503, "5")
    assert json.loads(text)["type"] == "/docs#problem-unavailable"
    assert client.ask("GET", "/healthz")[0] == 200


def execute(url, *statements):
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
