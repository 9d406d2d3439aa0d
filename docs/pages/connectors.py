"""The connectors that come with Quoteguard, as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cpq_hooks.adapter import Adapter
from cpq_hooks.registry import AdapterBroken, installed
from docs.pages.tables import table

_FOLDER: Final = Path(__file__).parents[1] / "integrations"


def connectors_table() -> str:
    """Every connector that can be loaded, what its documents become, and its page."""
    registry = installed()
    rows = []
    for name in registry.names():
        try:
            rows.append(_row(registry.adapter(name)))
        except AdapterBroken:
            continue
    return table(("connector", "system", "becomes", "page"), rows)


def _row(adapter: Adapter) -> tuple[str, ...]:
    shapes = ", ".join(sorted(shape.value for shape in adapter.shapes))
    page = f"[{adapter.name}.md]({adapter.name}.md)" if (_FOLDER / f"{adapter.name}.md").is_file() else ""
    return f"`{adapter.name}`", adapter.title, shapes, page
