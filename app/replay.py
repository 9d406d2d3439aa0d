"""Replay: a decision made again from its record, and what comes out otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.assess import assess
from app.desk.consents import in_context
from app.known import context_in, recall
from app.models import NOT_SERVED
from app.recording import NotReplayable, material_of, notes_in
from app.rendering import render, render_set_up
from app.rules import RuleFiles, Rules, take_up
from app.scored import Scoring, as_recorded
from app.store import Store, StoredDecision, Unreadable
from app.verify import set_up, verify
from cpq_hooks.canonical import load_quote, load_verify_request
from cpq_hooks.reading import read_json
from policies.domain.outcome import SubjectType
from scoring.model.errors import NoSuchVersion
from scoring.model.scorer import Scorer

NOT_COMPARED: Final = frozenset({"decision_id", "duration_ms", "links", "simulated"})


ScorerOf = Callable[[str], Scorer]


def _no_models(version: str) -> Scorer:
    raise NoSuchVersion(f"the model {version} is not at hand")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place where the decision comes out otherwise than recorded."""

    path: str
    recorded: object
    replayed: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A decision made again; it is the same where nothing differs."""

    decision_id: str
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        return not self.differences


def replay(decision_id: str, store: Store, scorer_of: ScorerOf = _no_models) -> Replayed:
    """Make a recorded decision again. Raises `NotReplayable`, also where there is no such decision.

    `scorer_of` gives the scorer of a model's version, and raises one of `NOT_SERVED` where there is none any more.
    """
    stored = store.decisions.get(decision_id)
    if stored is None:
        raise NotReplayable(f"there is no decision {decision_id} on record")
    again = json.loads(_SAY_AGAIN[stored.decision.summary.subject.type](stored, store, scorer_of))
    before = json.loads(stored.decision.document)
    return Replayed(decision_id=decision_id, differences=tuple(_differences(before, again)))


def _quote_again(stored: StoredDecision, store: Store, scorer_of: ScorerOf) -> bytes:
    request = stored.decision.request
    document = read_json(request, max_bytes=len(request) + 1)
    context = json.loads(stored.decision.basis.context or b"{}")
    reviewed = in_context(context)
    assessed = assess(
        load_quote(document, max_lines=None),
        _rules(stored, store, context.get("waivers")),
        as_of=stored.decision.basis.as_of,
        decision_id=stored.decision.summary.decision_id,
        approved={content: _approved(store, where) for content, where in context.get("approved", {}).items()},
        notes=notes_in(context),
        consents=reviewed.consents,
        waivers=reviewed.waivers,
        scoring=_scoring(stored, context, scorer_of),
        lots=lambda *_: _was_released(stored, context),
    )
    return render(assessed.decision, document, duration_ms=0)


def _was_released(stored: StoredDecision, context: Mapping[str, Any]) -> bool:
    """Whether it was let go at random; decisions of earlier versions say so in their answer alone."""
    kept = context.get("scoring") or {}
    risk = json.loads(stored.decision.document).get("risk") or {}
    return bool(kept.get("released", risk.get("released", False)))


def _scoring(stored: StoredDecision, context: Mapping[str, Any], scorer_of: ScorerOf) -> Scoring:
    try:
        return as_recorded(context, stored.decision.summary.subject.content_hash, scorer_of)
    except NOT_SERVED as gone:
        raise NotReplayable(f"the model that scored it cannot be asked any more: {gone}") from None
    except ValueError as error:
        raise NotReplayable(f"the features that it was scored from cannot be used: {error}") from None


def _set_up_again(stored: StoredDecision, store: Store, _: ScorerOf) -> bytes:
    sent = stored.decision.request
    document = read_json(sent, max_bytes=len(sent) + 1)
    request, context = load_verify_request(document, max_lines=None), context_in(stored)
    rules = _rules(stored, store, context.get("waivers"))
    known = recall(request, context, store)
    decided = verify(
        set_up(request.configuration, request.previews, known, rules, stored.decision.basis.as_of),
        rules,
        decision_id=stored.decision.summary.decision_id,
        compared_with=known.compared_with,
        notes=notes_in(context),
        reviewed=in_context(context),
    )
    return render_set_up(decided, document, duration_ms=0)


_SAY_AGAIN: Final[Mapping[SubjectType, Callable[[StoredDecision, Store, ScorerOf], bytes]]] = {
    SubjectType.QUOTE: _quote_again,
    SubjectType.BILLING_CONFIGURATION: _set_up_again,
}


def _rules(stored: StoredDecision, store: Store, waivers: str | None) -> Rules:
    basis = stored.decision.basis
    policies = json.loads(_artefact(store, basis.policies))
    files = RuleFiles(
        policies=policies,
        catalog=_artefact(store, basis.catalog) if basis.catalog is not None else None,
        company=_artefact(store, basis.company) if basis.company is not None else None,
        waivers=waivers,
    )
    return take_up(files, tested=False)


def _artefact(store: Store, digest: str) -> str:
    try:
        artefact = store.artefacts.get(digest)
    except Unreadable:
        artefact = None
    if artefact is None:
        raise NotReplayable(f"the rules {digest} are not in the record as they were")
    return artefact.content.decode()


def _approved(store: Store, decision_id: str) -> Any:
    stored = store.decisions.get(decision_id)
    if stored is None:
        raise NotReplayable(f"decision {decision_id}, to which an approval was given, is not on record")
    return material_of(stored.decision.request)


def _differences(before: Any, again: Any, path: str = "$") -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(again, Mapping):
        for key in [*before, *(key for key in again if key not in before)]:
            # What an earlier version of the program did not write, and what says nothing now, is no difference.
            if (path != "$" or key not in NOT_COMPARED) and (key in before or again[key]):
                yield from _differences(before.get(key), again.get(key), f"{path}.{key}")
    elif isinstance(before, list) and isinstance(again, list) and len(before) == len(again):
        for index, (one, other) in enumerate(zip(before, again, strict=True)):
            yield from _differences(one, other, f"{path}[{index}]")
    elif before != again:
        yield Difference(path=path, recorded=before, replayed=again)
