"""The settings: one frozen object, read once from the environment, and the table of them that the docs show."""

# ruff: noqa: RUF009 - _setting makes a dataclass field and nothing else

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from app.model_places import Place, place_in, stated_place

PREFIX: Final = "QUOTEGUARD_"
_DATABASES: Final = ("sqlite", "postgresql", "postgresql+psycopg")
_ANSWERS: Final = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}
_RATE: Final = re.compile(r"([1-9][0-9]{0,8})/(second|minute|hour|day)")


class SettingsError(ValueError):
    """The environment cannot be used; `problems` has a sentence for each thing that is wrong with it."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many requests one key may make in a second, minute, hour or day."""

    requests: int
    period: str

    def __str__(self) -> str:
        return f"{self.requests}/{self.period}"


@dataclass(frozen=True, slots=True)
class Listening:
    """An address of this machine to answer at."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How a setting is written: in the docs' words, by its parser, and with which unit at the end of its name.

    The parser raises ValueError with what completes "QUOTEGUARD_PORT ...".
    """

    name: str
    parse: Callable[[str], Any]
    unit: str = ""


def _whole_number(lowest: int, highest: int) -> Kind:
    def parse(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", text) or not lowest <= int(text) <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return int(text)

    return Kind(name=f"{lowest} to {highest}", parse=parse)


def _span(unit: str, lowest: int, highest: int) -> Kind:
    """A length of time. Its unit stands in the variable's name, where nobody can mistake hours for days."""

    def parse(text: str) -> timedelta:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text) or not lowest <= float(text) <= highest:
            raise ValueError(f"must be a number of {unit} from {lowest} to {highest}")
        return timedelta(**{unit: float(text)})

    return Kind(name=f"{lowest} to {highest}", parse=parse, unit=f"_{unit.upper()}")


def _one_of(*choices: str) -> Kind:
    def parse(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text.lower()

    return Kind(name=", ".join(f"`{choice}`" for choice in choices), parse=parse)


def _true_or_false(text: str) -> bool:
    if text.lower() not in _ANSWERS:
        raise ValueError("must be true or false")
    return _ANSWERS[text.lower()]


def _rate_limit(text: str) -> RateLimit | None:
    if text.lower() == "off":
        return None
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError("must read like 600/minute (or second, hour, day), or off")
    return RateLimit(int(match[1]), match[2])


def _database_url(text: str) -> str:
    database, separator, rest = text.partition("://")
    if not separator or database not in _DATABASES:
        raise ValueError("must begin with sqlite:/// or postgresql://")
    if database == "sqlite" and (not rest.startswith("/") or rest.strip("/") in ("", ":memory:")):
        raise ValueError("must name a file after sqlite:///; a database in memory would be lost with the process")
    return text


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("must read like https://quoteguard.example.com")
    return text.rstrip("/")


def _text(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be printable text")
    return text


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _pairs(text: str) -> Mapping[str, str]:
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if not all(name.strip() and sign and value.strip() for name, sign, value in pairs):
        raise ValueError("must read like group=role,group=role")
    return MappingProxyType({name.strip(): value.strip() for name, _, value in pairs})


def _listening(text: str) -> Listening:
    host, separator, port = text.rpartition(":")
    if not separator or not host.strip("[]") or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise ValueError("must read like 127.0.0.1:9101")
    return Listening(host.strip("[]"), int(port))


_FOLDER: Final = Kind(name="folder", parse=_folder)
_PLACE: Final = Kind(name="folder, or `s3://`, `gs://`, `az://` address", parse=stated_place)
_DATABASE: Final = Kind(name="URL", parse=_database_url)
_LIMIT: Final = Kind(name="`NUMBER/minute`, `off`", parse=_rate_limit)
_SWITCH: Final = Kind(name="`true`, `false`", parse=_true_or_false)
_TEXT: Final = Kind(name="text", parse=_text)
_PAIRS: Final = Kind(name="`GROUP=ROLE,...`", parse=_pairs)
_ADDRESS: Final = Kind(name="URL", parse=_web_address)
_LISTENING: Final = Kind(name="`HOST:PORT`", parse=_listening)


def _setting(kind: Kind, default: str | None, about: str, *, shown: str = "", secret: bool = False) -> Any:
    """A field that is read from the environment.

    `default` is written as it would be there; None leaves the field unset, and `shown` says in the docs what that means.
    A secret is neither shown by repr nor quoted in an error.
    """
    metadata = {"kind": kind, "default": default, "about": about, "shown": shown or f"`{default}`"}
    return dataclasses.field(metadata=metadata, repr=not secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set from outside. The field `port` is the variable `QUOTEGUARD_PORT`."""

    home: Path = _setting(
        _FOLDER,
        "quoteguard-home",
        "The folder with `catalog.yaml`, `company.yaml`, `policies/` and, by default, the database.",
    )
    database_url: str = _setting(
        _DATABASE,
        None,
        "Where decisions are recorded: an SQLite file or a PostgreSQL database.",
        shown="`quoteguard.db` in the home folder",
        secret=True,
    )
    models: Place = _setting(
        _PLACE,
        None,
        "Where the models that were trained lie, with what says which of them is in force. Copies of those in an object store are kept in the home folder.",
        shown="`models` in the home folder",
    )
    database_timeout: timedelta = _setting(
        _span("seconds", 1, 60), "5", "How long to wait for a connection or a lock before the database counts as away."
    )
    host: str = _setting(_TEXT, "127.0.0.1", "The address that `serve` listens on.")
    port: int = _setting(_whole_number(0, 65535), "8000", "The port that `serve` listens on; 0 takes a free one.")
    workers: int = _setting(_whole_number(1, 256), "2", "How many web processes; about one for each core.")
    threads: int = _setting(_whole_number(1, 256), "4", "How many requests one web process handles at the same time.")
    max_body_bytes: int = _setting(
        _whole_number(1024, 1 << 30), str(10 << 20), "The largest request body; a larger one is refused with 413."
    )
    max_lines: int = _setting(
        _whole_number(1, 1_000_000), "10000", "The most lines that a quote may have; more are refused with 422."
    )
    default_wait: timedelta = _setting(
        _span("seconds", 0, 60), "2", "How long a caller waits for an answer when it does not say `Prefer: wait`."
    )
    rate_limit: RateLimit | None = _setting(
        _LIMIT, "600/minute", "How often one API key may call; what is beyond is refused with 429."
    )
    log_level: str = _setting(
        _one_of("debug", "info", "warning", "error"), "info", "The least severe event that is logged."
    )
    log_format: str = _setting(_one_of("json", "console"), "json", "Logs for a machine or for a person.")
    metrics_dir: Path | None = _setting(
        _FOLDER, None, "Where the web processes share their metrics.", shown="a temporary folder"
    )
    idempotency: timedelta = _setting(
        _span("hours", 1, 8760), "24", "How long an `Idempotency-Key` gets its first answer again."
    )
    refused_retention: timedelta = _setting(
        _span("days", 1, 3650), "90", "How long a request that was refused can be looked up."
    )
    inbox_retention: timedelta = _setting(
        _span("days", 30, 3650),
        "90",
        "How long a vendor's delivery that was dealt with is kept, and known again when it is sent again.",
    )
    outbox_retention: timedelta = _setting(
        _span("days", 1, 3650),
        "30",
        "How long a message that was delivered or given up can be looked up and sent again.",
    )
    reconcile: timedelta = _setting(
        _span("hours", 1, 168), "24", "How often the worker asks each connected system what no delivery told of."
    )
    worker_threads: int = _setting(
        _whole_number(1, 64), "4", "How many deliveries one `worker` handles at the same time."
    )
    worker_lease: timedelta = _setting(
        _span("seconds", 1, 3600),
        "300",
        "How long a `worker` may be at one delivery; after that another takes it up. Longer than any vendor's answer takes.",
    )
    worker_metrics: Listening | None = _setting(
        _LISTENING,
        None,
        "Where a `worker` answers `GET /metrics` and `GET /healthz` by itself, such as `127.0.0.1:9101`. Keep it from the outside.",
        shown="not at all",
    )
    retrain: timedelta = _setting(
        _span("days", 0, 3650),
        "0",
        "How old the newest model may be before the `worker` trains another from the record; 0 is never.",
    )
    policy_reload: timedelta = _setting(
        _span("seconds", 0, 86400), "5", "How often the home folder is looked at for changes; 0 is only at the start."
    )
    simulated: bool = _setting(_SWITCH, "false", "Whether everything that is recorded is marked as simulated.")
    public_url: str | None = _setting(
        _ADDRESS,
        None,
        "The address that people have in their browsers, behind a proxy that ends TLS.",
        shown="the address that was asked for",
    )
    trusted_proxies: int = _setting(
        _whole_number(0, 10),
        "0",
        "How many proxies stand in front, each of which adds to `X-Forwarded-For`: counted from its right end, that is where people sign in from.",
    )
    session_idle: timedelta = _setting(
        _span("minutes", 1, 1440), "120", "How long a person stays signed in without doing anything."
    )
    session: timedelta = _setting(
        _span("hours", 1, 168), "12", "How long a person stays signed in at most, whatever they do."
    )
    oidc_issuer: str | None = _setting(
        _ADDRESS,
        None,
        "The company's identity provider (OpenID Connect), for sign-in beside passwords.",
        shown="none",
    )
    oidc_client_id: str | None = _setting(_TEXT, None, "The name that the provider knows Quoteguard by.", shown="none")
    oidc_client_secret: str | None = _setting(
        _TEXT, None, "The secret that goes with it; without one, PKCE alone proves who asks.", shown="none", secret=True
    )
    oidc_roles_claim: str = _setting(_TEXT, "groups", "The claim of the ID token that lists a person's groups.")
    oidc_roles: Mapping[str, str] | None = _setting(
        _PAIRS,
        None,
        "Which group has which role: `deal-desk=analyst,sales-vp=approver:director`. Without it, an admin gives the roles.",
        shown="none",
    )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read every setting. An empty variable counts as unset. Raises `SettingsError` with every problem at once."""
        problems = _unknown_names(environ)
        values: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            text = environ.get(_variable(field), "").strip() or field.metadata["default"]
            try:
                values[field.name] = None if text is None else field.metadata["kind"].parse(text)
            except ValueError as error:
                problems.append(f"{_variable(field)} {error}{_quoted(field, text)}.")
        if problems:
            raise SettingsError(tuple(problems))
        if values["database_url"] is None:
            values["database_url"] = f"sqlite:///{values['home'] / 'quoteguard.db'}"
        values["models"] = place_in(values["home"], values["models"])
        return cls(**values)


def settings_table() -> str:
    """The settings as a Markdown table: variable, how it is written, default and meaning."""
    rows = ["| variable | written as | default | what it sets |", "|---|---|---|---|"]
    for field in dataclasses.fields(Settings):
        of = field.metadata
        rows.append(f"| `{_variable(field)}` | {of['kind'].name} | {of['shown']} | {of['about']} |")
    return "\n".join(rows)


def _variable(field: dataclasses.Field[Any]) -> str:
    unit: str = field.metadata["kind"].unit
    return PREFIX + field.name.upper() + unit


def _unknown_names(environ: Mapping[str, str]) -> list[str]:
    known = [_variable(field) for field in dataclasses.fields(Settings)]
    return [_unknown(name, known) for name in sorted(environ) if name.startswith(PREFIX) and name not in known]


def _unknown(name: str, known: list[str]) -> str:
    # Without the prefix, which would make any two names look alike.
    close = difflib.get_close_matches(name.removeprefix(PREFIX), [other.removeprefix(PREFIX) for other in known], n=1)
    return f"{name} is not a setting{f'; did you mean {PREFIX}{close[0]}?' if close else '.'}"


def _quoted(field: dataclasses.Field[Any], text: str) -> str:
    """What was found instead, unless it may hold a password."""
    return f", not {text!r}" if field.repr else ""
