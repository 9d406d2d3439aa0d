"""What alerts.yaml says, checked: every fault at once, with its line; and the channels with their secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from app.alerts.entries import AlertsFile, AlertsFileSchema, ChannelEntry
from app.secret_places import SecretMissing, secret_at
from app.webhooks import Live, WebhooksRefused
from cpq_hooks.canonical.loading import load_slowly
from cpq_hooks.problem import Invalid, did_you_mean
from cpq_hooks.yaml_files import Located, read_yaml

FILE: Final = "alerts.yaml"
NOTHING: Final = AlertsFile()


class AlertsRefused(WebhooksRefused):
    """alerts.yaml cannot be used; `reasons` has a sentence for each fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel with its secret, which neither a log nor a page has."""

    entry: ChannelEntry
    secret: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return self.entry.name


def read_alerts(home: Path | None) -> AlertsFile:
    """What the file says; nothing where there is none. Raises `AlertsRefused`."""
    path = None if home is None else home / FILE
    if path is None or not path.is_file():
        return NOTHING
    try:
        located = read_yaml(path.read_text("utf-8"), FILE)
        if located.data is None:
            return NOTHING
        file: AlertsFile = load_slowly(AlertsFileSchema, located.data, located.line)
    except (UnicodeDecodeError, OSError):
        raise AlertsRefused((f"{FILE}: the file cannot be read as UTF-8 text",)) from None
    except Invalid as invalid:
        told = (f"{FILE}:{each.line or 1}: {each.path}: {each.message}" for each in invalid.problems)
        raise AlertsRefused(tuple(told)) from None
    faults = tuple(_unknown_channels(file, located))
    if faults:
        raise AlertsRefused(faults)
    return file


def channels_of(file: AlertsFile, home: Path, environ: Mapping[str, str]) -> Mapping[str, Channel]:
    """The channels with their secrets. Raises `AlertsRefused` with every one that is missing."""
    faults, found = [], {}
    for entry in file.channels.values():
        secret = None
        if entry.secret is not None:
            try:
                secret = secret_at(entry.secret, environ, home)
            except SecretMissing as missing:
                faults.append(f"{FILE}: {entry.name}: its secret {missing}")
        found[entry.name] = Channel(entry=entry, secret=secret)
    if faults:
        raise AlertsRefused(tuple(faults))
    return found


def live_alerts(home: Path, every: timedelta) -> Live[AlertsFile]:
    """The file, read again when it has changed; one that cannot be used leaves the last in force."""

    def stamp() -> object:
        try:
            found = (home / FILE).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    return Live(lambda: read_alerts(home), every, stamp=stamp)


def _unknown_channels(file: AlertsFile, located: Located) -> Iterator[str]:
    """Channels that are named and not there."""
    named = [
        (("routes", at, "channels", place), name)
        for at, route in enumerate(file.routes)
        for place, name in enumerate(route.channels)
    ]
    for path, name in (*named, *((("owners", owner), name) for owner, name in file.owners.items())):
        if name not in file.channels:
            guess = did_you_mean(name, tuple(file.channels))
            yield f"{FILE}:{located.line(path) or 1}: there is no channel {name}.{guess}"
    for at, route in enumerate(file.routes):
        if not route.channels and not route.to_owner:
            yield f"{FILE}:{located.line(('routes', at)) or 1}: the route goes nowhere: name channels, or say to_owner"
