"""The shared fixtures do what they promise."""

import os
import socket

import pytest
from sqlalchemy import create_engine, inspect, text


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_starts_on_an_empty_database(database_url, turn):
    engine = create_engine(database_url)
    assert inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE deals (id INTEGER)"))
    assert inspect(engine).get_table_names() == ["deals"]
    engine.dispose()


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
