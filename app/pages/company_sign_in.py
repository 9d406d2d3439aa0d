"""Signing in by the company's identity provider: out to it, and back."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Final
from urllib.parse import quote, unquote

from app.pages import cookies
from app.pages.forgery import place_of_ours
from app.pages.page import Cookie, Page, PageAsked, PageReply
from app.pages.sign_in import entered
from app.people.oidc import Begun, IdentityProvider, admit
from app.people.oidc_documents import NotKnown
from app.people.signing_in import SigningIn
from app.store import Store

BACK: Final = "/sign-in/company/back"
_SECONDS: Final = 600


class CompanySignIn:
    """The way to the identity provider and back."""

    def __init__(
        self, provider: IdentityProvider, store: Store, signing_in: SigningIn, roles: Mapping[str, str] | None
    ) -> None:
        self._provider = provider
        self._store = store
        self._signing_in = signing_in
        self._roles = roles

    def pages(self) -> tuple[Page, ...]:
        """The way out, and the way back."""
        return (
            Page(
                method="GET",
                path="/sign-in/company",
                name="company-sign-in",
                title="Sign in",
                handle=self._leave,
                public=True,
            ),
            Page(
                method="GET", path=BACK, name="company-sign-in-back", title="Sign in", handle=self._return, public=True
            ),
        )

    def _leave(self, asked: PageAsked) -> PageReply:
        try:
            begun = self._provider.begin()
        except NotKnown as refused:
            return _failed(str(refused))
        kept = {**asdict(begun), "address": "", "next": place_of_ours(asked.query.get("next", ""))}
        cookie = Cookie(name=cookies.OIDC, value=quote(json.dumps(kept)), seconds=_SECONDS)
        return PageReply(redirect=begun.address, status=303, cookies=(cookie,))

    def _return(self, asked: PageAsked) -> PageReply:
        try:
            kept = json.loads(unquote(asked.cookies[cookies.OIDC]) or "{}")
            begun = Begun(address="", state=kept["state"], nonce=kept["nonce"], verifier=kept["verifier"])
            code, state = asked.query.get("code", ""), asked.query.get("state", "")
            if not code or not hmac.compare_digest(state.encode(), begun.state.encode()):
                return _failed("You did not begin to sign in from this browser, or the provider refused. Try again.")
            identity = self._provider.finish(code, begun)
            user = admit(self._store, identity, self._roles, asked.now)
        except NotKnown as refused:
            return _failed(str(refused))
        except (KeyError, TypeError, AttributeError, ValueError):
            return _failed("It took too long, or was begun in another browser. Try again.")
        if asked.signed_in is not None:
            self._signing_in.sign_out(asked.signed_in)
        new = self._signing_in.begin(user, asked.browser, "by the identity provider")
        gone = Cookie(name=cookies.OIDC, value="")
        return PageReply.to(place_of_ours(str(kept.get("next", ""))), cookies=(*entered(new), gone))


def _failed(why: str) -> PageReply:
    context = {"next": "/", "kept": (), "failed": why, "name": "", "oidc": True}
    return PageReply(template="sign_in.html", context=context, status=401)
