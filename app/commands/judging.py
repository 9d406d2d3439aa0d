"""Judging files without a server: check and normalize."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
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
    load_agreement,
    load_billing_configuration,
    load_invoice,
    load_quote,
    load_usage,
    to_document,
)
from cpq_hooks.problem import Invalid, Path, json_path
from cpq_hooks.reading import Malformed, TooLarge, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.rules import Rules

Load = Callable[[Any], Any]

TERMS: Final = "terms"
"""The field of an agreement or charge whose own fields stand beside it in the document."""
SHAPES: Final[Mapping[str, Load]] = {
    "quote": load_quote,
    "agreement": load_agreement,
    "billing-configuration": load_billing_configuration,
    "usage": load_usage,
    "invoice": load_invoice,
}
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
    quote = _loaded(load_quote, document, file.name)
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
    record = _loaded(SHAPES[shape], _read(file), file.name)
    click.echo(json.dumps(to_document(record), indent=2, ensure_ascii=False))
    for path in unused(record):
        click.secho(f"not used: {path}", fg="yellow", err=True)


def unused(record: Any, path: Path = ()) -> list[str]:
    """The JSON paths of the fields that the canonical schema does not know."""
    found = [json_path((*path, name)) for name in getattr(record, "extra", ())]
    for field in fields(record):
        value = getattr(record, field.name)
        here = path if field.name == TERMS else (*path, field.name)
        if is_dataclass(value):
            found += unused(value, here)
        elif isinstance(value, tuple):
            parts = [(each, (*here, index)) for index, each in enumerate(value) if is_dataclass(each)]
            found += [one for each, at in parts for one in unused(each, at)]
    return list(dict.fromkeys(found))


def _read(file: Any) -> Any:
    limit = settings().max_body_bytes
    raw = file.read(limit + 1)
    try:
        return read_json(raw, max_bytes=limit)
    except (Malformed, TooLarge) as error:
        raise Refused(f"{file.name} is not JSON that can be read.", (str(error),)) from None


def _loaded(load: Load, document: object, name: str) -> Any:
    try:
        return load(document)
    except Invalid as invalid:
        reasons = tuple(f"  {problem.path}: {problem.message}" for problem in invalid.problems)
        raise Refused(f"{name} has {len(reasons)} problem{'s' if len(reasons) != 1 else ''}.", reasons) from None
