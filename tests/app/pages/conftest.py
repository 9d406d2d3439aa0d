"""Pages in process: a real store beneath them, passwords that cost nothing, and a clock that stands still."""

import shutil
from dataclasses import dataclass
from io import StringIO

import pytest
from flask import Flask

from app.config import Settings
from app.observability.logs import make_logger
from app.store import Store
from tests.app.pages.desk_site import a_desk_site
from tests.fakes import Clock, FakeGate, FakeVerifier, NoRules
from tests.pages import Visitor, pages_app, signed_in


@dataclass
class Site:
    """The application with everything around it. `visit("analyst")` is signed in so; `visit()` is nobody."""

    settings: Settings
    store: Store
    clock: Clock
    gate: FakeGate
    set_ups: FakeVerifier
    rules: NoRules
    log: StringIO
    app: Flask | None = None

    def visit(self, *roles, **terms) -> Visitor:
        return signed_in(self.app, self.store, *roles, **terms) if roles else Visitor(self.app.test_client())


@pytest.fixture
def open_site(upgraded_sqlite_file, tmp_path):
    """Opens the pages with the settings that the test names."""
    opened = []

    def opener(**environ: str) -> Site:
        shutil.copy(upgraded_sqlite_file, tmp_path / "quoteguard.db")
        names = {f"QUOTEGUARD_{name.upper()}": value for name, value in environ.items()}
        settings = Settings.from_environment({"QUOTEGUARD_HOME": str(tmp_path), **names})
        clock = Clock()
        site = Site(
            settings=settings,
            store=Store.open(settings.database_url, clock=clock),
            clock=clock,
            gate=FakeGate(),
            set_ups=FakeVerifier(),
            rules=NoRules(),
            log=StringIO(),
        )
        site.app = pages_app(site, log=make_logger(site.log, level="debug", log_format="json"))
        opened.append(site)
        return site

    yield opener
    for site in opened:
        site.store.close()


@pytest.fixture
def site(open_site) -> Site:
    """The pages with the default settings."""
    return open_site()


@pytest.fixture
def desk(upgraded_sqlite_file, tmp_path):
    """The pages over a store that keeps cases."""
    with a_desk_site(upgraded_sqlite_file, tmp_path) as opened:
        yield opened
