"""The whole program with Acme connected to it, on each database."""

import pytest

from app.bootstrap import build
from app.config import Settings
from tests.app.arrivals import Arrivals
from tests.fakes import Clock


@pytest.fixture
def arrivals(tmp_path, database_url):
    home = tmp_path / "home"
    home.mkdir()
    environ = {"QUOTEGUARD_HOME": str(home), "QUOTEGUARD_DATABASE_URL": database_url}
    clock = Clock()
    services = build(Settings.from_environment(environ), clock=clock)
    yield Arrivals(services, clock)
    services.gate.close()
    services.set_ups.close()
    services.store.close()
