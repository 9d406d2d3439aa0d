"""The API in process: a real store beneath it, a fake gate, and a key for everything."""

import shutil
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.config import Settings
from app.factory import create_app
from app.observability.logs import make_logger
from app.store import ANY_ROLE, Scope, Store
from tests.fakes import Clock, FakeGate, FakeVerifier, NoRules

QUOTE = {
    "quote_id": "Q-1",
    "currency": "USD",
    "lines": [{"line_id": "1", "product_id": "SEATS", "charge_type": "recurring", "net_unit_price": "40"}],
}


@dataclass
class Api:
    """The application under test with everything around it."""

    settings: Settings
    store: Store
    gate: FakeGate
    set_ups: FakeVerifier
    rules: NoRules
    clock: Clock
    log: StringIO
    app: Flask | None = None
    client: FlaskClient | None = None
    key: str = ""

    def open(self) -> FlaskClient:
        logger = make_logger(self.log, level="debug", log_format="json")
        self.app = create_app(self, log=logger)
        return self.app.test_client()

    def headers(self, *scopes: Scope, **more: str) -> dict[str, str]:
        """Headers with a key for these scopes, or for all."""
        secret = self.store.keys.create("test", scopes or tuple(Scope), roles=(ANY_ROLE,)).secret
        return {"Authorization": f"Bearer {secret}", **{name.replace("_", "-"): value for name, value in more.items()}}

    def check(self, body: Any = QUOTE, path: str = "/v1/quotes/check", **headers: str) -> TestResponse:
        """Send a body to be checked, as JSON unless the test says otherwise."""
        content = (
            {"json": body} if isinstance(body, (dict, list)) else {"data": body, "content_type": "application/json"}
        )
        if "Content_Type" in headers:
            content = {"data": body, "content_type": headers.pop("Content_Type")}
        stated = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, **content, headers={"Authorization": f"Bearer {self.key}", **stated})

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers={"Authorization": f"Bearer {self.key}"})

    def refused_body(self, answer: TestResponse) -> bytes:
        """What is kept of the request that got this answer."""
        kept = self.store.refused.get(answer.json["refused_id"])
        assert kept is not None
        return kept.request.body


@pytest.fixture
def open_api(upgraded_sqlite_file, tmp_path):
    """Opens an API with the settings that the test names."""
    opened = []

    def opener(**environ: str) -> Api:
        shutil.copy(upgraded_sqlite_file, tmp_path / "quoteguard.db")
        names = {f"QUOTEGUARD_{name.upper()}": value for name, value in environ.items()}
        settings = Settings.from_environment({"QUOTEGUARD_HOME": str(tmp_path), **names})
        clock = Clock()
        store = Store.open(settings.database_url, clock=clock)
        api = Api(
            settings=settings,
            store=store,
            gate=FakeGate(),
            set_ups=FakeVerifier(),
            rules=NoRules(),
            clock=clock,
            log=StringIO(),
        )
        api.key = store.keys.create("test", tuple(Scope), roles=(ANY_ROLE,)).secret
        api.client = api.open()
        opened.append(api)
        return api

    yield opener
    for api in opened:
        api.store.close()


@pytest.fixture
def api(open_api) -> Api:
    """The API with the default settings."""
    return open_api()
