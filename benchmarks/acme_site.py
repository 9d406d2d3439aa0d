"""A company with Acme connected: a real `serve` and `worker` on loopback, and Acme's own API beside them.

The adapter and the client of the made-up vendor are installed as anybody's would be: by entry points, in a folder on the path.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from app.store import Store
from app.store.upgrade import upgrade
from benchmarks.server import free_port
from tests.acme import SECRET, AcmeServer

ROOT = Path(__file__).parents[1]
_ENTRY_POINTS = """\
[quoteguard.adapters]
acme = tests.acme:ADAPTER
[quoteguard.clients]
acme = tests.acme:CLIENT
"""
_METADATA = "Metadata-Version: 2.1\nName: acme-connector\nVersion: 1\n"
_UP_SECONDS = 60


@dataclass
class Program:
    """One of the program's processes, in a group of its own, which can be killed and started again."""

    arguments: tuple[str, ...]
    environ: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app", *self.arguments],
                cwd=ROOT, env=self.environ, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.starts += 1

    def kill(self) -> None:
        """End all of it at once, as a power cut would."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)

    def stop(self) -> int:
        """Ask it to stop, and wait until it has."""
        if self.process is None:
            return 0
        self.process.terminate()
        return self.process.wait(60)

    def logged(self, event: str) -> list[dict[str, object]]:
        """The log's lines of an event."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        found = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [line for line in found if line.get("event") == event]


@dataclass
class Site:
    """The company's site."""

    home: Path
    url: str
    port: int
    vendor: AcmeServer
    web: Program
    worker: Program
    programs: list[Program] = field(default_factory=list)

    def store(self) -> Store:
        return Store.open(self.url)

    def wait_until_up(self) -> None:
        until = time.monotonic() + _UP_SECONDS
        while not self.is_up():
            if time.monotonic() > until:
                raise RuntimeError("the server did not come up: " + self.web.log.read_text("utf-8")[-2000:])
            time.sleep(0.05)

    def is_up(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=2)
        with suppress(OSError):
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        return False


@contextmanager
def running(folder: Path, database_url: str | None = None, *, lease: float = 300, web: int = 1) -> Iterator[Site]:
    """The site while the block runs. Everything is killed afterwards."""
    home, plugins = folder / "home", folder / "plugins"
    home.mkdir()
    # Tables of the simulated company would make every decision a simulated one, and nothing of that is written back.
    info = plugins / "acme_connector-1.dist-info"
    info.mkdir(parents=True)
    (info / "entry_points.txt").write_text(_ENTRY_POINTS)
    (info / "METADATA").write_text(_METADATA)
    vendor, port = AcmeServer(), free_port()
    threading.Thread(target=vendor.serve_forever, daemon=True).start()
    (home / "connections.yaml").write_text(
        "connections:\n"
        f"  - {{name: acme, connector: acme, base_url: '{vendor.url}', allow_private: true,"
        " secrets: {webhook: [{env: ACME_SECRET}]}}\n"
    )
    url = database_url or f"sqlite:///{home / 'quoteguard.db'}"
    upgrade(url)
    settings = {
        "home": str(home),
        "database_url": url,
        "port": str(port),
        "workers": str(web),
        "worker_lease_seconds": str(lease),
        "rate_limit": "off",
    }
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{plugins}", "ACME_SECRET": SECRET}
    environ |= {f"QUOTEGUARD_{name.upper()}": value for name, value in settings.items()}
    site = Site(
        home=home,
        url=url,
        port=port,
        vendor=vendor,
        web=Program(("serve",), environ, folder / "serve.log"),
        worker=Program(("worker",), environ, folder / "worker.log"),
    )
    site.programs = [site.web, site.worker]
    try:
        for program in site.programs:
            program.start()
        site.wait_until_up()
        yield site
    finally:
        for program in site.programs:
            program.kill()
        vendor.shutdown()
