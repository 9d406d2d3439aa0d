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
from app.commands.home import rules
from app.commands.surroundings import EXIT_CODES, Refused, home_option, json_option, settings
from app.identifiers import new_id
from app.rendering import render
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

    from app.rules import Rules

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
@json_option
def check(file: Any, home: FilePath | None, as_of: datetime | None, *, as_json: bool) -> None:
    """Check a quote in FILE (- for standard input) against all policies.

    Nothing is recorded. Exits 0 for allow, 1 for flag, 2 for block, 3 for bad input.
    """
    document = _read(file)
    quote = _loaded(load_quote, document, _name(file))
    when = as_of.replace(tzinfo=UTC) if as_of is not None else datetime.now(UTC)
    decision = judge(quote, document, rules(home), when)
    if as_json:
        click.echo(json.dumps(decision, indent=2, ensure_ascii=False))
    else:
        show_decision(decision)
    raise SystemExit(EXIT_CODES[decision["verdict"]])


def judge(quote: Any, document: object, in_force: Rules, when: datetime) -> dict[str, Any]:
    """The decision on a quote as the API would answer it."""
    began = perf_counter()
    decision = assess(quote, in_force, as_of=when, decision_id=new_id("dec"))
    answer: dict[str, Any] = json.loads(render(decision, document, duration_ms=(perf_counter() - began) * 1000))
    answer.pop("links", None)
    return answer


@click.command()
@click.option("--as", "shape", type=click.Choice(list(SHAPES)), required=True, help="What the document is.")
@file_argument
def normalize(shape: str, file: Any) -> None:
    """Print the document in FILE in canonical form, and say which of its fields are not known."""
    load, schema = SHAPES[shape]
    document = _read(file)
    record = _loaded(load, document, _name(file))
    click.echo(json.dumps(to_document(record), indent=2, ensure_ascii=False))
    for path in dict.fromkeys(unused(schema, document)):
        click.secho(f"not used: {path}", fg="yellow", err=True)


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
