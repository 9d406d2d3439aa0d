"""Working on policies: check, test and new."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

import click

from app.commands.backtesting import backtest_policies, diff_policies
from app.commands.home import folder_of, rules
from app.commands.suggest import suggest_policies
from app.commands.surroundings import BAD_INPUT, Refused, home_option, json_option, settings
from app.rules import LIBRARY, POLICIES, CanonicalDocuments, RulesRefused, library_files, read_home, take_up
from cpq_hooks.problem import did_you_mean
from policies.patterns import PATTERNS
from policies.testing import run_tests

ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
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
    """Check, test and start policies, and say what others would do."""


policies.add_command(backtest_policies)
policies.add_command(diff_policies)
policies.add_command(suggest_policies)


@policies.command("check")
@home_option
@json_option
def check_policies(home: Path | None, *, as_json: bool) -> None:
    """Read every policy and table, run every policy's tests, and name each fault with file, line and caret."""
    folder = folder_of(home)
    try:
        found = take_up(read_home(folder))
    except RulesRefused as refused:
        if as_json:
            click.echo(json.dumps({"accepted": False, "reasons": refused.reasons}, indent=2))
            raise SystemExit(BAD_INPUT) from None
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
    known = rules(home).policies.policies
    missing = tuple(f"  There is no policy {name}.{did_you_mean(name, known)}" for name in names if name not in known)
    if missing:
        raise Refused("Nothing was tested.", missing)
    results = list(run_tests([known[name] for name in names or known], CanonicalDocuments()))
    failed = [each for each in results if each.failure is not None]
    if as_json:
        rows = [{"policy_id": each.policy_id, "test": each.test, "failure": each.failure} for each in results]
        click.echo(json.dumps({"passed": len(results) - len(failed), "failed": len(failed), "tests": rows}, indent=2))
    else:
        for each in failed:
            click.secho(f"{each.policy_id}: {each.test}", fg="red", bold=True)
            click.echo(f"  {each.failure}\n  in {each.source}")
        click.echo(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    raise SystemExit(BAD_INPUT if failed else 0)


@policies.command("new")
@click.argument("policy_id")
@click.option(
    "--pattern",
    type=click.Choice(list(PATTERNS)),
    metavar="PATTERN",
    help="The leakage pattern that a new policy is about, such as Q02; docs/reference/patterns.md lists them.",
)
@home_option
def new_policy(policy_id: str, pattern: str | None, home: Path | None) -> None:
    """Write a policy to start from into the home folder: in shadow, and with tests that pass.

    Where POLICY_ID is a policy of the library, its text is copied, and the copy goes before the library's.
    """
    if not ID.fullmatch(policy_id):
        raise Refused("An id has small letters, digits and single hyphens, such as line-price-floor.")
    folder = settings(home).home / POLICIES
    path = folder / f"{policy_id}.yaml"
    if path.exists():
        raise Refused(f"{path} is there already.")
    text = _start_of(policy_id, pattern)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    click.echo(f"{path} is written. Edit it, then run: quoteguard policies check{f' --home {home}' if home else ''}")


def _start_of(policy_id: str, pattern: str | None) -> str:
    of_library = library_files().get(f"{LIBRARY}/{policy_id}.yaml")
    if of_library is not None:
        return of_library
    if pattern is None:
        raise click.UsageError("Say what the policy is about: --pattern Q02, for example.")
    return DRAFT.format(id=policy_id, pattern=pattern, title=PATTERNS[pattern].title)
