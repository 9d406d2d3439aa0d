"""The cookies of the pages: which there are, and how they are written."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, unquote

from werkzeug.http import dump_cookie

from app.pages.page import Cookie

SESSION: Final = "qg_session"
VISITOR: Final = "qg_visitor"
THEME: Final = "qg_theme"
NOTICE: Final = "qg_notice"
OIDC: Final = "qg_oidc"
ALL: Final = (SESSION, VISITOR, THEME, NOTICE, OIDC)
_HOST: Final = "__Host-"
"""With it, a browser takes the cookie from this very host over TLS only: no neighbour under the same domain can set it."""
_LONGEST_NOTICE: Final = 300


def written(cookie: Cookie, *, secure: bool) -> tuple[str, str]:
    """The header that sets the cookie, out of reach of scripts and of other sites' forms."""
    return (
        "Set-Cookie",
        dump_cookie(
            name_of(cookie.name, secure=secure),
            cookie.value,
            max_age=0 if not cookie.value else cookie.seconds,
            path=cookie.path,
            secure=secure,
            httponly=True,
            samesite="Lax",
        ),
    )


def name_of(name: str, *, secure: bool) -> str:
    """The cookie's name as the browser has it."""
    return f"{_HOST}{name}" if secure else name


def notice(text: str) -> Cookie:
    """A sentence that the next page shows once."""
    return Cookie(name=NOTICE, value=quote(text[:_LONGEST_NOTICE]), seconds=60)


def read_notice(value: str) -> str:
    """What `notice` wrote."""
    return unquote(value)[:_LONGEST_NOTICE]
