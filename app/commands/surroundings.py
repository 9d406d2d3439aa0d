"""What every command needs: the settings, options that many share, and a way to fail that a person can act on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import click

from app.config import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

ALLOW: Final = 0
FLAG: Final = 1
BLOCK: Final = 2
BAD_INPUT: Final = 3
EXIT_CODES: Final[Mapping[str, int]] = {"allow": ALLOW, "flag": FLAG, "block": BLOCK}


class Refused(click.ClickException):
    """Something that was given cannot be used; every reason is printed, and the exit code is 3."""

    exit_code = BAD_INPUT

    def __init__(self, title: str, reasons: tuple[str, ...] = ()) -> None:
        self.reasons = reasons
        super().__init__(title)

    def show(self, file: IO[str] | None = None) -> None:
        click.secho(self.format_message(), fg="red", bold=True, err=True, file=file)
        for reason in self.reasons:
            click.echo(reason, err=True, file=file)


def settings(home: Path | None = None) -> Settings:
    """The settings of the environment; `home` goes before what it names."""
    environ = dict(os.environ)
    if home is not None:
        environ["QUOTEGUARD_HOME"] = str(home)
    try:
        return Settings.from_environment(environ)
    except SettingsError as error:
        raise Refused("The settings cannot be used.", error.problems) from None


home_option = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder with catalog.yaml, company.yaml and policies/. Default: QUOTEGUARD_HOME.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for a machine.")
