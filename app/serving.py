"""Serving: gunicorn, told everything here and nothing by its own files, environment or command line.

Each worker builds its own application after the fork, so that no connection or thread is inherited. The workers share a
folder for metrics and rate limits. gunicorn believes no header of a caller's about where a request came from; app/pages/origin.py
reads one where the settings say how many proxies write it.
"""

from __future__ import annotations

import shutil
import socket
import struct
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from app.config import Settings
from app.observability.logs import send_standard_logging_to
from app.observability.metrics import process_died
from scoring.model.library import is_loaded

Build = Callable[[Settings, Path], Flask]
"""Makes a worker's application, given the folder that the workers share."""

GRACE_SECONDS: Final = 30
"""A worker that is told to stop finishes what it has begun within this time."""
_STUCK_SECONDS: Final = 60
_KEEP_ALIVE_SECONDS: Final = 15
_SILENT_SECONDS: Final = 10
_LONGEST_LINE: Final = 4094
_MOST_HEADERS: Final = 64
_LONGEST_HEADER: Final = 8190


def serve(settings: Settings, build: Build) -> None:
    """Serve until told to stop by SIGTERM or SIGINT. Does not return: it ends the process, as gunicorn does.

    Raises RuntimeError where this process has used a model: the workers are forked from it and would hang at the first score.
    """
    if is_loaded():
        raise RuntimeError("a process that has used a model cannot fork workers that use one: do it in a process apart")
    send_standard_logging_to(sys.stderr, level=settings.log_level, log_format=settings.log_format)
    folder = _shared_folder(settings)
    try:
        _Server(settings, build, folder).run()
    finally:
        if settings.metrics_dir is None:
            shutil.rmtree(folder, ignore_errors=True)


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our options and our application."""

    def __init__(self, settings: Settings, build: Build, folder: Path) -> None:
        self._settings = settings
        self._build = build
        self._folder = folder
        super().__init__()

    def load_config(self) -> None:
        for name, value in options(self._settings, self._folder).items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._build(self._settings, self._folder)


def options(settings: Settings, folder: Path) -> dict[str, Any]:
    """What gunicorn is told."""
    address = f"[{settings.host}]" if ":" in settings.host else settings.host

    def child_exit(_: Arbiter, worker: Worker) -> None:
        process_died(folder, worker.pid)

    return {
        "bind": [f"{address}:{settings.port}"],
        "workers": settings.workers,
        "threads": settings.threads,
        "worker_class": "gthread",
        "preload_app": False,
        "proc_name": "quoteguard",
        "timeout": _STUCK_SECONDS,
        "graceful_timeout": GRACE_SECONDS,
        "keepalive": _KEEP_ALIVE_SECONDS,
        "limit_request_line": _LONGEST_LINE,
        "limit_request_fields": _MOST_HEADERS,
        "limit_request_field_size": _LONGEST_HEADER,
        "forwarded_allow_ips": "",
        "forwarder_headers": "",
        "secure_scheme_headers": {},
        "header_map": "drop",
        "control_socket_disable": True,
        "accesslog": None,
        "loglevel": settings.log_level,
        "logger_class": PlainLogger,
        "when_ready": _do_not_wait_forever,
        "child_exit": child_exit,
    }


class PlainLogger(Logger):  # type: ignore[misc]
    """gunicorn's own messages, by way of the program's log."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in list(self.error_log.handlers):
            self.error_log.removeHandler(handler)
        self.error_log.propagate = True


def _shared_folder(settings: Settings) -> Path:
    """The folder that the workers share, without what an earlier run left in it."""
    if settings.metrics_dir is None:
        return Path(tempfile.mkdtemp(prefix="quoteguard-"))
    settings.metrics_dir.mkdir(parents=True, exist_ok=True)
    for pattern in ("*.db", "rate-*"):
        for left_over in settings.metrics_dir.glob(pattern):
            left_over.unlink(missing_ok=True)
    return settings.metrics_dir


def _do_not_wait_forever(arbiter: Arbiter) -> None:
    """A sender that falls silent in the middle of a request gives its thread back: connections inherit this from the listener."""
    limit = struct.pack("ll", _SILENT_SECONDS, 0)
    for listener in arbiter.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
