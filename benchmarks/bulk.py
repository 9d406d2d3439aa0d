"""`python -m benchmarks.bulk`: how many ten-line quotes a second are scored from JSON Lines, beside reading them alone.

The quotes are the simulated company's, with ten lines each put together from quotes like it, and as many findings a line as it
has; the model is the one of `benchmarks.scoring`, with the trees that training grows. Times by stage are of the processor, the
whole also by the clock, with a process for each core.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from app.bulk.scoring import Model, Scoring
from app.bulk.writing import written
from app.demo import documents, new_manifest
from app.demo.documents import Kind
from app.importing.reading import Opened, open_file
from app.learning.judging import RuleTexts
from app.portions import uncollected, worked
from app.rules import RuleFiles, library_files, take_up
from benchmarks.features import simulated, streamed
from benchmarks.scoring import package
from cpq_hooks.canonical import load_quote
from cpq_hooks.reading import read_json
from policies.derivation import derive
from policies.evaluation import in_brief
from scoring.features import vector
from scoring.history import HistoryBuilder
from scoring.model.registry import Models

LINES: Final = 10
TREES: Final = 100
DEPTH: Final = 3
WANTED: Final = 5_000
NOW: Final = datetime(2026, 11, 1, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bulk", description=__doc__)
    parser.add_argument("--quotes", type=int, default=4_000, help="how many are scored")
    parser.add_argument("--history", type=int, default=1_500, help="how many the model's history holds")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), arguments.history, arguments.quotes, arguments.workers)


def measure(folder: Path, history: int, quotes: int, workers: int) -> None:
    """Print what scoring costs, stage by stage and as a whole."""
    path = folder / "quotes.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in ten_lines(history, quotes)), "utf-8")
    opened = open_file(path, max_bytes=1 << 30)
    scoring = Scoring(texts=_rules(), form=opened.form, model=_model(folder / "models", history), as_of=NOW, now=NOW)
    spent = _stages(scoring, opened)
    print(f"{workers / spent:,.0f} quotes a second by the processor, once {workers} processes run with a core each")
    took = _clock(scoring, opened, folder / "scores.jsonl", workers)
    print(
        f"{quotes:,} quotes of {LINES} lines on {workers} processes: {quotes / took:,.0f} a second ({WANTED:,} are wanted)"
    )


def ten_lines(history: int, quotes: int) -> Iterator[dict[str, Any]]:
    """Quotes of ten lines: the header of one, and lines of quotes like it one after the other."""
    made = [json.loads(each.text) for each in documents(new_manifest(7, history)) if each.kind is Kind.QUOTE]
    lines: dict[tuple[object, ...], list[dict[str, Any]]] = {}
    for each in made:
        lines.setdefault(_like(each), []).extend(
            {name: value for name, value in line.items() if name not in ("parent_line_id", "start_date", "end_date")}
            for line in each["lines"]
            if "ramp" not in line  # its dates are those of another term
        )
    for at in range(quotes):
        header = {name: value for name, value in made[at % len(made)].items() if name != "stated_totals"}
        pool = lines[_like(header)]
        taken = [pool[(at * 7 + place) % len(pool)] | {"line_id": str(place)} for place in range(LINES)]
        yield header | {"quote_id": f"BENCH-{at}", "lines": taken}


def _like(quote: dict[str, Any]) -> tuple[object, ...]:
    """What quotes have in common whose lines fit each other: elsewhere prices and totals would be wrong, line after line."""
    return quote["currency"], quote["price_book"], quote["term_months"], quote["account"]["segment"]


def _rules() -> RuleTexts:
    texts = {name: (files("app.demo") / f"{name}.yaml").read_text("utf-8") for name in ("catalog", "company")}
    given = RuleFiles(policies=library_files(), catalog=texts["catalog"], company=texts["company"], waivers=None)
    return RuleTexts.of(take_up(given, tested=False))


def _model(folder: Path, history: int) -> Model:
    company, builder = simulated(7, history), HistoryBuilder()
    vectors = [each for _, each in streamed(company, builder)]
    leaked = [float(bool(company.truth[each.quote_id].get("leaked"))) for each in company.quotes]
    models = Models(folder)
    version = models.add(replace(package(vectors, leaked, TREES, DEPTH), history=builder.as_of(NOW)))
    return Model(folder=folder, version=version)


def _stages(scoring: Scoring, opened: Opened) -> float:
    """Print the stages, and give the seconds of the processor that a quote takes in all."""
    portion = next(iter(opened.portions()))
    scoring(portion)
    rows, rules, scorer = portion.rows, scoring.texts.rules(), scoring.model.scorer() if scoring.model else None
    assert scorer is not None
    with uncollected():
        read = _timed("JSON", lambda: [read_json(row.raw) for row in rows])
        quotes = _timed("schema", lambda: [load_quote(each) for each in read])
        facts = _timed(
            "facts", lambda: [derive(each, as_of=NOW, company=rules.company, catalog=rules.catalog) for each in quotes]
        )
        found = _timed("policies", lambda: [in_brief(each, rules.policies) for each in facts])
        vectors = _timed(
            "features",
            lambda: [vector(of, each, scorer.history, NOW) for of, each in zip(facts, found, strict=True)],
        )
        _timed("score and reasons", lambda: scorer.score_many(vectors, kinds=False, unusual=False, most=3))
    return _spent("all of it", lambda: [scoring(portion)] * len(rows))[0]


def _timed(name: str, work: Callable[[], list[Any]]) -> list[Any]:
    return _spent(name, work)[1]


def _spent(name: str, work: Callable[[], list[Any]]) -> tuple[float, list[Any]]:
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        found = work()
        best = min(best, time.process_time() - began)
    best /= len(found)
    print(f"  {name:<20} {best * 1e6:>6.0f} us of the processor a quote")
    return best, found


def _clock(scoring: Scoring, opened: Opened, out: Path, workers: int) -> float:
    """Seconds for the whole file, with the second or two in which the processes start."""
    began = time.perf_counter()
    with written(out) as writer:
        for answered in worked(scoring, opened.portions(), workers):
            writer.write(answered.rows)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
