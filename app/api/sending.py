"""A request as its sender wrote it: address, query and headers unparsed, out of what the server makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.deliveries import Sent

_PREFIX: Final = "HTTP_"
_BESIDE: Final = (("CONTENT_TYPE", "content-type"), ("CONTENT_LENGTH", "content-length"))


def sent_of(environ: Mapping[str, Any], body: bytes) -> Sent:
    """The request of a WSGI environment."""
    # The server keeps the target as it was written; what the framework has was decoded.
    target = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ.get("PATH_INFO", ""))
    path, _, query = target.partition("?")
    host = environ.get("HTTP_HOST", "")
    return Sent(
        method=str(environ["REQUEST_METHOD"]),
        url=path if "://" in path else f"{environ.get('wsgi.url_scheme', 'http')}://{host}{path}",
        query=query or str(environ.get("QUERY_STRING", "")),
        headers=_headers(environ),
        body=body,
    )


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    found = {
        name.removeprefix(_PREFIX).replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith(_PREFIX)
    }
    return found | {name: str(environ[key]) for key, name in _BESIDE if environ.get(key)}
