"""A deal desk over a real store, on each database, with a company whose tables the test may change."""

import pytest

from tests.app.desk.builders import a_site


@pytest.fixture
def site(database_url):
    with a_site(database_url) as opened:
        yield opened
