"""What a page is: one entry that is registered, guarded and shown from the same words.

A handler knows nothing of the web framework: it gets what was asked and gives a reply, or raises what `app.errors` maps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode

from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from app.people.person import Person
from app.people.signing_in import Browser, SignedIn
from app.store import Role, Session

EVERYBODY: Final = frozenset(Role)
"""Whoever is signed in."""
HTML: Final = "text/html; charset=utf-8"

Fields = MultiDict[str, str]


class Theme(StrEnum):
    """How the pages look; AUTO is as the person's system does."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """A cookie to set; an empty value takes it away. `seconds` None lasts as long as the browser."""

    name: str
    value: str
    seconds: int | None = None
    path: str = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAsked:
    """One request for a page, past the door. `signed_in` is None on a public page only; `csrf` goes into every form."""

    method: str
    path: Mapping[str, str]
    address: str
    query: Fields
    now: datetime
    csrf: str
    browser: Browser
    secure: bool
    form: Fields = field(default_factory=ImmutableMultiDict)
    signed_in: SignedIn | None = None
    theme: Theme = Theme.AUTO
    notice: str = ""
    cookies: Mapping[str, str] = field(default_factory=dict)

    @property
    def user(self) -> Person:
        """Who asks. Raises on a public page that nobody is signed in to."""
        if self.signed_in is None:
            raise RuntimeError("nobody is signed in")
        return self.signed_in.person

    @property
    def session(self) -> Session:
        """The session of who asks."""
        if self.signed_in is None:
            raise RuntimeError("nobody is signed in")
        return self.signed_in.session

    @property
    def whole_address(self) -> str:
        """The path with what stands after the question mark."""
        return f"{self.address}?{urlencode(list(self.query.items(multi=True)))}" if self.query else self.address

    def with_query(self, **changes: str | None) -> str:
        """This page's address with other values after the question mark; None leaves one out."""
        kept = [(name, value) for name, value in self.query.items(multi=True) if name not in changes]
        kept += [(name, value) for name, value in changes.items() if value is not None]
        return f"{self.address}?{urlencode(kept)}" if kept else self.address


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewed:
    """A document that a page shows, for the access log."""

    subject_type: str
    subject_id: str
    action: str = "viewed"
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReply:
    """What the page answers: a template with its context, another address, or bytes of some type.

    A body in parts is sent as it is made, for files of any length. `csrf` is the mark of the session that the reply begins, for the forms on the page.
    """

    context: Mapping[str, Any] = field(default_factory=dict)
    template: str | None = None
    title: str | None = None
    status: int = 200
    redirect: str | None = None
    body: bytes | Iterator[bytes] | None = None
    content_type: str = HTML
    headers: tuple[tuple[str, str], ...] = ()
    cookies: tuple[Cookie, ...] = ()
    viewed: tuple[Viewed, ...] = ()
    notice: str = ""
    csrf: str = ""

    @classmethod
    def to(cls, address: str, notice: str = "", **parts: Any) -> PageReply:
        """Go on to another page of ours (303), which shows the notice."""
        return cls(redirect=address, status=303, notice=notice, **parts)

    @classmethod
    def file(cls, body: bytes | Iterator[bytes], content_type: str, name: str, **parts: Any) -> PageReply:
        """A file to keep, such as a CSV. `name` is of ours: letters, digits, dots and dashes."""
        headers = (("Content-Disposition", f'attachment; filename="{name}"'),)
        return cls(body=body, content_type=content_type, headers=headers, **parts)


Handle = Callable[[PageAsked], PageReply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nav:
    """The page's place among the links at the top: those with small `order` first."""

    label: str
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A method on a path, who may ask for it, and what answers. `path` has its variables in braces: `/audits/{agreement_id}`.

    A `public` page needs no session.
    """

    method: str
    path: str
    name: str
    title: str
    handle: Handle
    template: str | None = None
    roles: frozenset[Role] = EVERYBODY
    nav: Nav | None = None
    public: bool = False

    @property
    def rule(self) -> str:
        """The path as the framework writes it. A variable at the end takes slashes too: ids of other systems may have them."""
        path = self.path
        if path.endswith("}"):
            before, _, name = path.rpartition("{")
            path = f"{before}<path:{name[:-1]}>"
        return path.replace("{", "<").replace("}", ">")
