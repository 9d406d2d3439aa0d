"""Signing in and out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from app.pages import cookies
from app.pages.forgery import mark, place_of_ours
from app.pages.page import Cookie, Page, PageAsked, PageReply, Theme
from app.people.signing_in import NotSignedIn, SigningIn
from app.store import NewSession

_KEPT: Final = "kept:"
"""Before the names of the fields of a form that came too late, while they travel through the sign-in page."""
_YEAR_SECONDS: Final = 365 * 86_400


class SignInPages:
    """The pages that let people in and out. `oidc` says whether the company's identity provider is another way in."""

    def __init__(self, signing_in: SigningIn, *, oidc: bool = False) -> None:
        self._signing_in = signing_in
        self._oidc = oidc

    def pages(self) -> tuple[Page, ...]:
        """The sign-in page, its form, the way out, and the switch between light and dark."""
        return (
            Page(
                method="GET",
                path="/sign-in",
                name="sign-in",
                title="Sign in",
                handle=self._ask,
                template="sign_in.html",
                public=True,
            ),
            Page(
                method="POST",
                path="/sign-in",
                name="sign-in",
                title="Sign in",
                handle=self._sign_in,
                template="sign_in.html",
                public=True,
            ),
            Page(method="POST", path="/sign-out", name="sign-out", title="Sign out", handle=self._sign_out),
            Page(
                method="POST",
                path="/appearance",
                name="appearance",
                title="Appearance",
                handle=_appearance,
                public=True,
            ),
        )

    def _ask(self, asked: PageAsked) -> PageReply:
        back = place_of_ours(asked.query.get("next", ""))
        if asked.signed_in is not None:
            return PageReply.to(back)
        return self._shown(back)

    def _sign_in(self, asked: PageAsked) -> PageReply:
        back = place_of_ours(asked.form.get("next", ""))
        name = asked.form.get("name", "")
        kept = _kept(asked)
        try:
            new = self._signing_in.sign_in(name, asked.form.get("password", ""), asked.browser)
        except NotSignedIn as refused:
            return self._shown(back, status=401, failed=_failed(refused), name=name, kept=kept)
        if asked.signed_in is not None:
            self._signing_in.sign_out(asked.signed_in)
        if kept:
            return _go_on(new, back, kept)
        return PageReply.to(back, cookies=entered(new))

    def _shown(
        self,
        back: str,
        *,
        status: int = 200,
        failed: str = "",
        name: str = "",
        kept: Sequence[tuple[str, str]] = (),
    ) -> PageReply:
        context = {
            "next": back,
            "kept": kept,
            "failed": failed,
            "name": name,
            "oidc": self._oidc,
        }
        return PageReply(template="sign_in.html", context=context, status=status)

    def _sign_out(self, asked: PageAsked) -> PageReply:
        if asked.signed_in is not None:
            self._signing_in.sign_out(asked.signed_in)
        gone = (Cookie(name=cookies.SESSION, value=""), Cookie(name=cookies.VISITOR, value=""))
        return PageReply.to("/sign-in", "You are signed out.", cookies=gone)


def entered(new: NewSession) -> tuple[Cookie, ...]:
    """The cookies of somebody who has just signed in. The visitor's goes: nothing from before carries over."""
    return (Cookie(name=cookies.SESSION, value=new.token), Cookie(name=cookies.VISITOR, value=""))


def _go_on(new: NewSession, back: str, kept: Sequence[tuple[str, str]]) -> PageReply:
    """Show the form that came too late, to be sent by who has just signed in: nothing is done that they do not see."""
    context = {"action": back, "kept": kept}
    return PageReply(
        template="go_on.html", context=context, title="Go on where you were", csrf=mark(new.token), cookies=entered(new)
    )


def _failed(refused: NotSignedIn) -> str:
    if refused.wait <= timedelta():
        return "The name or the password is not right."
    seconds = math.ceil(refused.wait.total_seconds())
    told = f"{seconds} seconds" if seconds < 90 else f"{math.ceil(seconds / 60)} minutes"
    return f"There were too many attempts. Wait {told} and try again."


def _kept(asked: PageAsked) -> list[tuple[str, str]]:
    fields = asked.form.items(multi=True)
    return [(name.removeprefix(_KEPT), value) for name, value in fields if name.startswith(_KEPT)]


def _appearance(asked: PageAsked) -> PageReply:
    stated = asked.form.get("theme", "")
    theme = Theme(stated) if stated in tuple(Theme) else Theme.AUTO
    cookie = Cookie(name=cookies.THEME, value=theme.value, seconds=_YEAR_SECONDS)
    return PageReply.to(place_of_ours(asked.form.get("next", "")), cookies=(cookie,))
