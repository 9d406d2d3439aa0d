"""Options of commands that read files in a vendor's own language."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from app.commands.surroundings import Refused
from app.files.vendor_records import Vendor
from cpq_hooks.adapter import Adapter, ChecksConnection
from cpq_hooks.connection import Connection
from cpq_hooks.problem import did_you_mean
from cpq_hooks.registry import AdapterBroken, UnknownConnector, installed


def vendor_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--connector`, `--mapping` and `--set`."""
    for option in (
        click.option(
            "--set", "settings_of_connector", multiple=True, metavar="NAME=VALUE", help="A setting of the connector's."
        ),
        click.option(
            "--mapping",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="The mapping file, for --connector generic.",
        ),
        click.option("--connector", metavar="NAME", help="Read the vendor's own JSON or XML, such as stripe's."),
    ):
        command = option(command)
    return command


def vendor_of(connector: str | None, mapping: Path | None, stated: tuple[str, ...]) -> Vendor | None:
    """The vendor whose language files are in; None where they are canonical. Raises `Refused`."""
    if connector is None:
        if mapping is not None or stated:
            raise click.UsageError("--mapping and --set go with --connector")
        return None
    try:
        adapter = installed().adapter(connector)
    except (UnknownConnector, AdapterBroken) as fault:
        raise Refused(f"The files cannot be read: {fault}.") from None
    return Vendor(adapter, _connection(adapter, mapping, stated))


def _connection(adapter: Adapter, mapping: Path | None, stated: tuple[str, ...]) -> Connection:
    """What a connection would say, as far as reading a file needs it."""
    known = {option.name for option in adapter.options}
    options: dict[str, str] = {}
    for each in stated:
        name, sign, value = each.partition("=")
        if not sign or name not in known:
            guess = did_you_mean(name, tuple(known))
            raise click.UsageError(f"--set {each}: {adapter.name} has no such setting.{guess}")
        options[name] = value
    if mapping is not None:
        if "mapping" not in known:
            raise click.UsageError(f"--mapping: {adapter.name} reads no mapping file; --connector generic does")
        options["mapping"] = mapping.read_text("utf-8")
    connection = Connection(name="file", connector=adapter.name, options=options)
    if isinstance(adapter, ChecksConnection) and (faults := adapter.faults(connection)):
        raise Refused("The mapping cannot be followed.", tuple(f"  {fault}" for fault in faults))
    return connection
