"""A server of our own under gunicorn, and its processor time as the kernel counts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. Its processes are the master and its workers."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def workers(self) -> list[int]:
        """The process ids of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text("ascii")
        return [int(pid) for pid in children.split()]

    def cpu_seconds(self) -> float:
        """User and system time of all workers so far."""
        return sum(_cpu(pid) for pid in self.workers)

    def resident_mib(self) -> float:
        """The largest resident memory of a worker."""
        return max(_status(pid, "VmHWM") for pid in self.workers) / 1024

    def loaded(self, package: str) -> bool:
        """Whether a worker has a compiled part of a package mapped."""
        needle = f"/site-packages/{package}/"
        return any(needle in Path(f"/proc/{pid}/maps").read_text("utf-8", "replace") for pid in self.workers)


@contextmanager
def serving(command: list[str], environ: Mapping[str, str], port: int) -> Iterator[Server]:
    """The server while the block runs; it is stopped afterwards, whatever happens."""
    process = subprocess.Popen(
        command, env={**os.environ, **environ}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_until_ready(port, process)
        yield Server(port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port on loopback that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def python(*arguments: str) -> list[str]:
    """A command line with this very interpreter."""
    return [sys.executable, *arguments]


def _wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server did not come up")


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _status(pid: int, name: str) -> float:
    for row in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if row.startswith(name):
            return float(row.split()[1])
    return 0.0
