"""The rights that the operations page gives to `serve` are enough for its work, and not for taking the guards down."""

import re
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, make_url
from sqlalchemy.exc import DBAPIError

from app.store import Document, DocumentKind, Scope, Store
from policies.holding import HoldChange, HoldEvent
from tests.app.store.builders import NOON, a_decision, a_hold, a_step, a_store

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"

pytestmark = pytest.mark.postgres


def _grants():
    return re.search(r"```sql\n(GRANT.*?)```", OPERATIONS.read_text(), re.DOTALL)[1]


@pytest.fixture
def served_url(postgres_url):
    """The address of an upgraded database for an account with the rights of the operations page and no others."""
    a_store(postgres_url).close()
    account = make_url(postgres_url).database.replace("test_", "serve_")
    grants = _grants().replace("quoteguard_serve", account)
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as owner:
        owner.exec_driver_sql(f"CREATE ROLE {account} LOGIN PASSWORD 'served'")
        owner.exec_driver_sql(grants)
        yield make_url(postgres_url).set(username=account, password="served").render_as_string(hide_password=False)
        owner.exec_driver_sql(f"DROP OWNED BY {account}")
        owner.exec_driver_sql(f"DROP ROLE {account}")
    engine.dispose()


def test_every_table_has_its_rights(postgres_url):
    a_store(postgres_url).close()
    engine = create_engine(postgres_url)
    tables = set(inspect(engine).get_table_names())
    engine.dispose()
    assert tables == set(re.findall(r"\w+", " ".join(re.findall(r" ON (.*?) TO ", _grants())))) - {
        "ALL",
        "SEQUENCES",
        "IN",
        "SCHEMA",
        "public",
    }


def test_the_rights_are_enough_to_serve(served_url):
    with Store.open(served_url) as store:
        store.ping()
        assert store.record(a_decision()).seq == 1
        made = store.keys.create("caller", [Scope.CHECK])
        assert store.keys.authenticate(made.secret).id == made.key.id
        for body in (b"first", b"second"):
            store.documents.put(DocumentKind.USAGE, [Document(id="U-1", body=body)])
        held = a_step(a_hold(), HoldEvent.HELD)
        assert store.record(a_decision(), hold=held).seq == 2
        assert len(store.holds.escalate(lambda hold: HoldChange(hold=hold, at=NOON, events=(HoldEvent.OVERDUE,)))) == 1
        assert store.idempotency.purge() == 0
        assert store.verify_chain().is_whole


def test_the_rights_are_not_enough_to_take_the_guards_down(served_url):
    engine = create_engine(served_url)
    for statement in (
        "ALTER TABLE decisions DISABLE TRIGGER USER",
        "DROP TRIGGER decisions_stay ON decisions",
        "DELETE FROM decisions",
        "TRUNCATE decisions",
        "UPDATE chain SET length = 0",
        "DELETE FROM hold_history",
        "DROP TABLE decisions",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    ):
        refused = pytest.raises(DBAPIError, match=r"must be owner|permission denied|moves by one")
        with refused, engine.begin() as connection:
            connection.exec_driver_sql(statement)
    engine.dispose()
