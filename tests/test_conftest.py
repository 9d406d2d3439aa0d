"""The shared fixtures do what they promise."""

import os
import socket

import pytest
from sqlalchemy import create_engine, inspect, text

from app.store import Store
from tests.app.store.builders import POLICIES, a_decision


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_starts_on_an_empty_database(empty_database_url, turn):
    engine = create_engine(empty_database_url)
    assert inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE deals (id INTEGER)"))
    assert inspect(engine).get_table_names() == ["deals"]
    engine.dispose()


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_starts_on_tables_without_a_decision(database_url, turn):
    with Store.open(database_url) as store:
        store.artefacts.put("policies", POLICIES)
        assert store.record(a_decision()).seq == 1


@pytest.mark.postgres
def test_postgres_is_the_real_one(postgres_url):
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version()")).startswith("PostgreSQL")
    engine.dispose()


@pytest.mark.postgres
def test_a_connection_left_open_does_not_keep_its_database(postgres_url):
    create_engine(postgres_url).connect()


def test_a_developers_settings_do_not_reach_a_test():
    assert not [name for name in os.environ if name.startswith("QUOTEGUARD_")]


def test_the_network_beyond_loopback_is_out_of_reach():
    with socket.socket() as outside, pytest.raises(RuntimeError, match="only loopback"):
        outside.connect(("192.0.2.1", 80))
