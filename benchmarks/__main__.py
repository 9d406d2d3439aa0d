"""`make bench`: what a check, a verification, a vendor's payload, an audit and a delivery cost, in one run, beside their floors.

Machines are shared and noisy: read the ratios within one run, and the floor beside them.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path

from app.bootstrap import build
from app.config import Settings
from app.store import Scope
from app.store.upgrade import upgrade
from benchmarks.bodies import quote
from benchmarks.load import Load, send
from benchmarks.server import Server, free_port, python, serving
from benchmarks.steps import steps

SIZES = {5: 1000, 50: 800, 500: 150, 5000: 16}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="A quarter of the requests.")
    share = 4 if parser.parse_args().quick else 1
    with tempfile.TemporaryDirectory() as folder:
        home = _home(Path(folder))
        environ = {
            "QUOTEGUARD_HOME": str(home),
            "QUOTEGUARD_WORKERS": "1",
            "QUOTEGUARD_RATE_LIMIT": "off",
            "QUOTEGUARD_LOG_LEVEL": "info",
        }
        settings = Settings.from_environment(environ)
        upgrade(settings.database_url)
        services = build(settings)
        secret = services.store.keys.create("bench", [Scope.CHECK]).secret
        print("Steps inside one check, median milliseconds, SQLite with full sync")
        _show_steps({size: steps(services, quote(size), max(5, count // 8 // share)) for size, count in SIZES.items()})
        services.store.close()
        port, echo_port = free_port(), free_port()
        with (
            serving(python("-m", "benchmarks.echo", str(echo_port)), {}, echo_port) as echo,
            serving(python("-m", "app", "serve", "--port", str(port)), environ, port) as server,
        ):
            _compare(server, echo, secret, share)
    for each in (
        ("benchmarks.twin",),
        ("benchmarks.hooks",),
        ("benchmarks.audit", "--records", str(1_000_000 // share)),
        ("benchmarks.deliveries",),
        ("benchmarks.bulk",),
    ):
        print(flush=True)
        subprocess.run(python("-m", *each), check=True)


def _home(folder: Path) -> Path:
    """The simulated company's tables."""
    home = folder / "home"
    home.mkdir()
    for name in ("catalog.yaml", "company.yaml"):
        (home / name).write_text((files("app.demo") / name).read_text("utf-8"), "utf-8")
    return home


def _show_steps(found: dict[int, dict[str, float]]) -> None:
    names = list(next(iter(found.values())))
    print(f"{'lines':>7}" + "".join(f"{name:>17}" for name in names))
    for size, row in found.items():
        print(f"{size:>7}" + "".join(f"{row[name]:>17.3f}" for name in names))
    print()


def _compare(server: Server, echo: Server, secret: str, share: int) -> None:
    print("Under gunicorn, one worker with four threads; CPU is the workers' own, per request")
    header = ("lines", "clients", "p50 ms", "p99 ms", "CPU ms", "echo p50", "echo p99", "echo CPU", "CPU ratio")
    print("".join(f"{name:>11}" for name in header))
    for size, count in SIZES.items():
        body = quote(size)
        for clients in (1, 2):
            requests = max(8, count // share)
            ours, cpu = _timed(server, "/v1/quotes/check", body, requests, clients, secret)
            floor, floor_cpu = _timed(echo, "/echo", body, requests, clients, None)
            cells = [ours.percentile(0.5), ours.percentile(0.99), cpu]
            cells += [floor.percentile(0.5), floor.percentile(0.99), floor_cpu, cpu / floor_cpu if floor_cpu else 0.0]
            print(f"{size:>11}{clients:>11}" + "".join(f"{cell:>11.2f}" for cell in cells))
            if ours.failures or floor.failures:
                print(f"  {ours.failures} of our answers and {floor.failures} of the floor's were not 200")
    print()
    print(f"Largest worker: {server.resident_mib():.0f} MiB (the bare echo: {echo.resident_mib():.0f} MiB)")
    for package in ("pandas", "sklearn", "xgboost"):
        print(f"{package} loaded by serve: {'yes' if server.loaded(package) else 'no'}")


def _timed(
    server: Server, path: str, body: bytes, requests: int, clients: int, secret: str | None
) -> tuple[Load, float]:
    send(server.port, path, body, requests=max(2, requests // 10), clients=clients, key=secret)
    before = server.cpu_seconds()
    load = send(server.port, path, body, requests=requests, clients=clients, key=secret)
    return load, (server.cpu_seconds() - before) * 1000 / max(1, len(load.times))


if __name__ == "__main__":
    main()
