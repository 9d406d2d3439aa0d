"""`python -m benchmarks.hooks`: what an inline answer to a vendor costs beside the canonical one for the same quote.

Both are judged and recorded. A vendor's payload is verified, parsed, translated and answered in the vendor's form besides.
Read the ratio: it is from one run, the two taking turns.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from app.assess import Call, Caller
from app.bootstrap import Services, build
from app.config import Settings
from app.deliveries import Sent
from app.hooks import Hooks
from app.store.upgrade import upgrade
from app.vendor_objects import body_of
from app.web_process import spare_the_collector
from cpq_hooks.adapter import Shape
from tests.acme import ADAPTER, a_quote, connections, signed


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hooks", description=__doc__)
    parser.add_argument("--lines", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        services = _services(Path(folder))
        sent, canonical = acme_quote(options.lines)
        hooks = hooks_of(services)
        spare_the_collector()
        steps = {
            "canonical": lambda: services.gate.check_quote(Call(raw=canonical, caller=Caller(key_id=None))),
            "vendor": lambda: hooks.receive("acme", sent),
        }
        found, processor = medians(steps, options.rounds, perf_counter), medians(steps, options.rounds, process_time)
        services.store.close()
    print(f"{options.lines} lines: {len(canonical):,} bytes canonical, {len(sent.body):,} bytes of the vendor's")
    for what, times in (("elapsed", found), ("processor", processor)):
        told = ", ".join(f"{name} {milliseconds:.2f} ms" for name, milliseconds in times.items())
        print(f"{what}: {told}, ratio {times['vendor'] / times['canonical']:.2f}")


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


def hooks_of(services: Services) -> Hooks:
    """What takes Acme's deliveries."""
    judges = {Shape.QUOTE: services.gate.check_quote}
    wait = services.settings.default_wait
    return Hooks(services.store, connections(), judges, services.rules.current, services.clock, default_wait=wait)


def medians(steps: Mapping[str, Callable[[], object]], rounds: int, clock: Callable[[], float]) -> dict[str, float]:
    """Median milliseconds of each by a clock, taking turns."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(rounds + 20):
        for name, step in steps.items():
            began = clock()
            step()
            if number >= 20:
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
