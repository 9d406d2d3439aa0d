"""The review as a page: one file without script, to be read on a screen, light or dark, or printed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined


def page_of(review: Mapping[str, Any]) -> str:
    """The page of a review. Whatever a name holds, it is text on the page."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["percent"] = _percent
    template = (files("app") / "web" / "reports" / "review.html").read_text("utf-8")
    return environment.from_string(template).render(review=review)


def _percent(share: float | None) -> str:
    return "not known" if share is None else f"{share:.0%}"
