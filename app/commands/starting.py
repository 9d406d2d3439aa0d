"""Starting a home folder of one's own: init."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from app.commands.surroundings import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

STARTER: Final = "starter"
FILES: Final = ("catalog.yaml", "company.yaml", "waivers.yaml", "policies/smallest-deal.yaml")


def starter_files() -> Mapping[str, str]:
    """What `init` writes: text by its path in the home folder."""
    folder = files("app") / STARTER
    return {name: folder.joinpath(*name.split("/")).read_text("utf-8") for name in FILES}


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
def init(folder: Path) -> None:
    """Write a commented catalog.yaml, company.yaml, waivers.yaml and policies/ to start from into DIR.

    Where any of these files is there already, nothing is written.
    """
    starter = starter_files()
    taken = tuple(f"  {folder / name}" for name in starter if (folder / name).exists())
    if taken:
        raise Refused("Nothing was written; these are there already:", taken)
    try:
        _write(folder, starter)
    except OSError as error:
        raise Refused(f"{folder} cannot be written: {error.strerror}.") from None
    click.echo(f"Written into {folder}: {', '.join(starter)}.\nEdit them, then run:\n")
    for command in ("policies check", "db upgrade", "keys create --name me --scope check", "serve"):
        click.echo(f"  quoteguard {command} --home {folder}")


def _write(folder: Path, starter: Mapping[str, str]) -> None:
    for name, text in starter.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
