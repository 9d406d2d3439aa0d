"""Judging files without a server: check and normalize."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path as FilePath
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import click

from app.assess import assess
from app.commands.display import show_decision
from app.commands.home import model_option, rules, scoring
from app.commands.surroundings import EXIT_CODES, Refused, home_option, json_option, settings
from app.commands.vendors import vendor_of, vendor_options
from app.files.rows import Faults
from app.identifiers import new_id
from app.rendering import render
from app.scored import POLICIES_ALONE, Scoring
from app.vendor_notes import notes_of
from cpq_hooks.adapter import Shape, Translation
from cpq_hooks.canonical import (
    SCHEMAS,
    Record,
    load_agreement,
    load_billing_configuration,
    load_invoice,
    load_quote,
    load_usage,
    to_document,
)
from cpq_hooks.canonical.nesting import Items, Part
from cpq_hooks.problem import Invalid, Path, json_path
from cpq_hooks.reading import Malformed, TooLarge, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.files.vendor_records import Vendor
    from app.rules import Rules
    from policies.domain.decision import NotAssessed

Load = Callable[[Any], Any]

SHAPES: Final[Mapping[str, tuple[Load, type[Record]]]] = {
    "quote": (load_quote, SCHEMAS["Quote"]),
    "agreement": (load_agreement, SCHEMAS["Agreement"]),
    "billing-configuration": (load_billing_configuration, SCHEMAS["BillingConfiguration"]),
    "usage": (load_usage, SCHEMAS["UsageRecord"]),
    "invoice": (load_invoice, SCHEMAS["Invoice"]),
}
STDIN: Final = "<stdin>"
as_of_option = click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Judge as of this day (UTC). Default: now."
)
file_argument = click.argument("file", type=click.File("rb"))


@click.command()
@file_argument
@home_option
@as_of_option
@model_option
@vendor_options
@json_option
def check(
    file: Any,
    home: FilePath | None,
    as_of: datetime | None,
    model: str | None,
    connector: str | None,
    mapping: FilePath | None,
    settings_of_connector: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Check a quote in FILE (- for standard input) against all policies.

    Nothing is recorded. Exits 0 for allow, 1 for flag, 2 for block, 3 for bad input.
    """
    vendor = vendor_of(connector, mapping, settings_of_connector)
    document: Any
    notes: tuple[NotAssessed, ...] = ()
    if vendor is None:
        document = _read(file)
    else:
        [translation] = _translated(vendor, file, Shape.QUOTE, one=True)
        document, notes = dict(translation.document), notes_of(translation, vendor.adapter.title)
    quote = _loaded(load_quote, document, _name(file))
    when = as_of.replace(tzinfo=UTC) if as_of is not None else datetime.now(UTC)
    decision = judge(quote, document, rules(home), when, notes, scoring(home, model))
    if as_json:
        click.echo(json.dumps(decision, indent=2, ensure_ascii=False))
    else:
        show_decision(decision)
    raise SystemExit(EXIT_CODES[decision["verdict"]])


def judge(
    quote: Any,
    document: object,
    in_force: Rules,
    when: datetime,
    notes: tuple[NotAssessed, ...] = (),
    scores: Scoring = POLICIES_ALONE,
) -> dict[str, Any]:
    """The decision on a quote as the API would answer it."""
    began = perf_counter()
    assessed = assess(quote, in_force, as_of=when, decision_id=new_id("dec"), notes=notes, scoring=scores)
    took = (perf_counter() - began) * 1000
    answer: dict[str, Any] = json.loads(render(assessed.decision, document, duration_ms=took))
    answer.pop("links", None)
    return answer


@click.command()
@click.option("--as", "shape", type=click.Choice(list(SHAPES)), required=True, help="What the document is.")
@vendor_options
@file_argument
def normalize(
    shape: str, connector: str | None, mapping: FilePath | None, settings_of_connector: tuple[str, ...], file: Any
) -> None:
    """Print the document in FILE in canonical form, and say which of its fields are not known.

    With --connector the file is in the vendor's own language; several documents in it are printed as a list.
    """
    load, schema = SHAPES[shape]
    vendor = vendor_of(connector, mapping, settings_of_connector)
    if vendor is not None:
        _normalize_foreign(vendor, file, Shape(shape), load)
        return
    document = _read(file)
    record = _loaded(load, document, _name(file))
    click.echo(json.dumps(to_document(record), indent=2, ensure_ascii=False))
    for path in dict.fromkeys(unused(schema, document)):
        click.secho(f"not used: {path}", fg="yellow", err=True)


def _normalize_foreign(vendor: Vendor, file: Any, shape: Shape, load: Load) -> None:
    """Print what a vendor's file is in canonical form, and what of it was not understood."""
    translations = _translated(vendor, file, shape)
    documents = [to_document(_loaded(load, dict(each.document), _name(file))) for each in translations]
    click.echo(json.dumps(documents[0] if len(documents) == 1 else documents, indent=2, ensure_ascii=False))
    for translation in translations:
        for each in translation.unused:
            bearing = f", and it bears on {each.bears_on}" if each.bears_on else ""
            click.secho(f"not used: {each.path} ({each.value}){bearing}", fg="yellow", err=True)
        for note in translation.notes:
            click.secho(f"note: {note}", fg="yellow", err=True)


def _translated(vendor: Vendor, file: Any, shape: Shape, *, one: bool = False) -> list[Translation]:
    """The documents of a vendor's file; with `one`, there has to be exactly one."""
    faults = Faults()
    raw = file.read(settings().max_body_bytes + 1)
    found = list(vendor.translated(raw, _name(file), shape, faults, max_bytes=settings().max_body_bytes))
    if faults.count:
        raise Refused(f"{_name(file)} cannot be read as {vendor.adapter.title} writes it.", faults.lines())
    if one and len(found) != 1:
        raise Refused(f"{_name(file)} holds {len(found)} documents, and one at a time is judged.")
    return found


def unused(schema: type[Record], sent: Mapping[str, Any], path: Path = ()) -> Iterator[str]:
    """The JSON paths of the fields of a document that its schema does not know."""
    yield from (json_path((*path, name)) for name in sent if name not in schema.known())
    for name, field in _fields(schema):
        value = sent.get(name)
        if isinstance(field, Part) and isinstance(value, dict):
            yield from unused(_schema(field), value, (*path, name))
        elif isinstance(field, Items) and isinstance(field.inner, Part):
            for index, each in enumerate(value or ()):
                yield from unused(_schema(field.inner), each, (*path, name, index))


def _schema(part: Part) -> type[Record]:
    found: Any = type(part.schema)
    return found  # type: ignore[no-any-return]


def _fields(schema: type[Record]) -> Iterator[tuple[str, object]]:
    """The fields by their JSON names, with those of a record that is written flat into this one."""
    yield from ((field.data_key or name, field) for name, field in schema().fields.items())
    if schema.inner is not None:
        yield from _fields(schema.inner[1])


def _read(file: Any) -> Any:
    limit = settings().max_body_bytes
    raw = file.read(limit + 1)
    try:
        return read_json(raw, max_bytes=limit)
    except (Malformed, TooLarge) as error:
        raise Refused(f"{_name(file)} is not JSON that can be read.", (str(error),)) from None


def _name(file: Any) -> str:
    name = str(getattr(file, "name", STDIN))
    return "Standard input" if name == STDIN else name


def _loaded(load: Load, document: object, name: str) -> Any:
    try:
        return load(document)
    except Invalid as invalid:
        reasons = tuple(f"  {problem.path}: {problem.message}" for problem in invalid.problems)
        raise Refused(f"{name} has {len(reasons)} problem{'s' if len(reasons) != 1 else ''}.", reasons) from None
