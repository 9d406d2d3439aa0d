"""Working on policies: check, test and new."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from app.commands.display import console, show_rows
from app.commands.surroundings import Refused, home_option, json_option, settings
from app.rules import POLICIES, CanonicalDocuments, RulesRefused, read_home, take_up
from policies.patterns import PATTERNS
from policies.testing import run_tests

DRAFT: Final = """\
# What must hold, as data. docs/policy-language.md has the language, `quoteguard policies check` reads this file.
id: {id}
pattern: {pattern}                 # {title}
title: {title}
description: >-
  What goes wrong, and what to prefer.
applies_to: quote
for_each: line                # leave this out to judge the quote as a whole
when: line.net_unit_price != null
require: line.net_unit_price >= 1
effect: shadow                # shadow counts without enforcing; then flag, then block
when_undetermined: not_assessed
message: "{{line.product_name}}: {{line.net_unit_price}} is under 1"
amount_at_risk: (1 - line.net_unit_price) * line.quantity * line.periods
remedy: {{set: line.net_unit_price, to: "1"}}
approver: deal-desk
owner: deal-desk
tests:
  - {{name: under, line: {{net_unit_price: "0.5", quantity: "1"}}, expect: violated}}
  - {{name: at it, line: {{net_unit_price: "1", quantity: "1"}}, expect: satisfied}}
"""


@click.group()
def policies() -> None:
    """Check, test and start policies."""


@policies.command("check")
@home_option
@json_option
def check_policies(home: Path | None, *, as_json: bool) -> None:
    """Read every policy and table, run every policy's tests, and name each fault with file, line and caret."""
    folder = _folder(home)
    try:
        found = take_up(read_home(folder))
    except RulesRefused as refused:
        if as_json:
            click.echo(json.dumps({"accepted": False, "reasons": refused.reasons}, indent=2))
            raise SystemExit(3) from None
        raise Refused("Not taken up; what was in force stays in force.", refused.reasons) from None
    if as_json:
        told = {"accepted": True, "version": found.version, "policies": list(found.policies.policies)}
        click.echo(json.dumps(told | {"warnings": found.warnings}, indent=2))
        return
    for warning in found.warnings:
        click.secho(f"warning: {warning}", fg="yellow", err=True)
    click.echo(f"{len(found.policies.policies)} policies are sound. Version {found.version}")


@policies.command("test")
@click.argument("names", nargs=-1)
@home_option
@json_option
def test_policies(names: tuple[str, ...], home: Path | None, *, as_json: bool) -> None:
    """Run the tests of all policies, or of those NAMED."""
    folder = _folder(home)
    try:
        found = take_up(read_home(folder), tested=False)
    except RulesRefused as refused:
        raise Refused("The policies cannot be read.", refused.reasons) from None
    known = found.policies.policies
    missing = tuple(f"there is no policy {name}" for name in names if name not in known)
    if missing:
        raise Refused("Nothing was tested.", missing)
    results = list(run_tests([known[name] for name in names or known], CanonicalDocuments()))
    failed = [each for each in results if each.failure is not None]
    if as_json:
        rows = [{"policy_id": each.policy_id, "test": each.test, "failure": each.failure} for each in results]
        click.echo(json.dumps({"passed": len(results) - len(failed), "failed": len(failed), "tests": rows}, indent=2))
    else:
        if failed:
            show_rows(
                ("policy", "test", "what went wrong"), [(f.policy_id, f.test, f.failure) for f in failed], console()
            )
        click.echo(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    raise SystemExit(3 if failed else 0)


@policies.command("new")
@click.argument("policy_id")
@click.option("--pattern", type=click.Choice(list(PATTERNS)), required=True, help="The leakage pattern it is about.")
@home_option
def new_policy(policy_id: str, pattern: str, home: Path | None) -> None:
    """Write a policy to start from, in shadow and with tests that pass, into the home folder."""
    folder = settings(home).home / POLICIES
    path = folder / f"{policy_id}.yaml"
    if path.exists():
        raise Refused(f"{path} is there already.")
    if not policy_id.replace("-", "").isalnum() or policy_id != policy_id.lower() or not policy_id.isascii():
        raise Refused("An id has small letters, digits and single hyphens, such as line-price-floor.")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(DRAFT.format(id=policy_id, pattern=pattern, title=PATTERNS[pattern].title), "utf-8")
    click.echo(f"{path} is written. Edit it, then run: quoteguard policies check")


def _folder(home: Path | None) -> Path | None:
    folder = settings(home).home
    if home is not None and not folder.is_dir():
        raise Refused(f"There is no folder {home}.")
    return folder if folder.is_dir() else None
