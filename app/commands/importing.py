"""Bringing history in from files: import."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import click

from app.commands.opened import opened
from app.commands.progress import progress
from app.commands.surroundings import ALLOW, BAD_INPUT, FLAG, Refused, home_option, settings
from app.commands.vendors import vendor_of, vendor_options
from app.config import Settings
from app.files.rows import UnreadableFile
from app.importing.importing import Import
from app.importing.journal import Counts, Journal, Progressed
from app.importing.kinds import KINDS, Kind, required
from app.importing.making import Making, mapping_of
from app.importing.reading import Form, Opened, open_file
from app.store import Store
from app.store.upgrade import upgrade
from cpq_hooks.mapping import MappingRefused, paths_of

_GENERIC: Final = "generic"
_TOLD: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One call of the command."""

    kind: Kind
    settings: Settings
    making: Making
    refused: Path | None

    def refused_to(self, path: Path) -> Path:
        return self.refused or self.settings.home / "imports" / f"refused-{self.kind.word}-{path.stem}.jsonl"


@click.command("import")
@click.argument("kind", type=click.Choice(list(KINDS)), metavar="KIND")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@home_option
@click.option(
    "--refused",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where refused rows are written, with their lines and reasons, as JSON Lines. Default: in the home folder's imports/.",
)
@click.option("--simulated", is_flag=True, help="The records are made up: keep that with each.")
@vendor_options
def import_(
    kind: str,
    files: tuple[Path, ...],
    home: Path | None,
    refused: Path | None,
    connector: str | None,
    mapping: Path | None,
    settings_of_connector: tuple[str, ...],
    *,
    simulated: bool,
) -> None:
    """Bring records in from files: JSON Lines, JSON, CSV or Parquet.

    KIND is quotes, agreements, billing-configurations, usage, invoices or outcomes. Records are stored by their ids: what is
    there already stays as it is, so the same file may be imported again. Quotes that are read by a mapping file bring the outcome
    that stands in the same row along, where the mapping has a section for outcomes. An import that was cut off goes on where it
    stopped. Exits 0, 1 where rows were refused, 3 where nothing could be taken.
    """
    if refused is not None and len(files) > 1:
        raise click.UsageError("--refused names one file: import the files one by one, or leave it out")
    told = settings(home)
    asked = _Asked(
        kind=KINDS[kind],
        settings=told,
        making=making_of(kind, connector, mapping, settings_of_connector, simulated=simulated),
        refused=refused,
    )
    told.home.mkdir(parents=True, exist_ok=True)
    upgrade(told.database_url)
    sums = Counts()
    with opened(home) as store:
        for path in files:
            sums.add(_one(path, asked, store).counts)
    if sums.refused and sums.refused == sums.rows:
        raise SystemExit(BAD_INPUT)
    raise SystemExit(FLAG if sums.refused else ALLOW)


def making_of(
    kind: str, connector: str | None, mapping: Path | None, stated: tuple[str, ...], *, simulated: bool = False
) -> Making:
    """How rows are read: a mapping alone is the generic connector's. Raises `Refused` for one that cannot be followed."""
    if connector is None and mapping is not None:
        connector = _GENERIC
    if connector == _GENERIC and mapping is not None:
        text = mapping.read_text("utf-8")
        try:
            sections = mapping_of(text).sections
        except MappingRefused as refused:
            raise Refused("The mapping cannot be followed.", tuple(f"  {each}" for each in refused.reasons)) from None
        if KINDS[kind].sections[0] not in sections:
            wanted = KINDS[kind].sections[0]
            raise Refused("The mapping cannot be followed.", (f"  {mapping} has no section {wanted}",))
        return Making(kind=kind, form=Form.LINES, mapping=text, simulated=simulated)
    vendor = vendor_of(connector, mapping, stated)
    if vendor is not None and KINDS[kind].shape is None:
        raise click.UsageError(f"no connector reads {kind}: a mapping file does, with --connector generic")
    connection = None if vendor is None else vendor.connection
    return Making(kind=kind, form=Form.LINES, connection=connection, simulated=simulated)


def _one(path: Path, asked: _Asked, store: Store) -> Progressed:
    """Import one file and say what came of it. Raises `Refused`."""
    try:
        file = open_file(path, max_bytes=asked.settings.max_body_bytes)
        check_columns(file, asked.kind, asked.making)
        making = replace(asked.making, form=file.form)
        how = (asked.kind.word, making.mapping or "", str(making.connection), asked.settings.database_url)
        journal = Journal.of(asked.settings.home, path, *how)
        refused_to = asked.refused_to(path)
        job = Import(opened=file, making=making, store=store, journal=journal, refused_to=refused_to)
        if after := job.resumes_after:
            click.echo(f"{path}: going on after record {after:,}, where an earlier import stopped.", err=True)
        with progress(f"Importing {path.name}", "rows") as advance:
            done = job.run(advance)
    except UnreadableFile as error:
        raise Refused(f"{path} cannot be imported.", tuple(f"  {each}" for each in error.reasons)) from None
    _tell(path, done, refused_to)
    return done


def check_columns(file: Opened, kind: Kind, making: Making) -> None:
    """Refuse a table without a column that every record needs. Raises `UnreadableFile`."""
    if not file.header:
        return
    has = f"the file has {', '.join(file.header[:30])}"
    if making.mapping is not None:
        sections = mapping_of(making.mapping).sections
        wanted = {path for name in kind.sections if name in sections for path in paths_of(sections[name])}
        missing = sorted(each for each in wanted if not {each, each.split(".")[0]} & set(file.header))
        if missing and len(missing) == len(wanted):
            raise UnreadableFile(file.path, [f"it has none of the columns that the mapping reads; {has}"])
        if missing:
            click.echo(f"{file.path}: the mapping reads {', '.join(missing)}, and no column is called so.", err=True)
    elif making.connection is None:
        tops = {name.split(".")[0] for name in file.header}
        missing = [name for name in required(kind.schema) if name not in tops]
        if missing:
            reasons = [f"the column {name} is missing, and {kind.word} need it; {has}" for name in missing]
            raise UnreadableFile(file.path, reasons)


def _tell(path: Path, done: Progressed, refused_to: Path) -> None:
    counts = done.counts
    click.echo(f"{path}: {counts.rows:,} rows")
    for kind, each in done.by_kind.items():
        noun = f"{kind.replace('_', ' ')}s" if kind != "usage" else "usage"
        click.echo(f"  {noun:<24}{each.created:>10,} new  {each.changed:>8,} changed  {each.unchanged:>10,} as before")
    if counts.refused:
        click.secho(f"  {'refused':<24}{counts.refused:>10,}", fg="red", bold=True)
        _show_refused(refused_to)


def _show_refused(path: Path) -> None:
    """The first refused rows, and where all of them are."""
    with path.open(encoding="utf-8") as file:
        for _, line in zip(range(_TOLD), file, strict=False):
            told = json.loads(line)
            click.echo(f"    {told['file']}:{told['line']}: {'; '.join(told['reasons'][:3])}", err=True)
    click.echo(f"  all of them, with every reason: {path}")
