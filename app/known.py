"""What the record knows about a billing configuration: its agreement, what was approved, and how it was set up before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from app.recording import NotReplayable, material_of, notes_context
from app.store import DecisionFilter, DocumentFilter, DocumentKind, Store, StoredDecision, StoredDocument
from app.verify import Known
from cpq_hooks.canonical import (
    VerifyRequest,
    load_agreement,
    load_billing_configuration,
    load_quote,
    load_verify_request,
    to_document,
)
from cpq_hooks.problem import Invalid, Problem
from cpq_hooks.reading import read_json
from policies.domain.agreement import Agreement
from policies.domain.decision import NotAssessed, Verdict
from policies.domain.outcome import SubjectType
from policies.domain.quote import Stage
from policies.twin.content import configuration_hash
from policies.twin.decision import AgreementSource, ComparedWith
from policies.twin.readiness import invoicing_charges

if TYPE_CHECKING:
    from app.rules import Rules
    from policies.domain.billing import BillingConfiguration

MOST_DECISIONS: Final = 20
"""So many decisions on a quote are looked at for what it was approved or sent with, the newest first."""
MOST_VERSIONS: Final = 10
"""So many versions of a configuration are looked at for one with other content, the newest first."""

MOST_OTHERS: Final = 20
"""So many other configurations of an agreement are looked at for what they bill twice."""

_GONE_OUT: Final = (Stage.SENT, Stage.ACCEPTED)


def look_up(request: VerifyRequest, store: Store) -> Known:
    """What a request is held against. Raises `Invalid` where no agreement can be found."""
    agreement, compared_with = _agreement(request, store)
    approved_in = None
    if compared_with.source is not AgreementSource.QUOTE_DECISION:
        approved_in = _approving(agreement, agreement.quote_id or request.configuration.quote_id, store)
    return Known(
        agreement=agreement,
        compared_with=compared_with,
        approved=None if approved_in is None else material_of(approved_in.decision.request),
        approved_in=None if approved_in is None else approved_in.decision.summary.decision_id,
        previous=_previous(request.configuration, store),
        others=tuple(islice(_others(request.configuration, agreement, store), MOST_OTHERS)),
    )


def offline(request: VerifyRequest, others: tuple[BillingConfiguration, ...] = ()) -> Known:
    """The same without a record: the agreement has to be in the request. Raises `Invalid`."""
    if request.agreement is None:
        raise _unknown_agreement(request.configuration)
    compared_with = _named(request.agreement, AgreementSource.REQUEST)
    return Known(agreement=request.agreement, compared_with=compared_with, others=others)


def _agreement(request: VerifyRequest, store: Store) -> tuple[Agreement, ComparedWith]:
    """The agreement that the configuration is to bill, from the best source that has one."""
    if request.agreement is not None:
        return request.agreement, _named(request.agreement, AgreementSource.REQUEST)
    configuration = request.configuration
    found = _stored(configuration, store) or _verified_before(configuration, store) or _decided(configuration, store)
    if found is None:
        raise _unknown_agreement(configuration)
    return found


def _stored(configuration: BillingConfiguration, store: Store) -> tuple[Agreement, ComparedWith] | None:
    found = None
    if configuration.agreement_id is not None:
        found = _under(configuration.agreement_id, store)
    if found is None and configuration.quote_id is not None:
        found = _newest(store.documents.find(DocumentKind.AGREEMENT, DocumentFilter(parent_id=configuration.quote_id)))
    return found


def _under(agreement_id: str, store: Store) -> tuple[Agreement, ComparedWith] | None:
    stored = store.documents.get(DocumentKind.AGREEMENT, agreement_id)
    return None if stored is None else _read(stored)


def _newest(found: Iterator[StoredDocument]) -> tuple[Agreement, ComparedWith] | None:
    stored = max(found, key=lambda each: each.received_at, default=None)
    return None if stored is None else _read(stored)


def _read(stored: StoredDocument) -> tuple[Agreement, ComparedWith]:
    agreement = load_agreement(read_json(stored.document.body), max_lines=None)
    return agreement, _named(agreement, AgreementSource.STORED, version=stored.version)


def _verified_before(configuration: BillingConfiguration, store: Store) -> tuple[Agreement, ComparedWith] | None:
    """The agreement that the configuration was last verified against: as it is stored by now, else as it was sent along."""
    stored = store.decisions.latest_for_subject(
        SubjectType.BILLING_CONFIGURATION, configuration.billing_configuration_id
    )
    kept = {} if stored is None else context_in(stored).get("agreement", {})
    if kept.get("source") == AgreementSource.EARLIER_VERIFICATION:
        stored = store.decisions.get(kept["decision_id"])
    agreement = None if stored is None else _held(stored)
    if stored is None or agreement is None or configuration.agreement_id not in (None, agreement.agreement_id):
        return None
    named = _named(agreement, AgreementSource.EARLIER_VERIFICATION, decision_id=stored.decision.summary.decision_id)
    return _under(agreement.agreement_id, store) or (agreement, named)


def _held(stored: StoredDecision) -> Agreement | None:
    """The signed agreement that is on record with a verification: in its request, or kept beside it."""
    request = _request_of(stored)
    if request.agreement is not None:
        return request.agreement
    kept = context_in(stored).get("agreement", {}).get("document")
    return None if kept is None else load_agreement(kept, max_lines=None)


def _decided(configuration: BillingConfiguration, store: Store) -> tuple[Agreement, ComparedWith] | None:
    """The quote as it was last decided on, in place of an agreement that nobody sent."""
    if configuration.quote_id is None:
        return None
    stored = store.decisions.latest_for_subject(SubjectType.QUOTE, configuration.quote_id)
    if stored is None:
        return None
    agreement = _as_agreement(stored, configuration)
    decision_id = stored.decision.summary.decision_id
    return agreement, _named(agreement, AgreementSource.QUOTE_DECISION, decision_id=decision_id)


def _as_agreement(stored: StoredDecision, configuration: BillingConfiguration) -> Agreement:
    quote = load_quote(read_json(stored.decision.request), max_lines=None)
    return Agreement(agreement_id=configuration.agreement_id or quote.quote_id, terms=quote, quote_id=quote.quote_id)


def _approving(agreement: Agreement, quote_id: str | None, store: Store) -> StoredDecision | None:
    """The decision on the content that the quote was last approved or sent with, else the newest that let it pass."""
    for approval in reversed(agreement.terms.approvals):
        stored = None if approval.content_hash is None else store.decisions.by_content_hash(approval.content_hash)
        if stored is not None:
            return stored
    return None if quote_id is None else _sent(quote_id, store)


def _sent(quote_id: str, store: Store) -> StoredDecision | None:
    passed = None
    wanted = DecisionFilter(subject_type=SubjectType.QUOTE, subject_id=quote_id)
    for summary in store.decisions.page(wanted, limit=MOST_DECISIONS).decisions:
        stored = store.decisions.get(summary.decision_id)
        if stored is None or stored.decision.basis.request_format != "canonical":
            continue
        quote = load_quote(read_json(stored.decision.request), max_lines=None)
        approved = {approval.content_hash for approval in quote.approvals}
        if quote.stage in _GONE_OUT or summary.subject.content_hash in approved:
            return stored
        if passed is None and summary.verdict is Verdict.ALLOW:
            passed = stored
    return passed


def _previous(configuration: BillingConfiguration, store: Store) -> BillingConfiguration | None:
    """The configuration as it was before it became what it is now."""
    kind, present = DocumentKind.BILLING_CONFIGURATION, configuration_hash(configuration)
    stored = store.documents.get(kind, configuration.billing_configuration_id)
    for _ in range(MOST_VERSIONS):
        if stored is None:
            return None
        before = load_billing_configuration(read_json(stored.document.body), max_lines=None)
        if configuration_hash(before) != present:
            return before
        stored = store.documents.get(kind, stored.document.id, version=stored.version - 1)
    return None


def _others(configuration: BillingConfiguration, agreement: Agreement, store: Store) -> Iterator[BillingConfiguration]:
    """The other configurations of the agreement that make invoices, as they were last stored."""
    wanted = DocumentFilter(agreement_id=agreement.agreement_id)
    for stored in store.documents.find(DocumentKind.BILLING_CONFIGURATION, wanted):
        if stored.document.id != configuration.billing_configuration_id:
            other = load_billing_configuration(read_json(stored.document.body), max_lines=None)
            if invoicing_charges(other):
                yield other


def context_of(
    known: Known, rules: Rules, notes: tuple[NotAssessed, ...] = (), reviewed: Mapping[str, Any] | None = None
) -> bytes:
    """What else the verification was given, as JSON: documents as they were read, decisions by id, notes, and what reviewers
    let pass.
    """
    compared_with = known.compared_with
    # What is in this request or in another decision's is in the record already.
    is_stored = compared_with.source is AgreementSource.STORED
    context = {
        "agreement": {
            "source": compared_with.source.value,
            "version": compared_with.version,
            "decision_id": compared_with.decision_id,
            "document": to_document(known.agreement) if is_stored else None,
        },
        "previous": None if known.previous is None else to_document(known.previous),
        "others": [to_document(each) for each in known.others],
        "approved_in": known.approved_in,
        "waivers": rules.files.waivers,
    }
    return json.dumps(context | notes_context(notes) | dict(reviewed or {}), sort_keys=True).encode()


def context_in(stored: StoredDecision) -> Mapping[str, Any]:
    """What `context_of` kept with a decision."""
    text = stored.decision.basis.context or b"{}"
    found: Mapping[str, Any] = read_json(text, max_bytes=len(text) + 1)
    return found


def recall(request: VerifyRequest, context: Mapping[str, Any], store: Store) -> Known:
    """What a recorded verification was held against. Raises `NotReplayable`."""
    agreement, compared_with = _recalled(request, context["agreement"], store)
    approved_in, previous = context["approved_in"], context["previous"]
    return Known(
        agreement=agreement,
        compared_with=compared_with,
        approved=None if approved_in is None else material_of(_decision(approved_in, store).decision.request),
        approved_in=approved_in,
        previous=None if previous is None else load_billing_configuration(previous, max_lines=None),
        others=tuple(load_billing_configuration(each, max_lines=None) for each in context.get("others", ())),
    )


def _recalled(request: VerifyRequest, kept: Mapping[str, Any], store: Store) -> tuple[Agreement, ComparedWith]:
    source = AgreementSource(kept["source"])
    if source is AgreementSource.REQUEST:
        found = request.agreement
    elif source is AgreementSource.STORED:
        found = load_agreement(kept["document"], max_lines=None)
    elif source is AgreementSource.EARLIER_VERIFICATION:
        found = _held(_decision(kept["decision_id"], store))
    else:
        found = _as_agreement(_decision(kept["decision_id"], store), request.configuration)
    if found is None:
        raise NotReplayable("the agreement that the configuration was held against is not on record")
    return found, _named(found, source, version=kept["version"], decision_id=kept["decision_id"])


def _decision(decision_id: str, store: Store) -> StoredDecision:
    stored = store.decisions.get(decision_id)
    if stored is None:
        raise NotReplayable(f"decision {decision_id}, on which this one rests, is not on record")
    return stored


def _request_of(stored: StoredDecision) -> VerifyRequest:
    request = stored.decision.request
    return load_verify_request(read_json(request, max_bytes=len(request) + 1), max_lines=None)


def _named(
    agreement: Agreement, source: AgreementSource, *, version: int | None = None, decision_id: str | None = None
) -> ComparedWith:
    return ComparedWith(
        agreement_id=agreement.agreement_id,
        source=source,
        quote_id=agreement.quote_id,
        signed_on=agreement.signed_on,
        version=version,
        decision_id=decision_id,
    )


def _unknown_agreement(configuration: BillingConfiguration) -> Invalid:
    named = [
        f"{what} {name!r}"
        for what, name in (("agreement_id", configuration.agreement_id), ("quote_id", configuration.quote_id))
        if name is not None
    ]
    known = f"nothing is stored for {' or '.join(named)}" if named else "it names neither agreement_id nor quote_id"
    message = (
        f"there is no agreement to hold the configuration against: {known}. Send the agreement along as agreement, "
        "or store it with POST /v1/agreements"
    )
    path = "$.agreement_id" if configuration.agreement_id is not None else "$.agreement"
    return Invalid([Problem(path=path, message=message, code="unknown_agreement")])
