"""Whether a server can listen where it is told to: asked before anything else is done, so that nothing is done in vain."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

from app.commands.surroundings import Refused

if TYPE_CHECKING:
    from app.config import Settings


def must_be_free(settings: Settings) -> None:
    """Raises `Refused` where something listens at the address already, or nothing can."""
    where = f"{settings.host}:{settings.port}"
    try:
        [(family, _, _, _, address), *_] = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As the server itself does: what an ended connection left behind does not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = "Stop it, or take another port: --port 9000, or make run PORT=9000."
            raise Refused(f"Something listens on {where} already.", (reason,)) from None
        raise Refused(f"Nothing can listen on {where}.", (f"{error.strerror}.",)) from None
