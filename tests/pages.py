"""The pages as a person uses them, without a browser: signed in as this or that, forms with their mark, and what came back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.factory import create_app
from app.people.passwords import Cost, Passwords
from app.people.person import system
from app.store import NameTaken, Role, Store, User
from tests.fakes import Clock

CHEAP = Passwords(Cost(passes=1, memory_kib=8, lanes=1))
"""Hashes in no time: for tests, and for nothing else."""
PASSWORD = "correct horse battery"
_HASH = CHEAP.hash(PASSWORD)
_MARK = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


def a_user(store: Store, name: str = "ann", *roles: Role | str, **terms: Any) -> User:
    """A user with the password PASSWORD; the same again if there is one of this name."""
    told = {
        "user_id": "",
        "name": name,
        "display_name": name.title(),
        "roles": frozenset(map(Role, roles)),
        "created_at": Clock().now,
        "password_hash": _HASH,
        **terms,
    }
    told["approval_roles"] = frozenset(told.get("approval_roles", ()))
    try:
        return store.people.add(User(**told), by=system("created", "user", ""))
    except NameTaken:
        found = store.people.named(name)
        assert found is not None
        return store.people.change(replace(found, roles=told["roles"]), by=system("changed", "user", found.user_id))


def pages_app(services: Any, **options: Any) -> Flask:
    """The application with passwords that cost nothing."""
    return create_app(services, passwords=CHEAP, **options)


def signed_in(app: Flask, store: Store, *roles: Role | str, name: str = "", **terms: Any) -> Visitor:
    """A visitor who is signed in with these roles: `signed_in(app, store, "analyst")`.

    `terms` are fields of the user, such as rep_id="r-1" or approval_roles=["manager"].
    """
    name = name or "-".join(map(str, roles)) or "nobody"
    user = a_user(store, name, *roles, **terms)
    visitor = Visitor(app.test_client(), user)
    answer = visitor.sign_in(name)
    assert answer.status_code == 303, answer.text
    return visitor


@dataclass
class Visitor:
    """A browser, as far as a test needs one: it keeps cookies and the mark that goes into forms."""

    client: FlaskClient
    user: User | None = None
    mark: str = field(default="")

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open a page, and keep the mark of its forms."""
        return self._read(self.client.get(path, **options))

    def post(self, path: str, /, *, page: str | None = None, **fields: Any) -> TestResponse:
        """Send a form with its mark. `page` is opened first, where the mark is not known yet or has changed."""
        if page is not None or not self.mark:
            self.get(page or "/account")
        return self._read(self.client.post(path, data={"csrf": self.mark, **fields}))

    def sign_in(self, name: str, password: str = PASSWORD, **more: Any) -> TestResponse:
        """Sign in by the form."""
        self.get("/sign-in")
        answer = self.post("/sign-in", name=name, password=password, **more)
        if answer.status_code == 303:
            self.mark = ""
        return answer

    def _read(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html" and (found := _MARK.search(answer.text)):
            self.mark = found[1]
        return answer


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._silent += tag in ("script", "style", "title", "desc")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style", "title", "desc")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def words(answer: TestResponse) -> str:
    """What the page says, in one line without tags."""
    parser = _Words()
    parser.feed(answer.text)
    return " ".join(" ".join(parser.found).split())
