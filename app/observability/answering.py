"""A process that is no web server answers for itself: `/metrics` for Prometheus and `/healthz` for whoever starts it again.

It listens on the address that is stated, in a thread of its own, and says nothing of a customer's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6
from threading import Thread
from typing import Final

from app.observability.metrics import CONTENT_TYPE

Answer = Callable[[], tuple[bytes, str]]
"""A body and its media type, made when it is asked for."""
_PATIENCE: Final = 5.0


class NotListening(Exception):  # noqa: N818 - it says what is the matter
    """The address cannot be listened on; the message says why."""


@contextmanager
def answering(host: str, port: int, answers: Mapping[str, Answer]) -> Iterator[int]:
    """Answer GET of these paths until the block ends; gives the port, which 0 leaves to the system. Raises `NotListening`."""
    try:
        server = _Server(host, port, answers)
    except (OSError, OverflowError) as error:
        raise NotListening(f"{host}:{port}: {getattr(error, 'strerror', None) or error}") from None
    thread = Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join(_PATIENCE)


def health() -> tuple[bytes, str]:
    """The process answers."""
    return b'{"status": "ok"}\n', "application/json"


def metrics_of(exposition: Callable[[], bytes]) -> Answer:
    """The metrics as they are when they are asked for."""
    return lambda: (exposition(), CONTENT_TYPE)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str, port: int, answers: Mapping[str, Answer]) -> None:
        self.address_family = AF_INET6 if ":" in host else AF_INET
        self.answers = dict(answers)
        super().__init__((host, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _PATIENCE

    def do_GET(self) -> None:
        answer = self.server.answers.get(self.path.partition("?")[0])
        if answer is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        body, media_type = answer()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        return "quoteguard"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Scrapes are not logged."""
