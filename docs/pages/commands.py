"""The commands, as their own --help has them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from app.cli import main
from docs.pages.tables import table


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by the words that call it."""
    yield from _below("quoteguard", main, click.Context(main))


def commands_page() -> str:
    """A section for each command: how it is called, what it does, its options."""
    return "\n\n".join(_section(name, command) for name, command in commands())


def _below(name: str, command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield name, command
        return
    if command.invoke_without_command:
        yield name, command
    for each in command.list_commands(context):
        found = command.get_command(context, each)
        if found is not None:
            yield from _below(f"{name} {each}", found, click.Context(found))


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command)
    usage = " ".join(
        [name, *(piece for piece in command.collect_usage_pieces(context) if not piece.startswith("COMMAND"))]
    )
    parts = [f"## {name}", f"```\n{usage}\n```", inspect.cleandoc(command.help or "")]
    options = [
        (f"`{record[0]}`", record[1])
        for option in command.params
        if isinstance(option, click.Option) and (record := option.get_help_record(context)) is not None
    ]
    return "\n\n".join([*parts, *([table(("option", "meaning"), options)] if options else [])])
