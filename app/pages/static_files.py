"""Styles and scripts: served under an address that changes with their content, so that a browser keeps them for good."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from app.errors import NOT_FOUND, refuse
from app.pages.page import Page, PageAsked, PageReply

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_FOR_GOOD: Final = (("Cache-Control", "public, max-age=31536000, immutable"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFiles:
    """All files, with one digest over all: scripts name each other by relative addresses, which stay right in it."""

    contents: Mapping[str, bytes]
    digest: str

    @classmethod
    def read(cls) -> StaticFiles:
        """The files of the package."""
        folder = files("app") / "web" / "static"
        contents = {
            entry.name: entry.read_bytes()
            for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
            if _type_of(entry.name) is not None
        }
        digest = hashlib.sha256()
        for name, content in contents.items():
            digest.update(f"{name} {len(content)} ".encode() + content)
        return cls(contents=contents, digest=digest.hexdigest()[:16])

    def address(self, name: str) -> str:
        """Where the file is. Raises `KeyError` for one that there is not."""
        if name not in self.contents:
            raise KeyError(name)
        return f"/static/{self.digest}/{name}"

    def page(self) -> Page:
        """What serves the files."""
        return Page(
            method="GET",
            path="/static/{digest}/{name}",
            name="static",
            title="",
            handle=self._handle,
            public=True,
        )

    def _handle(self, asked: PageAsked) -> PageReply:
        name = asked.path["name"]
        content, content_type = self.contents.get(name), _type_of(name)
        if content is None or content_type is None:
            raise refuse(NOT_FOUND, "There is no such file.")
        # Another version's address still finds the file, since a page may be older than the program; it is not kept.
        current = asked.path["digest"] == self.digest
        headers = (*(_FOR_GOOD if current else ()), ("ETag", f'"{self.digest}"'))
        return PageReply(body=content, content_type=content_type, headers=headers)


def _type_of(name: str) -> str | None:
    return _TYPES.get(name[name.rfind(".") :]) if "." in name else None
