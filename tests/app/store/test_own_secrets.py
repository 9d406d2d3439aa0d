"""A secret is made once, and is the same for every process that shares the database."""

from app.store import Store
from app.store.own_secrets import RANDOM_RELEASE
from app.store.upgrade import upgrade


def test_a_secret_is_made_once_and_found_by_all(database_url):
    upgrade(database_url)
    with Store.open(database_url) as one, Store.open(database_url) as other:
        made = one.secrets.of(RANDOM_RELEASE)
        assert len(made) == 32
        assert other.secrets.of(RANDOM_RELEASE) == one.secrets.of(RANDOM_RELEASE) == made
        assert other.secrets.of("something else") != made
