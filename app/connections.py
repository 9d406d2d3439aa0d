"""The connected systems: connections.yaml in the home folder, its secrets fetched from where they lie.

Nothing here is guessed: an unknown connector or setting, a secret that is not there, a vendor that needs one more: all are
told at once, with the line of the file. Secrets are never part of what is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.secret_places import SecretMissing, secret_at
from cpq_hooks.adapter import Adapter, ChecksConnection, Option
from cpq_hooks.canonical import read_connections
from cpq_hooks.canonical.connections import ConnectionEntry, SecretPlace
from cpq_hooks.connection import Connection
from cpq_hooks.problem import Invalid, did_you_mean
from cpq_hooks.registry import AdapterBroken, Registry, UnknownConnector
from cpq_hooks.yaml_files import Located, read_yaml

CONNECTIONS: Final = "connections.yaml"


class ConnectionsRefused(ValueError):  # noqa: N818 - it says what happened
    """The file cannot be used; `reasons` has a sentence for each fault, with the file's line."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        super().__init__("\n".join(reasons))


@dataclass(frozen=True, slots=True)
class Connected:
    """One connection and the adapter that speaks for it."""

    connection: Connection
    adapter: Adapter


@dataclass(frozen=True, slots=True)
class Connections:
    """The connected systems by name."""

    by_name: Mapping[str, Connected] = field(default_factory=dict)

    def get(self, name: str) -> Connected | None:
        return self.by_name.get(name)

    def __iter__(self) -> Iterator[Connected]:
        return iter(self.by_name.values())


def connections_of(home: Path | None, environ: Mapping[str, str], registry: Registry) -> Connections:
    """The connections of a home folder; none where it has no such file. Raises `ConnectionsRefused`."""
    path = None if home is None else home / CONNECTIONS
    if path is None or not path.is_file():
        return Connections()
    try:
        located = read_yaml(path.read_text("utf-8"), CONNECTIONS)
        entries = read_connections(located).connections
    except UnicodeDecodeError:
        raise ConnectionsRefused((f"{CONNECTIONS}: the file is not UTF-8 text",)) from None
    except Invalid as invalid:
        told = (f"{CONNECTIONS}:{each.line or 1}: {each.path}: {each.message}" for each in invalid.problems)
        raise ConnectionsRefused(tuple(told)) from None
    found: dict[str, Connected] = {}
    reasons: list[str] = []
    for position, entry in enumerate(entries.values()):
        reading = _Reading(entry, _line(located, position), environ, path.parent)
        connected = reading.connected(registry)
        reasons += reading.reasons
        if connected is not None:
            found[entry.name] = connected
    if reasons:
        raise ConnectionsRefused(tuple(reasons))
    return Connections(found)


def _line(located: Located, position: int) -> int:
    return located.line(("connections", position)) or 1


@dataclass(slots=True)
class _Reading:
    """One entry on its way to a connection."""

    entry: ConnectionEntry
    line: int
    environ: Mapping[str, str]
    folder: Path
    reasons: list[str] = field(default_factory=list)

    def connected(self, registry: Registry) -> Connected | None:
        try:
            adapter = registry.adapter(self.entry.connector)
        except (UnknownConnector, AdapterBroken) as fault:
            self._refuse(str(fault))
            return None
        self._check_options(adapter)
        options = self._options(adapter)
        secrets = {name: tuple(self._secrets(name, places)) for name, places in self.entry.secrets.items()}
        self._check_secrets(adapter)
        entry = self.entry
        connection = Connection(
            name=entry.name,
            connector=entry.connector,
            tenant=entry.tenant,
            public_url=entry.public_url,
            base_url=entry.base_url,
            options=options,
            secrets=secrets,
            allow_private=entry.allow_private,
        )
        if not self.reasons and isinstance(adapter, ChecksConnection):
            for reason in adapter.faults(connection):
                self._refuse(reason)
        return None if self.reasons else Connected(connection, adapter)

    def _check_options(self, adapter: Adapter) -> None:
        known = {option.name: option for option in adapter.options}
        self._check_names("setting", self.entry.options, known)
        self._check_required("the setting", self.entry.options, adapter.options)
        for name, value in self.entry.options.items():
            choices = known[name].choices if name in known else ()
            if choices and value not in choices:
                self._refuse(f"{name} is one of {', '.join(choices)}, not {value}")

    def _options(self, adapter: Adapter) -> dict[str, str]:
        """The settings, of those that name a file its text."""
        files = {option.name for option in adapter.options if option.is_file}
        return {
            name: self._text_of(name, value) if name in files else value for name, value in self.entry.options.items()
        }

    def _text_of(self, name: str, file: str) -> str:
        try:
            return (self.folder / file).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            self._refuse(f"the file {file} of the setting {name} cannot be read: {why}")
            return ""

    def _check_secrets(self, adapter: Adapter) -> None:
        self._check_names("secret", self.entry.secrets, {each.name: each for each in adapter.secrets})
        self._check_required("a secret for", self.entry.secrets, adapter.secrets)

    def _check_names(self, what: str, given: Iterable[str], known: Mapping[str, Option]) -> None:
        for name in given:
            if name not in known:
                names = f" (it has {', '.join(known)})" if known else " (it has none)"
                self._refuse(f"{self.entry.connector} has no {what} {name}{names}.{did_you_mean(name, tuple(known))}")

    def _check_required(self, what: str, given: Mapping[str, object], wanted: Iterable[Option]) -> None:
        for option in wanted:
            if option.required and option.name not in given:
                self._refuse(f"{self.entry.connector} needs {what} {option.name}: {option.about}")

    def _secrets(self, name: str, places: Iterable[SecretPlace]) -> Iterator[str]:
        for place in places:
            try:
                yield secret_at(place, self.environ, self.folder)
            except SecretMissing as missing:
                self._refuse(f"the secret {name} {missing}")

    def _refuse(self, reason: str) -> None:
        self.reasons.append(f"{CONNECTIONS}:{self.line}: {self.entry.name}: {reason}")
