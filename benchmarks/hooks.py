"""`python -m benchmarks.hooks`: what an inline answer to each vendor costs beside the canonical one for the same quote.

Both are judged and recorded. A vendor's payload is verified, parsed, translated and answered in the vendor's form besides.
Times are medians of processor time in this process. Read the ratio: it is of the two taking turns, in rounds of all.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib.resources import files
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any, TypeVar

from app.assess import Call, Caller
from app.bootstrap import Services, build
from app.config import Settings
from app.connections import Connections
from app.deliveries import Sent, delivery_of
from app.hooks import Hooks
from app.store.upgrade import upgrade
from app.vendor_objects import body_of
from app.web_process import spare_the_collector
from benchmarks.vendor_payloads import Measured, requests
from cpq_hooks.adapter import Shape
from tests.acme import ADAPTER, a_quote, connections, signed

_UNTIMED = 10
Key = TypeVar("Key", bound=Hashable)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hooks", description=__doc__)
    parser.add_argument("--lines", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        services = _services(Path(folder))
        sent, canonical = acme_quote(options.lines)
        hooks = hooks_of(services, connections())
        pairs = {"acme (of the tests)": Pair.of(services, canonical, sent, partial(hooks.receive, "acme", sent))}
        pairs |= {name: _pair(services, each) for name, each in requests(options.lines).items()}
        spare_the_collector()
        steps = {(name, "canonical"): pair.canonical for name, pair in pairs.items()}
        steps |= {(name, "vendor"): pair.vendor for name, pair in pairs.items()}
        found = medians({key: steps[key] for key in sorted(steps)}, options.rounds, process_time)
        services.store.close()
    print(f"{options.lines} lines, {options.rounds} rounds; bytes as sent, milliseconds of processor time")
    print(f"{'':26}{'canonical':>10}{'vendor':>10}{'canonical':>11}{'vendor':>9}{'ratio':>7}")
    for name, pair in pairs.items():
        own, theirs = found[name, "canonical"], found[name, "vendor"]
        print(f"{name:26}{pair.sizes[0]:>10,}{pair.sizes[1]:>10,}{own:>11.2f}{theirs:>9.2f}{theirs / own:>7.2f}")


@dataclass(frozen=True, slots=True)
class Pair:
    """The check of a canonical quote, and that of a vendor's request which says the same; `sizes` are the bytes of each."""

    canonical: Callable[[], object]
    vendor: Callable[[], object]
    sizes: tuple[int, int]

    @classmethod
    def of(cls, services: Services, canonical: bytes, sent: Sent, vendor: Callable[[], object]) -> Pair:
        own = partial(services.gate.check_quote, Call(raw=canonical, caller=Caller(key_id=None)))
        return cls(own, vendor, (len(canonical), len(sent.body)))


def _pair(services: Services, measured: Measured) -> Pair:
    """A request with the canonical check of the very document that it translates to. Raises where it is not answered."""
    connected, sent = measured.connected, measured.sent
    connection = connected.connection
    inline = connected.adapter.inline(delivery_of(sent, connection, services.clock()), connection)
    hooks = hooks_of(services, Connections({connection.name: connected}))
    took = hooks.receive(connection.name, sent)
    if inline is None or took.became != "answered":
        raise RuntimeError(f"a request of {connection.connector} was {took.became}: {took.problem}")
    vendor = partial(hooks.receive, connection.name, sent)
    return Pair.of(services, body_of(inline.translation.document), sent, vendor)


def acme_quote(lines: int) -> tuple[Sent, bytes]:
    """A quote as Acme sends it, and the same in canonical form."""
    each = [
        {"seats": 40 + number, "price": f"{38 + number % 7}.50", "colour": "red", "note": "", "sort": number,
         "created": "2026-01-01T00:00:00Z", "modified": "2026-01-02T00:00:00Z", "bundle": None, "optional": False}
        for number in range(lines)
    ]  # fmt: skip
    payload: Mapping[str, Any] = a_quote(stage="submitted") | {"seats": None, "price": None, "lines": each}
    body, headers = signed({"quote": payload})
    [translation] = ADAPTER.translate(payload, Shape.QUOTE)
    lowered = {name.lower(): value for name, value in headers.items()}
    url = "http://127.0.0.1/v1/hooks/acme"
    return Sent(method="POST", url=url, query="", headers=lowered, body=body), body_of(translation.document)


def hooks_of(services: Services, taken: Connections) -> Hooks:
    """What takes the deliveries of connections; it waits longer than a sender, so that a busy machine measures alike."""
    judges = {Shape.QUOTE: services.gate.check_quote}
    wait = timedelta(seconds=30)
    return Hooks(services.store, taken, judges, services.rules.current, services.clock, default_wait=wait)


def medians(steps: Mapping[Key, Callable[[], object]], rounds: int, clock: Callable[[], float]) -> dict[Key, float]:
    """Median milliseconds of each by a clock, taking turns."""
    times: dict[Key, list[float]] = {name: [] for name in steps}
    for number in range(rounds + _UNTIMED):
        for name, step in steps.items():
            began = clock()
            step()
            if number >= _UNTIMED:
                times[name].append((clock() - began) * 1000)
    return {name: median(found) for name, found in times.items()}


def _services(folder: Path) -> Services:
    home = folder / "home"
    home.mkdir()
    for name in ("catalog.yaml", "company.yaml"):
        (home / name).write_text((files("app.demo") / name).read_text("utf-8"), "utf-8")
    settings = Settings.from_environment({"QUOTEGUARD_HOME": str(home)})
    upgrade(settings.database_url)
    return build(settings)


if __name__ == "__main__":
    main()
