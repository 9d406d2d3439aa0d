"""A whole program for each test: the simulated company's rules, and a database of its own, on SQLite and on PostgreSQL."""

import json
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from app.assess import Answer, Call, Caller
from app.bootstrap import Services, build
from app.config import Settings
from app.store.upgrade import upgrade

EXAMPLES = Path(__file__).parents[2] / "examples" / "quotes"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with the simulated company's tables."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("catalog.yaml", "company.yaml"):
        (folder / name).write_text((files("app.demo") / name).read_text("utf-8"), "utf-8")
    return folder


@pytest.fixture
def services(home: Path, database_url: str) -> Iterator[Services]:
    environ = {"QUOTEGUARD_HOME": str(home), "QUOTEGUARD_DATABASE_URL": database_url}
    settings = Settings.from_environment(environ)
    upgrade(settings.database_url)
    built = build(settings)
    yield built
    built.gate.close()
    built.set_ups.close()
    built.store.close()


@pytest.fixture
def ask(services: Services) -> Callable[..., Answer]:
    """Sends a document to the gate."""

    def send(document: Any, **terms: Any) -> Answer:
        raw = document if isinstance(document, bytes) else json.dumps(document).encode()
        return services.gate.check_quote(Call(raw=raw, caller=Caller(key_id=None), **terms))

    return send


@pytest.fixture
def example() -> Callable[[str], dict[str, Any]]:
    """One of the quotes in examples/, as a sender would send it."""

    def read(name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
        return found

    return read
