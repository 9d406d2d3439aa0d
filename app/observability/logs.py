"""Logs: one JSON object a line for a machine, or coloured lines for a person.

What is logged is chosen field by field: ids of ours, counts, times. Names, prices and bodies are never passed in, a fault is
logged by the places that it went through and not by its message, and whatever looks like a secret is struck out at the end.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Sequence
from traceback import extract_tb
from typing import Any, Final, TextIO

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor

_SECRETS: Final = re.compile(
    r"qg_[A-Za-z0-9_-]+"
    r"|(?<=[Bb]earer )[^\s\"'\\]+"
    r"|(?<=BEARER )[^\s\"'\\]+"
    r"|(?<=://)[^/\s:@\"]*:[^/\s@\"]+(?=@)"
)
_MARKS: Final = ("qg_", "://", "earer ", "EARER ")
_STRUCK_OUT: Final = "[redacted]"
_DEEPEST: Final = 8  # causes of a fault


def make_logger(stream: TextIO, *, level: str, log_format: str) -> FilteringBoundLogger:
    """A logger that writes to `stream`. `level` is the least severe that is written, `log_format` json or console."""
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[*_SHARED, _renderer(log_format, colors=stream.isatty()), _strike_out],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
    )
    return logger.bind()


def send_standard_logging_to(stream: TextIO, *, level: str, log_format: str) -> None:
    """Have what libraries log (gunicorn, SQLAlchemy, Alembic) come out as our own lines do, at the same level."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, _places_of_exception, *_SHARED],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _renderer(log_format, colors=stream.isatty()),
            _strike_out,
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_number(level))


def places_of(fault: BaseException) -> list[dict[str, Any]]:
    """A fault and its causes as types and places in the code. Messages are left out: they may quote what was sent."""
    found: list[dict[str, Any]] = []
    seen: BaseException | None = fault
    while seen is not None and len(found) < _DEEPEST:
        kind = type(seen)
        frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(seen.__traceback__)]
        found.append({"type": f"{kind.__module__}.{kind.__qualname__}", "at": frames})
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return found


def strike_out_secrets(text: str) -> str:
    """The text without API keys, bearer tokens and the user and password of an address."""
    if not any(mark in text for mark in _MARKS):  # a hundred times as fast as the expression, and nearly always so
        return text
    return _SECRETS.sub(_STRUCK_OUT, text)


def _strike_out(_: Any, __: str, line: Any) -> Any:
    return strike_out_secrets(line) if isinstance(line, str) else line


def _places_of_exception(_: Any, __: str, event: EventDict) -> EventDict:
    """In place of a library's own traceback, whose last line would be the message."""
    told = event.pop("exc_info", None)
    record: logging.LogRecord | None = event.get("_record")
    if record is not None:
        told, record.exc_info, record.exc_text = told or record.exc_info, None, None
    fault = told[1] if isinstance(told, tuple) else (sys.exc_info()[1] if told is True else told)
    if isinstance(fault, BaseException):
        event["fault"] = places_of(fault)
    return event


def _renderer(log_format: str, *, colors: bool) -> Processor:
    if log_format == "console":
        return structlog.dev.ConsoleRenderer(colors=colors)
    return structlog.processors.JSONRenderer(_one_line)


def _one_line(event: Any, **_: Any) -> str:
    return json.dumps(event, separators=(",", ":"), default=str)


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


_SHARED: Final[Sequence[Processor]] = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
