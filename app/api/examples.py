"""Examples for the API's document: one deal, from the quote to what turned out. One file for each schema, under its name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any


def read_examples() -> Mapping[str, Any]:
    """The examples by the names of their schemas."""
    folder = files("app") / "web" / "examples"
    found = sorted((each for each in folder.iterdir() if each.name.endswith(".json")), key=lambda each: each.name)
    return {each.name.removesuffix(".json"): json.loads(each.read_text("utf-8")) for each in found}
