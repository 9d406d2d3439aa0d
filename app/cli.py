"""The command line: `quoteguard COMMAND`."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, Final

import click

from app.commands.surroundings import BAD_INPUT

if TYPE_CHECKING:
    from click import Command, Context, HelpFormatter

INTERRUPTED: Final = 130
FAULT: Final = 70
"""The exit code of a fault of the program (EX_SOFTWARE): Python's own, 1, would read as a flag."""

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "init": ("starting", "Write a commented catalog, company and policy to start from."),
    "serve": ("server", "Serve the HTTP API."),
    "worker": ("working", "Handle what vendors have sent, beside the server."),
    "outbox": ("outbox", "List, send again and drop what goes out."),
    "alerts": ("alerting", "Check, list and try what people are told of."),
    "inbox": ("inbox", "List, retry and replay what vendors have sent."),
    "check": ("judging", "Check a quote against all policies."),
    "verify": ("verifying", "Hold a billing configuration against its agreement."),
    "audit": ("auditing", "Audit an agreement against its usage and invoices."),
    "watch": ("watching", "Say what is about to leak from agreements in force."),
    "holds": ("gatekeeping", "List and escalate billing configurations that are held."),
    "import": ("importing", "Bring quotes, outcomes and other records in from files."),
    "normalize": ("judging", "Print a document in canonical form."),
    "policies": ("policy_work", "Check, test and start policies."),
    "score": ("scoring", "Score quotes in bulk."),
    "train": ("learning", "Learn from quotes and what turned out of them."),
    "evaluate": ("learning", "Hold the model in force against labelled quotes."),
    "models": ("models", "List, show, promote and roll back models."),
    "record": ("record_retention", "Erase documents whose time is over."),
    "replay": ("record", "Make a recorded decision again, or verify the record."),
    "keys": ("callers", "Make, rotate, revoke and list API keys."),
    "users": ("users", "Make, disable and list people who sign in to the pages."),
    "db": ("database", "Create the database's tables, or bring them up to date."),
    "demo": ("running", "Serve a simulated company, to try everything on."),
}
"""Each command's module in `app.commands`, and what the list of commands says of it."""


class Commands(click.Group):
    """The commands, each imported when it is called: a check does not wait for the web server's modules."""

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002 - click's
        return list(COMMANDS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # noqa: ARG002 - click's
        if cmd_name not in COMMANDS:
            return None
        found: Command = getattr(import_module(f"app.commands.{COMMANDS[cmd_name][0]}"), _spelt(cmd_name))
        return found

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002 - click's
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            close = get_close_matches(name, COMMANDS, n=1)
            raise click.UsageError(f"There is no command {name}.{f' Did you mean {close[0]}?' if close else ''}", ctx)
        return super().resolve_command(ctx, args)

    def make_context(self, *args: Any, **kwargs: Any) -> Context:
        with _own_exit_codes():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Context) -> Any:
        with _own_exit_codes():
            return super().invoke(ctx)


def _spelt(name: str) -> str:
    """What a command's function is called: `import` is a word of the language."""
    return f"{name}_" if iskeyword(name) else name


@contextmanager
def _own_exit_codes() -> Iterator[None]:
    """0, 1 and 2 are verdicts, so nothing else may end the program with 1 or 2."""
    try:
        yield
    except click.UsageError as error:
        error.show()
        raise SystemExit(BAD_INPUT) from None
    except (click.ClickException, click.exceptions.Exit):
        raise
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        raise SystemExit(INTERRUPTED) from None
    except BrokenPipeError:
        raise  # whoever read our output has seen enough; click ends in silence
    except Exception:  # noqa: BLE001 - it is shown whole
        traceback.print_exc(file=sys.stderr)
        click.echo("This is a fault of Quoteguard, please report it.", err=True)
        raise SystemExit(FAULT) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="quoteguard")
@click.pass_context
def main(context: Context) -> None:
    """Quoteguard stops revenue leakage before the quote is sent and before the first invoice.

    `quoteguard COMMAND --help` says more of each. Exit codes: 0 allow or done, 1 flag or not as it should be,
    2 block, 3 bad input or a command that was not given right.
    """
    if os.environ.get("NO_COLOR"):
        context.color = False
