"""The command line: `quoteguard COMMAND`."""

from __future__ import annotations

import click

from app.commands.judging import check, normalize
from app.commands.policy_work import policies
from app.commands.record import db, keys, replay
from app.commands.running import demo, init, serve


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="quoteguard")
def main() -> None:
    """Quoteguard stops revenue leakage before the quote is sent and before the first invoice."""


for command in (init, serve, check, normalize, policies, replay, keys, db, demo):
    main.add_command(command)
