"""The fields of every canonical shape, from the schemas that read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cpq_hooks.canonical import SCHEMAS, Record
from cpq_hooks.canonical.fields import Described
from cpq_hooks.canonical.nesting import Items, Part
from docs.pages.tables import table

_MOST_WORDS = 12


def fields_page() -> str:
    """A section for each shape, and after the shapes one for each part of them, each once."""
    titles: dict[type[Record], str] = {schema: name for name, schema in SCHEMAS.items()}
    queue = list(SCHEMAS.values())
    parts = []
    for schema in queue:
        for _, field in _fields(schema):
            part = _part(field)
            if part is not None and part not in titles:
                titles[part] = part.__name__.removesuffix("Schema")
                queue.append(part)
        parts.append(_section(schema, titles))
    return "\n\n".join(parts)


def _section(schema: type[Record], titles: dict[type[Record], str]) -> str:
    rows = [
        (f"`{name}`", _kind(field, titles), "yes" if field.required else "", field.description)
        for name, field in _fields(schema)
    ]
    about = " ".join((schema.__doc__ or "").split())
    return f"## {titles[schema]}\n\n{about}\n\n{table(('field', 'written as', 'required', 'meaning'), rows)}"


def _fields(schema: type[Record]) -> Iterator[tuple[str, Described]]:
    for name, field in schema().fields.items():
        if isinstance(field, Described):
            yield field.data_key or name, field
    if schema.inner is not None:
        own = set(schema().fields)
        yield from ((name, field) for name, field in _fields(schema.inner[1]) if name not in own)


def _part(field: Described) -> type[Record] | None:
    inner = field.inner if isinstance(field, Items) else field
    found: Any = type(inner.schema) if isinstance(inner, Part) else None
    return found  # type: ignore[no-any-return]


def _kind(field: Described, titles: dict[type[Record], str]) -> str:
    part = _part(field)
    if part is not None:
        link = f"[{titles[part]}](#{titles[part].lower()})"
        return f"list of {link}" if isinstance(field, Items) else link
    if isinstance(field, Items):
        return f"list of {_word(field.inner.metadata)}"
    return _word(field.metadata)


def _word(schema: Mapping[str, Any]) -> str:
    choices = [f"`{choice}`" for choice in schema.get("enum", ()) if choice is not None]
    if choices:
        return ", ".join(choices) if len(choices) <= _MOST_WORDS else "one of many words"
    if schema.get("format") in ("date", "date-time"):
        return str(schema["format"])
    kind = schema.get("type", "any")
    return " or ".join(map(str, kind)) if isinstance(kind, list) else str(kind)
