"""The tables come from migrations inside the package, whole or not at all, on both databases."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from app.store import SchemaMismatch, Store, StoreUnavailable
from app.store.tables import METADATA, SCHEMA
from app.store.upgrade import alembic_config, current, needs_upgrade, upgrade
from tests.app.store.builders import a_store, force


def test_an_empty_database_is_upgraded_once(empty_database_url):
    assert needs_upgrade(empty_database_url)
    assert upgrade(empty_database_url) is True
    assert current(empty_database_url) == SCHEMA
    assert not needs_upgrade(empty_database_url)
    assert upgrade(empty_database_url) is False


def test_the_statements_are_written_for_the_newest_migration():
    assert ScriptDirectory.from_config(alembic_config()).get_current_head() == SCHEMA


def test_migrations_and_statements_mean_the_same_tables(empty_database_url):
    upgrade(empty_database_url)
    engine = create_engine(empty_database_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def test_of_two_upgrades_at_the_same_time_one_does_the_work(empty_database_url):
    with ThreadPoolExecutor(2) as both:
        done = list(both.map(upgrade, [empty_database_url, empty_database_url]))
    assert sorted(done) == [False, True]


def test_an_upgrade_that_fails_leaves_nothing_behind(empty_database_url):
    engine = create_engine(empty_database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE documents (id TEXT)")
    with pytest.raises(Exception, match="documents"):
        upgrade(empty_database_url)
    assert inspect(engine).get_table_names() == ["documents"]
    engine.dispose()


def test_an_sqlite_file_is_created_with_its_folder_for_its_owner_alone(tmp_path):
    file = tmp_path / "new" / "home" / "quoteguard.db"
    assert current(f"sqlite:///{file}") is None
    assert not file.exists()
    upgrade(f"sqlite:///{file}")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_is_said_so(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match=r"quoteguard\.db: "):
        upgrade(f"sqlite:///{tmp_path / 'file' / 'quoteguard.db'}")


def test_a_store_without_tables_says_what_to_run(empty_database_url):
    if empty_database_url.startswith("sqlite"):
        Path(empty_database_url.removeprefix("sqlite:///")).touch()
    with pytest.raises(SchemaMismatch, match=rf"at revision none, .* works with {SCHEMA}: run `quoteguard db upgrade`"):
        Store.open(empty_database_url).ping()


def test_tables_of_a_later_version_are_not_written_to(empty_database_url):
    a_store(empty_database_url).close()
    force(empty_database_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaMismatch, match="9999"):
        Store.open(empty_database_url).ping()
