"""A database of the first version is brought up to date with everything in it kept."""

from alembic import command
from sqlalchemy import create_engine, inspect

from app.store import Store, digest_of
from app.store.upgrade import alembic_config, current, upgrade
from tests.app.store.builders import POLICIES, a_decision, a_hold, a_step

FIRST = {"alembic_version", "decisions", "chain", "artefacts", "api_keys", "idempotency", "refused", "documents"}


def first_version(url):
    """Tables of revision 0001, as `db upgrade` of that version made them, with a policy set in them."""
    upgrade(url)  # makes the SQLite file
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in inspect(connection).get_table_names():
            if table not in FIRST:
                connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql("ALTER TABLE api_keys DROP COLUMN roles")
        for index in ("source", "policies", "model", "simulated"):
            connection.exec_driver_sql(f"DROP INDEX decisions_by_{index}")
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("DROP FUNCTION note_sending_only")
        command.stamp(alembic_config(connection), "0001", purge=True)
    engine.dispose()


def test_the_record_is_kept_and_holds_can_be_recorded(empty_database_url):
    with Store.open(empty_database_url) as store:
        upgrade(empty_database_url)
        store.artefacts.put("policies", POLICIES)
        receipt = store.record(a_decision(decision_id="dec_before", policies=digest_of(POLICIES)))
    first_version(empty_database_url)
    assert current(empty_database_url) == "0001"
    assert upgrade(empty_database_url) is True
    with Store.open(empty_database_url) as store:
        assert store.decisions.get("dec_before").receipt == receipt
        store.record(a_decision(), hold=a_step(a_hold()))
        assert store.holds.get("BC-1") == a_hold()
        assert store.verify_chain().is_whole
