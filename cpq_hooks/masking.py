"""Secrets that a vendor repeats in the body of what it sends, hidden from whoever looks at it. What is stored stays exact."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final

from cpq_hooks.registry import AdapterBroken, Registry

HIDDEN: Final = "•••"
_MISSPELT: Final = (ValueError, RecursionError)


def secret_fields(registry: Registry) -> frozenset[str]:
    """The names of all fields that hold a secret for some installed adapter: who looks at a delivery need not know whose it is."""
    found: set[str] = set()
    for name in registry.names():
        try:
            found.update(getattr(registry.adapter(name), "secret_fields", ()))
        except AdapterBroken:
            continue
    return frozenset(found)


def masked(text: str, fields: Iterable[str]) -> str:
    """The text without the values of these fields, in JSON, in a form and in XML, whatever stands around them.

    Capitals do not matter. Where a value cannot be read to its end, nothing is shown from there on.
    """
    names = "|".join(re.escape(each) for each in sorted(fields))
    if not names:
        return text
    text = _in_json(text, names)
    text = re.sub(rf"(<(?:[\w.-]+:)?(?:{names})(?:\s[^<>]*)?(?<!/)>)[^<]*", rf"\1{HIDDEN}", text, flags=re.IGNORECASE)
    return re.sub(rf"((?:^|[&?\s])(?:{names})=)[^&\s]*", rf"\1{HIDDEN}", text, flags=re.IGNORECASE)


def _in_json(text: str, names: str) -> str:
    key = re.compile(rf'(?P<quote>\\*")(?:{names})(?P=quote)\s*:\s*', re.IGNORECASE)
    parts: list[str] = []
    at = 0
    while found := key.search(text, at):
        parts += [text[at : found.end()], f'"{HIDDEN}"']
        at = _end_of_value(text, found.end(), found["quote"])
    return "".join([*parts, text[at:]])


def _end_of_value(text: str, start: int, quote: str) -> int:
    """Where the value ends; in JSON that stands in a string, where its own kind of quote closes it."""
    if quote != '"':
        closing = text.find(quote, start + len(quote)) if text.startswith(quote, start) else -1
        return closing + len(quote) if closing >= 0 else len(text)
    try:
        return json.JSONDecoder(strict=False).raw_decode(text, start)[1]
    except _MISSPELT:
        return len(text)
