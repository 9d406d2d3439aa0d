"""Every page that there is, in the order of the rooms that they belong to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.pages.account import AccountPages
from app.pages.page import Page
from app.pages.sign_in import SignInPages
from app.pages.static_files import StaticFiles
from app.people.lending import Lending
from app.people.signing_in import SigningIn
from app.rules import Rules
from app.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRoom:
    """What pages stand on. A page takes what it needs of it."""

    store: Store
    rules: Callable[[], Rules]
    clock: Callable[[], datetime]
    signing_in: SigningIn
    static: StaticFiles


def all_pages(room: PageRoom) -> tuple[Page, ...]:
    """Every page. A room adds a line with its own."""
    lending = Lending(room.store, room.clock)
    return (
        room.static.page(),
        *SignInPages(room.signing_in).pages(),
        *AccountPages(room.store, room.signing_in, lending).pages(),
    )
