"""A store of one's own, on each database."""

import pytest

from tests.app.store.builders import a_store


@pytest.fixture
def store(database_url):
    with a_store(database_url) as opened:
        yield opened
