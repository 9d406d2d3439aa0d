"""The simulated company, made ready to be looked at: its files, its history in the record, and a key to call with."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from rich.progress import Progress

from app.assess import Call, Caller
from app.bootstrap import Services, build, limits_of
from app.commands.demo_after_sale import audit_some, verify_some
from app.commands.demo_home import LOADED, taken
from app.commands.demo_model import learn, worth_learning
from app.demo import DEFAULT_START, DEMO_SEED, Document, Kind, demo_files, documents, generate, new_manifest
from app.demo.world import MONTHS
from app.gate import QuoteGate
from app.ingest import AGREEMENTS, BILLING_CONFIGURATIONS, INVOICES, OUTCOMES, QUOTES, USAGE, Sort, read_records
from app.models import models_in_force
from app.people.passwords import Passwords
from app.people.person import system
from app.people.registry import Registry, Wanted, approval_roles_of
from app.scored import ByIndex, Scoring
from app.store import ANY_ROLE, Role, Scope
from app.store.upgrade import upgrade
from policies.domain.period import add_months

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.config import Settings

SORTS: Final[Mapping[Kind, Sort]] = {
    Kind.QUOTE: QUOTES,
    Kind.AGREEMENT: AGREEMENTS,
    Kind.BILLING_CONFIGURATION: BILLING_CONFIGURATIONS,
    Kind.USAGE: USAGE,
    Kind.INVOICE: INVOICES,
    Kind.OUTCOME: OUTCOMES,
}
JUDGED_AT_FIRST: Final = 60
"""So many of the first quotes, in which every pattern is planted, are judged when the company is loaded."""
NEWEST: Final = 300
"""So many of the newest quotes are judged, by a model that knows nothing of what came of them."""

DESK: Final = "demo"
REP: Final = "rita"
_SCOPES: Final = (Scope.CHECK, Scope.VERIFY, Scope.INGEST, Scope.REVIEW, Scope.READ)
_AT_A_TIME: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The ways in to the demo: a fresh key's secret, and a fresh password of its people."""

    secret: str = field(repr=False)
    password: str = field(repr=False)


def prepare(settings: Settings, quotes: int) -> Ways:
    """Make the home folder, the database and the history ready, once, and answer with the ways in."""
    with taken(settings) as is_new:
        return _prepared(settings, quotes, is_new=is_new)


def _prepared(settings: Settings, quotes: int, *, is_new: bool) -> Ways:
    for name, text in demo_files().items():
        path = settings.home / name
        if not path.exists():
            path.write_text(text, "utf-8")
    upgrade(settings.database_url)
    services = build(settings)
    try:
        if is_new:
            counts = _load(services, quotes)
            (settings.home / LOADED).write_text(
                json.dumps({"simulated": True, "quotes": quotes, "records": counts}), "utf-8"
            )
        password = _let_people_in(services)
        return Ways(secret=services.store.keys.create("demo", _SCOPES, roles=(ANY_ROLE,)).secret, password=password)
    finally:
        services.gate.close()
        services.store.close()


def prepare_apart(settings: Settings, quotes: int) -> Ways:
    """The same in a process of its own: what has scored quotes cannot fork the server's workers."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(prepare, settings, quotes).result()


def generate_files(quotes: int, seed: int, out: Path) -> None:
    """Write the simulated company's history into a folder, with progress, and say what is in it."""
    with Progress(transient=True) as progress:
        task = progress.add_task("simulating", total=quotes)
        manifest = generate(
            seed,
            quotes,
            out,
            workers=os.cpu_count() or 1,
            progress=lambda made, _: progress.update(task, completed=made),
        )
    for kind, count in manifest.records.items():
        click.echo(f"{count:>10,}  {out / kind}.jsonl")
    click.echo(
        f"All of it is simulated (seed {seed}); {out / 'manifest.json'} says which leaks were planted how often."
    )


def what_to_try(host: str, port: int, ways: Ways) -> str:
    """What to open and to paste next."""
    address = f"http://{host}:{port}"
    return f"""
A simulated company is loaded: nothing in it is real, and every answer says so.

Open {address}/ and sign in as {DESK} or, as a rep, {REP}: the password of both is {ways.password}

Try, in another terminal:

  export KEY={ways.secret}

  # 500 seats at $40, overage $50: nothing stands in its way; how likely it leaks all the same, and why
  curl -s {address}/v1/quotes/check -H "Authorization: Bearer $KEY" \\
    -H 'Content-Type: application/json' -d @examples/quotes/seat-contract.json

  # the same without the overage price: blocked, with the money and the remedy
  curl -s {address}/v1/quotes/check -H "Authorization: Bearer $KEY" \\
    -H 'Content-Type: application/json' -d @examples/quotes/seat-contract-without-overage.json

  # the signed contract, and its set-up in billing without the overage: blocked, and held before its first invoice
  curl -s {address}/v1/agreements -H "Authorization: Bearer $KEY" \\
    -H 'Content-Type: application/json' -d @examples/audits/seat-contract/agreement.json
  curl -s {address}/v1/billing-configurations/verify -H "Authorization: Bearer $KEY" \\
    -H 'Content-Type: application/json' -d @examples/audits/seat-contract/billing-configuration.json
  curl -s {address}/v1/holds -H "Authorization: Bearer $KEY"

  # what was decided so far
  curl -s '{address}/v1/decisions?verdict=block&limit=5' -H "Authorization: Bearer $KEY"

The API is described at {address}/docs. Ctrl-C stops the server.
"""


def _let_people_in(services: Services) -> str:
    """The people of the demo, made at the first start, with a new password at each: none is known to anybody else."""
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    registry = Registry(services.store, services.clock, Passwords())
    levels = frozenset(approval_roles_of(services.rules.current().company))
    for wanted in (
        Wanted(name=DESK, display_name="Dana Demo", roles=frozenset(Role) - {Role.REP}, approval_roles=levels),
        Wanted(name=REP, display_name="Rita Rep", roles=frozenset({Role.REP}), rep_id="REP-EXAMPLE"),
    ):
        known = services.store.people.named(wanted.name)
        if known is None:
            registry.create(wanted, password, system)
        else:
            registry.set_password(registry.enable(known, system), password, system)
    return password


def _load(services: Services, quotes: int) -> dict[str, int]:
    """Store the history, learn from it, and judge some of its quotes."""
    counts: dict[str, int] = {}
    kept: dict[Kind, list[str]] = {Kind.QUOTE: [], Kind.BILLING_CONFIGURATION: [], Kind.AGREEMENT: []}
    texts, today = kept[Kind.QUOTE], services.clock()
    with Progress(transient=True) as progress:
        task = progress.add_task("loading a simulated company", total=quotes)

        def made(number: int, _: int) -> None:
            progress.update(task, completed=number)

        history = documents(new_manifest(DEMO_SEED, quotes, _two_years_before(today)), progress=made)
        while batch := list(islice(history, _AT_A_TIME)):
            _put(services, batch, counts)
            for document in batch:
                if document.kind in kept:
                    kept[document.kind].append(document.text)
        chosen, learned_at = _to_judge(texts), _learned_at(texts)
        scoring: Scoring = ByIndex()
        if worth_learning(counts.get(Kind.OUTCOME.value, 0)):
            task = progress.add_task("learning from what turned out", total=None)
            if learn(services.settings.home, learned_at):
                scoring = models_in_force(services.settings.models).scoring()
            progress.update(task, total=1, completed=1)
        task = progress.add_task("judging some of its quotes", total=len(chosen))
        for text in chosen:
            # On the days before, there was no model yet.
            _judge(services, text, ByIndex() if _moment(text) < learned_at else scoring)
            progress.advance(task)
        task = progress.add_task("verifying some of its set-ups, auditing some of its contracts", total=2)
        verify_some(services, kept[Kind.BILLING_CONFIGURATION])
        progress.advance(task)
        audit_some(services, kept[Kind.AGREEMENT], today)
        progress.advance(task)
    return counts


def _two_years_before(today: datetime) -> date:
    """When the history of the demo begins, so that it ends on the day before this one."""
    return max(DEFAULT_START, add_months(today.date(), -MONTHS))


def _judge(services: Services, text: str, scoring: Scoring) -> None:
    """Judge a quote of the past as it would have been judged on the day it was made."""
    made_at = _moment(text)
    gate = QuoteGate(
        services.store,
        services.rules.current,
        lambda: made_at,
        limits_of(services.settings),
        scoring=lambda: scoring,
    )
    try:
        gate.check_quote(Call(raw=text.encode(), caller=Caller(key_id=None)))
    finally:
        gate.close()


def _put(services: Services, batch: Iterable[Document], counts: dict[str, int]) -> None:
    by_kind: dict[Kind, list[str]] = {}
    for document in batch:
        by_kind.setdefault(document.kind, []).append(document.text)
    for kind, texts in by_kind.items():
        sort = SORTS.get(kind)
        if sort is None:
            continue
        read = read_records(sort, ("[" + ",".join(texts) + "]").encode())
        services.store.documents.put(sort.kind, [replace(each, simulated=True) for each in read.documents])
        counts[kind.value] = counts.get(kind.value, 0) + len(texts)


def _to_judge(texts: Sequence[str]) -> list[str]:
    """The first quotes and the newest, oldest first."""
    by_age = sorted(texts, key=_made_at)
    return sorted({*texts[:JUDGED_AT_FIRST], *by_age[-_newest(texts) :]}, key=_made_at)


def _learned_at(texts: Sequence[str]) -> datetime:
    """The start of the day on which the first of the newest quotes was made: the model knows nothing of what came of them."""
    newest = sorted(texts, key=_made_at)[-_newest(texts) :]
    return _moment(newest[0]).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _newest(texts: Sequence[str]) -> int:
    """How many of the newest quotes are judged: of a small company only a part, so that there is something to learn from."""
    return min(NEWEST, max(JUDGED_AT_FIRST, len(texts) // 4))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(json.loads(text)["created_at"])


def _made_at(text: str) -> str:
    return str(json.loads(text).get("created_at") or "")
