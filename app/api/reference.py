"""The tables of docs/api.md, from the same entries that the program runs by."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.api.route import Route
from app.errors import KINDS
from app.observability.metrics import Metrics


def routes_table(routes: Iterable[Route]) -> str:
    """Every route as a Markdown table: what it does, and the scope that a key needs for it."""
    rows = ["| route | scope | does |", "|---|---|---|"]
    for route in routes:
        scope = "no key" if route.scope is None else f"`{route.scope.value}`"
        rows.append(f"| `{route.method} {route.path}` | {scope} | {route.summary} |")
    return "\n".join(rows)


def parameters_table(route: Route) -> str:
    """A route's query parameters as a Markdown table."""
    rows = ["| parameter | meaning |", "|---|---|"]
    rows += [f"| `{parameter.name}` | {parameter.about} |" for parameter in route.query]
    return "\n".join(rows)


def problems_table() -> str:
    """Every problem that the API answers with as a Markdown table."""
    rows = ["| problem | status | means | body kept |", "|---|---|---|---|"]
    for kind in KINDS:
        kept = "yes" if kind.keeps_body else "no"
        rows.append(f"| `{kind.code}` | {kind.status} | {kind.title}. {kind.advice} | {kept} |")
    return "\n".join(rows)


def metrics_table() -> str:
    """Every metric as a Markdown table, in the words that `/metrics` has for it."""
    text = Metrics.in_memory(version="").exposition().decode("utf-8")
    found = re.findall(r"^# HELP (\S+) (.+)$", text, re.MULTILINE)
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    rows = [f"| `{name}` | {kinds[name]} | {about} |" for name, about in found if not name.endswith("_created")]
    return "\n".join(["| metric | kind | counts |", "|---|---|---|", *rows])
