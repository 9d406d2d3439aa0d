"""Keys that were made before keys had roles keep what they could do."""

from alembic import command
from sqlalchemy import create_engine

from app.store import ANY_ROLE, Scope, Store
from app.store.upgrade import alembic_config, upgrade


def before_roles(url):
    """The tables as they were before keys had roles."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE api_keys DROP COLUMN roles")
        command.stamp(alembic_config(connection), "0012", purge=True)
    engine.dispose()


def test_a_key_that_could_review_goes_on_to_in_every_role_and_no_other_begins_to(empty_database_url):
    upgrade(empty_database_url)
    with Store.open(empty_database_url) as store:
        secrets = {scope: store.keys.create(scope, [scope]).secret for scope in Scope}
    before_roles(empty_database_url)
    assert upgrade(empty_database_url) is True
    with Store.open(empty_database_url) as store:
        roles = {scope: store.keys.authenticate(secret).roles for scope, secret in secrets.items()}
    every = frozenset({ANY_ROLE})
    assert {scope for scope, of_key in roles.items() if of_key == every} == {Scope.REVIEW, Scope.ADMIN}
    assert {scope for scope, of_key in roles.items() if not of_key} == {"check", "verify", "ingest", "read"}
