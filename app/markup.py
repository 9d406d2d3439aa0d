"""Text with a little Markdown as HTML: headings, paragraphs, lists, bold, code and links. All else is shown as it is written.

Every character is escaped before a mark is looked for, and a link leads to a page of ours or to https only, so that whoever
may write such a file can write nothing that a browser obeys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup, escape

LONGEST: Final = 100_000
_HEADING: Final = re.compile(r"(#{1,4})\s+(.*)")
_NUMBERED: Final = re.compile(r"\d{1,3}[.)]\s+(.*)")
_BULLET: Final = re.compile(r"[-*]\s+(.*)")
_CODE: Final = re.compile(r"`([^`\n]{1,500})`")
_BOLD: Final = re.compile(r"\*\*(?=\S)([^*\n]{1,500})\*\*")
# The address was escaped with the rest, so it holds no quotation mark.
_LINK: Final = re.compile(r"\[([^\]\n]{1,200})\]\(((?:https://|/(?!/))[^\s()\\]{1,500}|/)\)")


def rendered(text: str, *, top: int = 2) -> Markup:
    """The text as HTML; its headings begin at the level `top`."""
    # All that is joined is either a tag of ours or escaped.
    return Markup("\n".join(_blocks(text[:LONGEST].replace("\r\n", "\n").split("\n"), top)))  # noqa: S704


def _blocks(lines: Sequence[str], top: int) -> Iterator[str]:
    kind, held = "", [""]
    for line in [*(each.strip() for each in lines), ""]:
        now, told = _kind(line)
        continues = kind in ("ol", "ul", "p") and now == "p" and bool(held[-1])
        if continues:
            held[-1] += f" {told}"
            continue
        if now != kind or now in ("", "p"):
            yield from _closed(kind, held)
            kind, held = now, []
        if now == "h":
            level = min(top + max(len(line) - len(line.lstrip("#")) - _FIRST, 0), 6)
            yield f"<h{level}>{_inline(told)}</h{level}>"
            kind, held = "", [""]
        elif now:
            held.append(told)
        held = held or [""]


_FIRST: Final = 2
"""The level of the highest heading in a file: ##."""


def _kind(line: str) -> tuple[str, str]:
    if not line:
        return "", ""
    for kind, pattern, group in (("h", _HEADING, 2), ("ol", _NUMBERED, 1), ("ul", _BULLET, 1)):
        if found := pattern.fullmatch(line):
            return kind, found[group]
    return "p", line


def _closed(kind: str, held: Sequence[str]) -> Iterator[str]:
    if kind == "p":
        yield f"<p>{_inline(' '.join(held))}</p>"
    elif kind in ("ol", "ul"):
        items = "".join(f"<li>{_inline(each)}</li>" for each in held)
        yield f"<{kind}>{items}</{kind}>"


def _inline(text: str) -> str:
    """The marks inside a line. What stands in code is left alone."""
    parts = _CODE.split(str(escape(text)))
    return "".join(f"<code>{part}</code>" if number % 2 else _marked(part) for number, part in enumerate(parts))


def _marked(text: str) -> str:
    linked = _LINK.sub(r'<a href="\2">\1</a>', text)
    return _BOLD.sub(r"<strong>\1</strong>", linked)
