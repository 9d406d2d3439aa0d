"""Verifying set-ups: on files without a server, or one that is stored, again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from app.assess import Caller
from app.bootstrap import limits_of
from app.commands.home import rules
from app.commands.opened import opened
from app.commands.set_up_display import show_set_up
from app.commands.surroundings import EXIT_CODES, Refused, home_option, json_option, settings
from app.commands.vendors import vendor_of, vendor_options
from app.files.records import records
from app.files.rows import Faults
from app.identifiers import new_id
from app.known import offline
from app.rendering import render_set_up
from app.reverify import NotStored, Reverifier
from app.set_up_gate import SetUpGate
from app.verify import set_up
from app.verify import verify as decide
from cpq_hooks.adapter import Shape
from cpq_hooks.canonical import VerifyRequest, load_agreement, load_invoice, load_verify_request
from cpq_hooks.problem import Invalid

if TYPE_CHECKING:
    from app.files.vendor_records import Vendor
    from app.rules import Rules
    from policies.domain.agreement import Agreement
    from policies.domain.billing import BillingConfiguration
    from policies.domain.decision import NotAssessed

path_type = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--agreement", type=path_type, help="The agreement: JSON, or JSON Lines with the one that is billed.")
@click.option(
    "--billing", type=path_type, help="The billing configuration: JSON, or JSON Lines with the others of its agreement."
)
@click.option("--previews", type=path_type, help="The invoices that billing says it will make: JSON or JSON Lines.")
@click.option("--agreement-id", help="Which agreement, where the file has several.")
@click.option("--billing-id", help="Which billing configuration, where the file has several.")
@click.option(
    "--stored", metavar="ID", help="In place of files: verify the configuration that is stored, and record it."
)
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Verify as of this day (UTC). Default: now. Not with --stored."
)
@home_option
@vendor_options
@json_option
def verify(
    agreement: Path | None,
    billing: Path | None,
    previews: Path | None,
    agreement_id: str | None,
    billing_id: str | None,
    stored: str | None,
    as_of: datetime | None,
    home: Path | None,
    connector: str | None,
    mapping: Path | None,
    settings_of_connector: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Hold a billing configuration against its agreement: will every invoice be what was sold?

    On files nothing is recorded. Exits 0 for allow, 1 for flag, 2 for block, 3 for bad input.
    """
    if (stored is None) is (billing is None):
        raise click.UsageError("give --billing (and --agreement), or --stored")
    if stored is not None:
        if (agreement, previews, agreement_id, billing_id, as_of) != (None,) * 5:
            raise click.UsageError("--stored goes with --home and --json alone")
        decision = _again(stored, home)
    else:
        vendor = vendor_of(connector, mapping, settings_of_connector)
        sent, request, others = _Files(vendor).request(billing, agreement, previews, agreement_id, billing_id)
        when = datetime.now(UTC) if as_of is None else as_of.replace(tzinfo=UTC)
        notes = () if vendor is None else tuple(vendor.notes)
        decision = judge_set_up(request, sent, rules(home), when, notes, others)
    if as_json:
        click.echo(json.dumps(decision, indent=2, ensure_ascii=False))
    else:
        show_set_up(decision)
    raise SystemExit(EXIT_CODES[decision["verdict"]])


def judge_set_up(
    request: VerifyRequest,
    sent: object,
    in_force: Rules,
    when: datetime,
    notes: tuple[NotAssessed, ...] = (),
    others: tuple[BillingConfiguration, ...] = (),
) -> dict[str, Any]:
    """The decision on a set-up as the API would answer it. Raises `Refused` where there is no agreement."""
    began = perf_counter()
    try:
        known = offline(request, others)
    except Invalid:
        raise Refused("There is no agreement to hold the configuration against.", ("  Name its file with --agreement.",)) from None  # fmt: skip
    verified = set_up(request.configuration, request.previews, known, in_force, when)
    decided = decide(verified, in_force, decision_id=new_id("dec"), compared_with=known.compared_with, notes=notes)
    answer: dict[str, Any] = json.loads(render_set_up(decided, sent, duration_ms=(perf_counter() - began) * 1000))
    answer.pop("links", None)
    return answer


def _again(configuration_id: str, home: Path | None) -> dict[str, Any]:
    """The decision on a stored configuration, recorded."""
    told, in_force = settings(home), rules(home)
    with opened(home) as store:
        gate = SetUpGate(store, lambda: in_force, lambda: datetime.now(UTC), limits_of(told), simulated=told.simulated)
        try:
            answer = Reverifier(gate, store).again(configuration_id, Caller(key_id=None))
        except NotStored:
            raise Refused(f"No billing configuration is stored under {configuration_id}.") from None
        except Invalid as invalid:
            reasons = tuple(f"  {problem.path}: {problem.message}" for problem in invalid.problems)
            raise Refused(f"{configuration_id} cannot be verified.", reasons) from None
    decision: dict[str, Any] = json.loads(answer.body)
    return decision


class _Files:
    """The files of a verification, canonical or in a vendor's own language."""

    def __init__(self, vendor: Vendor | None) -> None:
        self._vendor = vendor
        self._faults = Faults()

    def request(
        self,
        billing: Path | None,
        agreement: Path | None,
        previews: Path | None,
        agreement_id: str | None,
        billing_id: str | None,
    ) -> tuple[object, VerifyRequest, tuple[BillingConfiguration, ...]]:
        """The configuration as it stands in its file, and as a request with what the other files hold; and the other
        configurations of its file that are for the same agreement.
        """
        faults = self._faults
        configured = self._all(billing, Shape.BILLING_CONFIGURATION, lambda value: (value, load_verify_request(value)))
        agreed = self._all(agreement, Shape.AGREEMENT, load_agreement)
        previewed = self._all(previews, Shape.INVOICE, load_invoice)
        chosen = _one_configuration(configured, billing_id, faults)
        if chosen is not None and agreement is not None:
            one = _one_agreement(agreed, chosen[1], agreement_id, faults)
            chosen = (chosen[0], replace(chosen[1], agreement=one))
        if faults.count or chosen is None:
            told = f"{faults.count:,} problem{'s' if faults.count != 1 else ''}"
            raise Refused(f"The verification has {told} with what it was given.", faults.lines())
        sent, request = chosen
        others = tuple(each.configuration for _, each in configured if _is_beside(each, request))
        return sent, replace(request, previews=(*request.previews, *previewed)), others

    def _all(self, path: Path | None, shape: Shape, load: Callable[[Any], Any]) -> list[Any]:
        if path is None:
            return []
        limit = settings().max_body_bytes
        if self._vendor is not None:
            return list(self._vendor.records(path, shape, load, self._faults, max_bytes=limit))
        return list(records(path, load, self._faults, max_bytes=limit))


def _one_configuration(
    found: Sequence[tuple[object, VerifyRequest]], wanted: str | None, faults: Faults
) -> tuple[object, VerifyRequest] | None:
    names = [each.configuration.billing_configuration_id for _, each in found]
    fitting = [each for each, name in zip(found, names, strict=True) if wanted in (None, name)]
    if len(fitting) == 1:
        return fitting[0]
    if not faults.count:
        faults.add("--billing", _which("billing configuration", names, wanted, "--billing-id"))
    return None


def _is_beside(one: VerifyRequest, chosen: VerifyRequest) -> bool:
    """Whether one is another configuration for the same agreement or quote."""
    other, own = one.configuration, chosen.configuration
    if other.billing_configuration_id == own.billing_configuration_id:
        return False
    if own.agreement_id is not None or other.agreement_id is not None:
        return own.agreement_id == other.agreement_id
    return own.quote_id is not None and own.quote_id == other.quote_id


def _one_agreement(
    found: Sequence[Agreement], request: VerifyRequest, wanted: str | None, faults: Faults
) -> Agreement | None:
    """The agreement that is named, else the one that the configuration names, else the only one."""
    fitting = [each for each in found if wanted in (None, each.agreement_id)]
    if len(fitting) > 1:
        configuration = request.configuration
        fitting = [each for each in fitting if each.agreement_id == configuration.agreement_id] or [
            each for each in fitting if each.quote_id is not None and each.quote_id == configuration.quote_id
        ]
    if len(fitting) == 1:
        return fitting[0]
    if not faults.count:
        names = [each.agreement_id for each in found]
        faults.add("--agreement", _which("agreement", names, wanted, "--agreement-id"))
    return None


def _which(noun: str, names: Sequence[str], wanted: str | None, option: str) -> str:
    listed = ", ".join(names[:10]) or "none"
    if wanted is not None:
        return f"there is no {noun} {wanted}; the file has {listed}"
    return f"the file has {len(names)} {noun}s ({listed}); name one with {option}"
