"""The frame of all pages: takes a request to its page past the door, and sees that what comes out is safe in a browser."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

from flask import Flask, Response, request
from werkzeug.datastructures import ImmutableMultiDict

from app.api.exchange import ApiRequest
from app.api.receiving import receive
from app.errors import BAD_REQUEST, INTERNAL, WRONG_TYPE, Problem, refuse
from app.pages import cookies
from app.pages.faults import FORGED, NOT_YOURS
from app.pages.forgery import FIELD, is_from_elsewhere, is_marked, mark
from app.pages.origin import address_of
from app.pages.page import Cookie, Fields, Page, PageAsked, PageReply, Theme
from app.pages.showing import Showing
from app.people.signing_in import Browser, SigningIn
from app.store import AccessLog, StoreUnavailable

ENDPOINT: Final = "page:"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = (
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    # A form's Origin would be "null" under no-referrer.
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    # Whoever signs out leaves nothing for the next one's back button.
    ("Cache-Control", "no-store"),
)
_TLS_ONLY: Final = ("Strict-Transport-Security", "max-age=31536000")
_FORM: Final = "application/x-www-form-urlencoded"
_LARGEST_FORM: Final = 2 << 20
_MOST_FIELDS: Final = 5_000
_OF_MACHINES: Final = ("/v1/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs")
_ASKED: Final = "quoteguard.page_asked"
_PRIVATE: Final = (FIELD, "password", "old", "new", "again")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFrame:
    """What answers for pages, with all it needs for it."""

    showing: Showing
    signing_in: SigningIn
    access: AccessLog
    clock: Callable[[], datetime]
    public_url: str | None = None
    trusted_proxies: int = 0

    def open(self, app: Flask, pages: Sequence[Page]) -> None:
        """Register every page with the framework."""
        self.showing.know(pages)
        for page in pages:
            app.add_url_rule(
                page.rule,
                f"{ENDPOINT}{page.method}:{page.name}",
                self._view(page),
                methods=[page.method],
                provide_automatic_options=False,
            )

    def takes(self, asking: ApiRequest) -> bool:
        """Whether what goes wrong with this request is told to a person: it is for a page, or a browser asks for what is not."""
        rule = asking.url_rule
        if rule is not None:
            return str(rule.endpoint).startswith(ENDPOINT)
        return not asking.path.startswith(_OF_MACHINES) and "text/html" in asking.headers.get("Accept", "")

    def refuse(self, asking: ApiRequest, problem: Problem) -> Response:
        """The problem as a page. Of a fault of ours nothing is told but the id that it is logged under."""
        asked = self._asked_before(asking, problem)
        context = {
            "problem": problem,
            "detail": "" if problem.kind is INTERNAL else problem.detail,
            "request_id": asking.exchange.request_id,
        }
        reply = PageReply(template="error.html", context=context, status=problem.kind.status, title=problem.kind.title)
        return self._response(asking, asked, None, reply)

    def _view(self, page: Page) -> Callable[..., Response]:
        def view(**path: str) -> Response:
            asking: ApiRequest = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - documented by Flask
            asking.exchange.path = page.path
            asking.exchange.needs_key = not page.public
            return self._answer(asking, page, path)

        return view

    def _answer(self, asking: ApiRequest, page: Page, path: Mapping[str, str]) -> Response:
        asked = self._asked(asking, path)
        asking.environ[_ASKED] = asked
        if asked.method == "POST":
            if is_from_elsewhere(asking.environ, public_url=self.public_url):
                raise refuse(FORGED, "Your browser says that the form came from another site.")
            asked = replace(asked, form=_form(asking))
        if asked.signed_in is None and not page.public:
            return self._response(asking, asked, page, _sign_in_first(asked))
        if asked.method == "POST" and not is_marked(asked.form.get(FIELD, ""), self._secret(asking, asked)):
            raise refuse(FORGED, "The form does not carry the mark of your session.")
        if not page.public and not asked.user.may(*page.roles):
            raise refuse(NOT_YOURS, _who_may(page))
        reply = page.handle(asked)
        if reply.viewed and asked.signed_in is not None:
            self.access.add(
                *[asked.user.did(each.action, each.subject_type, each.subject_id, each.detail) for each in reply.viewed]
            )
        return self._response(asking, asked, page, reply)

    def _asked(self, asking: ApiRequest, path: Mapping[str, str], *, anonymous: bool = False) -> PageAsked:
        secure = self._is_secure(asking)
        kept = {name: asking.cookies.get(cookies.name_of(name, secure=secure), "") for name in cookies.ALL}
        token = kept[cookies.SESSION]
        signed_in = self.signing_in.who(token) if token and not anonymous else None
        visitor = kept[cookies.VISITOR] or secrets.token_urlsafe(32)
        theme = kept[cookies.THEME]
        return PageAsked(
            method="GET" if asking.method == "HEAD" else asking.method,
            path=path,
            address=quote(asking.path),
            query=asking.args,
            now=self.clock(),
            csrf=mark(token if signed_in is not None else visitor),
            browser=Browser(
                address=address_of(asking.environ, proxies=self._proxies),
                agent=asking.environ.get("HTTP_USER_AGENT", ""),
            ),
            secure=secure,
            signed_in=signed_in,
            theme=Theme(theme) if theme in tuple(Theme) else Theme.AUTO,
            notice=cookies.read_notice(kept[cookies.NOTICE]),
            cookies={**kept, cookies.VISITOR: visitor},
        )

    @property
    def _proxies(self) -> int | None:
        """How many proxies stand before us. With an address of its own there is one, and nobody may have said so."""
        return None if self.public_url is not None and self.trusted_proxies == 0 else self.trusted_proxies

    def _asked_before(self, asking: ApiRequest, problem: Problem) -> PageAsked:
        """The request as its page saw it; where none did, as far as it can be read."""
        before: PageAsked | None = asking.environ.get(_ASKED)
        if before is not None:
            return before
        try:
            return self._asked(asking, {}, anonymous=problem.kind.status >= INTERNAL.status)
        except StoreUnavailable:
            return self._asked(asking, {}, anonymous=True)

    def _secret(self, asking: ApiRequest, asked: PageAsked) -> str:
        """What this browser's forms are marked by. A visitor's own must have come in a cookie."""
        name = cookies.SESSION if asked.signed_in is not None else cookies.VISITOR
        return asking.cookies.get(cookies.name_of(name, secure=asked.secure), "")

    def _is_secure(self, asking: ApiRequest) -> bool:
        """Whether cookies travel over TLS only: everywhere but on this very machine without it."""
        if self.public_url is not None:
            return self.public_url.startswith("https:")
        host = urlsplit(f"//{asking.environ.get('HTTP_HOST', '')}").hostname or ""
        return not (host in ("localhost", "::1") or host.startswith("127."))

    def _response(self, asking: ApiRequest, asked: PageAsked, page: Page | None, reply: PageReply) -> Response:
        shows = reply.redirect is None and reply.body is None
        # Written before any header is: what fails here must not leave half an answer behind.
        body = self._html(asked, page, reply) if shows else reply.body or b""
        to_set = [*reply.cookies]
        if reply.notice:
            to_set.append(cookies.notice(reply.notice))
        if shows and asked.notice:
            to_set.append(Cookie(name=cookies.NOTICE, value=""))
        if shows and asked.signed_in is None and not reply.cookies:
            to_set.append(Cookie(name=cookies.VISITOR, value=asked.cookies[cookies.VISITOR]))
        stated = {name for name, _ in reply.headers}
        headers = asking.exchange.headers
        headers += reply.headers
        headers += [header for header in _HEADERS if header[0] not in stated]
        headers += [_TLS_ONLY] if asked.secure else []
        headers += [cookies.written(cookie, secure=asked.secure) for cookie in to_set]
        headers += [("Location", reply.redirect)] if reply.redirect is not None else []
        return Response(body, reply.status, content_type=reply.content_type)

    def _html(self, asked: PageAsked, page: Page | None, reply: PageReply) -> bytes:
        template = reply.template or (page.template if page is not None else None)
        if template is None:
            raise RuntimeError("the page has no template")
        title = reply.title or (page.title if page is not None else "")
        if reply.csrf:
            asked = replace(asked, csrf=reply.csrf)
        context: dict[str, Any] = {"asked": asked, **reply.context}
        return self.showing.show(template, context, asked, title=title)


def _sign_in_first(asked: PageAsked) -> PageReply:
    """The way to the sign-in page. A form that came too late is carried through it, for its sender to send again."""
    if asked.method == "GET":
        back = "" if asked.whole_address == "/" else f"?next={quote(asked.whole_address, safe='/')}"
        return PageReply(redirect=f"/sign-in{back}", status=303)
    kept = [(name, value) for name, value in asked.form.items(multi=True) if name not in _PRIVATE]
    context = {"next": asked.whole_address, "kept": kept, "failed": "", "name": "", "oidc": False}
    return PageReply(template="sign_in.html", context=context, status=401, title="Sign in")


def _who_may(page: Page) -> str:
    names = sorted(page.roles)
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    return f"It is for people with the role {listed}."


def _form(asking: ApiRequest) -> Fields:
    """The fields of the form that was sent."""
    stated = asking.environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    received = receive(asking.environ, most=_LARGEST_FORM)
    if not received.raw:
        return ImmutableMultiDict()
    if stated != _FORM:
        raise refuse(WRONG_TYPE, "A page takes the fields of its form and nothing else.")
    try:
        text = received.raw.decode("utf-8", "replace")
        return ImmutableMultiDict(
            parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="replace")
        )
    except ValueError:
        raise refuse(BAD_REQUEST, "The form has too many fields.") from None
