"""What changed between two contents of a quote: each material field, and whether it got worse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from policies.domain.material import Material, worsened
from policies.domain.wording import spelt


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A material field that is not what it was. `line_id` None is the quote itself; `field` "line" is a line that came or
    went. Values are as evidence has them, None where nothing was stated.
    """

    line_id: str | None
    field: str
    before: str | None
    now: str | None
    is_worse: bool


def changes_between(before: Material, now: Material) -> tuple[Changed, ...]:
    """Every material change, the quote's own first, then line by line."""
    worse = {(each.line_id, each.field) for each in worsened(before, now)}
    found = list(_fields(None, before.header, now.header, worse))
    for line_id in sorted(before.lines.keys() | now.lines.keys()):
        was, is_now = before.lines.get(line_id), now.lines.get(line_id)
        if was is None or is_now is None:
            told = tuple(None if each is None else _name(each) for each in (was, is_now))
            found.append(Changed(line_id=line_id, field="line", before=told[0], now=told[1], is_worse=True))
        else:
            found += _fields(line_id, was, is_now, worse)
    return tuple(found)


def _fields(
    line_id: str | None,
    before: Mapping[str, object],
    now: Mapping[str, object],
    worse: set[tuple[str | None, str]],
) -> Iterator[Changed]:
    for name in dict.fromkeys((*before, *now)):
        was, is_now = before.get(name), now.get(name)
        if was != is_now:
            yield Changed(
                line_id=line_id, field=name, before=spelt(was), now=spelt(is_now), is_worse=(line_id, name) in worse
            )


def _name(line: Mapping[str, object]) -> str:
    return spelt(line.get("product_id")) or ""
