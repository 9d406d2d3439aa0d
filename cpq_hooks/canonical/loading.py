"""Documents to records and back: the fast way where a document is plainly valid, marshmallow's everywhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final

from marshmallow import ValidationError

from cpq_hooks.canonical.audit import AuditReportSchema, AuditRequest, AuditRequestSchema
from cpq_hooks.canonical.billing import BillingConfigurationSchema
from cpq_hooks.canonical.catalog import CatalogSchema
from cpq_hooks.canonical.company import CompanySchema
from cpq_hooks.canonical.connections import ConnectionFile, ConnectionFileSchema
from cpq_hooks.canonical.decision import DecisionSchema
from cpq_hooks.canonical.nesting import Items, Part
from cpq_hooks.canonical.patch import patch
from cpq_hooks.canonical.quote import AgreementSchema, QuoteSchema
from cpq_hooks.canonical.record import Read, Record, document, flaws, schema_of
from cpq_hooks.canonical.records import InvoiceSchema, OutcomeSchema, ReviewSchema, UsageRecordSchema
from cpq_hooks.canonical.verification import SetUpDecisionSchema, VerifyRequest, VerifyRequestSchema
from cpq_hooks.canonical.waivers import WaiverFile, WaiverFileSchema
from cpq_hooks.canonical.watching import WatchedSchema
from cpq_hooks.compiled import NotPlain, decoder
from cpq_hooks.problem import MOST_PROBLEMS, Invalid, Path, Problem, json_path
from cpq_hooks.yaml_files import Located
from policies.auditing.report import AuditReport
from policies.domain.agreement import Agreement
from policies.domain.billing import BillingConfiguration
from policies.domain.catalog import Catalog
from policies.domain.company import Company
from policies.domain.decision import Decision
from policies.domain.invoice import Invoice
from policies.domain.outcome import Outcome
from policies.domain.quote import Quote
from policies.domain.review import Review
from policies.domain.usage import UsageRecord
from policies.twin.decision import SetUpDecision
from policies.waiver import Waiver
from policies.watching.alert import Watched

MOST_LINES: Final = 10_000
"""So many lines a document may have, unless the caller says otherwise."""

_DECLINED: Final = (NotPlain, ValidationError, ArithmeticError, ValueError)

Lines = Callable[[Path], int | None]


def load(schema_class: type[Record], data: object, line_of: Lines | None = None) -> Any:
    """The record of a parsed document. Raises `Invalid` with every problem; `line_of` knows the lines of a file."""
    try:
        return decoder(schema_class)(data)
    except _DECLINED:
        return load_slowly(schema_class, _with_entries_read(schema_class, data), line_of)


def load_slowly(schema_class: type[Record], data: object, line_of: Lines | None = None) -> Any:
    """The same by marshmallow alone, which words all problems."""
    try:
        return schema_of(schema_class).load(data)  # type: ignore[arg-type]
    except ValidationError as error:
        raise Invalid(_problems(error.messages, line_of)) from None


def _with_entries_read(schema_class: type[Record], data: object) -> object:
    """The document with those entries of its lists read that are plainly valid: one bad line in 5,000 is judged alone."""
    if not isinstance(data, dict):
        return data
    read = dict(data)
    for name, each in schema_of(schema_class).load_fields.items():
        entries = data.get(name)
        entry_schema = _entry_schema(each)
        if entry_schema is not None and isinstance(entries, list):
            read[name] = [_read(entry_schema, entry) for entry in entries]
    return read


def _entry_schema(each: object) -> type[Record] | None:
    """The schema of a list's entries, where they are records that a decoder reads."""
    if isinstance(each, Items) and each.compiles and isinstance(each.inner, Part) and each.inner.compiles:
        schema = type(each.inner.schema)
        return schema if issubclass(schema, Record) else None
    return None


def _read(schema_class: type[Record], entry: object) -> object:
    try:
        return Read(decoder(schema_class)(entry), entry)
    except _DECLINED:
        return entry


def load_quote(data: object, *, max_lines: int | None = MOST_LINES) -> Quote:
    """A quote from parsed JSON. Raises `Invalid`."""
    _check_count(data, "lines", max_lines)
    quote: Quote = load(QuoteSchema, data)
    return quote


def load_agreement(data: object, *, max_lines: int | None = MOST_LINES) -> Agreement:
    """An agreement from parsed JSON. Raises `Invalid`."""
    _check_count(data, "lines", max_lines)
    agreement: Agreement = load(AgreementSchema, data)
    return agreement


def load_billing_configuration(data: object, *, max_lines: int | None = MOST_LINES) -> BillingConfiguration:
    """A billing configuration from parsed JSON. Raises `Invalid`."""
    _check_count(data, "charges", max_lines)
    configuration: BillingConfiguration = load(BillingConfigurationSchema, data)
    return configuration


def load_usage(data: object) -> UsageRecord:
    """A usage record from parsed JSON. Raises `Invalid`."""
    usage: UsageRecord = load(UsageRecordSchema, data)
    return usage


def load_invoice(data: object, *, max_lines: int | None = MOST_LINES) -> Invoice:
    """An invoice from parsed JSON. Raises `Invalid`."""
    _check_count(data, "lines", max_lines)
    invoice: Invoice = load(InvoiceSchema, data)
    return invoice


def load_outcome(data: object) -> Outcome:
    """An outcome from parsed JSON. Raises `Invalid`."""
    outcome: Outcome = load(OutcomeSchema, data)
    return outcome


def load_audit_request(data: object, *, max_lines: int | None = MOST_LINES) -> AuditRequest:
    """What to audit, from parsed JSON. Raises `Invalid`."""
    _check_count(data.get("agreement") if isinstance(data, dict) else None, "lines", max_lines, "$.agreement")
    request: AuditRequest = load(AuditRequestSchema, data)
    return request


def load_verify_request(data: object, *, max_lines: int | None = MOST_LINES) -> VerifyRequest:
    """A billing configuration to verify, with its agreement and previews where they are inline. Raises `Invalid`."""
    _check_count(data, "charges", max_lines)
    _check_count(data.get("agreement") if isinstance(data, dict) else None, "lines", max_lines, "$.agreement")
    request: VerifyRequest = load(VerifyRequestSchema, data)
    return request


def dump_audit_report(report: AuditReport) -> dict[str, Any]:
    """The report of an audit as JSON."""
    return write(AuditReportSchema, report, report.currency)


def dump_watched(watched: Watched) -> dict[str, Any]:
    """What the watch says of an agreement as JSON."""
    return write(WatchedSchema, watched, watched.currency)


def load_review(data: object) -> Review:
    """What a reviewer sent. Raises `Invalid`."""
    review: Review = load(ReviewSchema, data)
    return review


def load_catalog(source: Located | Mapping[str, Any] | None) -> Catalog:
    """A catalog from the content of catalog.yaml. Raises `Invalid`, with lines where the source has them."""
    catalog: Catalog = _from_file(CatalogSchema, source)
    return catalog


def load_company(source: Located | Mapping[str, Any] | None) -> Company:
    """A company from the content of company.yaml. Raises `Invalid`, with lines where the source has them."""
    company: Company = _from_file(CompanySchema, source)
    return company


def read_waivers(source: Located | Mapping[str, Any] | None) -> tuple[Waiver, ...]:
    """The waivers from the content of waivers.yaml; an empty file has none. Raises `Invalid`."""
    if source is None or (isinstance(source, Located) and source.data is None):
        return ()
    file: WaiverFile = _from_file(WaiverFileSchema, source)
    return file.waivers


def read_connections(source: Located | Mapping[str, Any] | None) -> ConnectionFile:
    """The connected systems from the content of connections.yaml; an empty file has none. Raises `Invalid`."""
    if source is None or (isinstance(source, Located) and source.data is None):
        return ConnectionFile()
    file: ConnectionFile = _from_file(ConnectionFileSchema, source)
    return file


def load_decision(data: object) -> Decision:
    """A decision from its own JSON document. Raises `Invalid`."""
    decision: Decision = load_slowly(DecisionSchema, data)
    return decision


def dump_decision(decision: Decision, sent: object = None) -> dict[str, Any]:
    """The answer as JSON. Where `sent` is the document that was judged, remedies are patches of exactly that."""
    return _patching(decision, write(DecisionSchema, decision, decision.currency), sent)


def dump_set_up_decision(decided: SetUpDecision, sent: object = None) -> dict[str, Any]:
    """The answer to a billing configuration as JSON; remedies are patches of `sent` as in `dump_decision`."""
    return _patching(decided.decision, write(SetUpDecisionSchema, decided, decided.decision.currency), sent)


def _patching(decision: Decision, written: dict[str, Any], sent: object) -> dict[str, Any]:
    """The written decision, its remedies as patches of the document that was judged."""
    if isinstance(sent, Mapping):
        for finding, each in zip(decision.findings, written["findings"], strict=True):
            if finding.remedy is not None:
                each["remedy"]["patch"] = patch(finding.remedy.changes, sent)
        if decision.risk.counterfactual is not None:
            written["risk"]["counterfactual"]["patch"] = patch(decision.risk.counterfactual.changes, sent)
    return written


_SCHEMA_OF: Final[Mapping[type, type[Record]]] = {
    schema.record: schema
    for schema in (
        AgreementSchema,
        BillingConfigurationSchema,
        CatalogSchema,
        CompanySchema,
        DecisionSchema,
        InvoiceSchema,
        OutcomeSchema,
        QuoteSchema,
        ReviewSchema,
        UsageRecordSchema,
    )
}


def to_document(record: object) -> dict[str, Any]:
    """The canonical JSON document of a record: what was stated, explicit nulls, unknown fields; no binary float is money."""
    return write(_SCHEMA_OF[type(record)], record)


def write(schema_class: type[Record], record: object, currency: str | None = None) -> dict[str, Any]:
    """The JSON document of a record by its schema. `currency` is that of the document around it."""
    return document(schema_of(schema_class), record, currency)


def _from_file(schema_class: type[Record], source: object) -> Any:
    if isinstance(source, Located):
        return load_slowly(schema_class, source.data, source.line)
    return load_slowly(schema_class, source)


def _check_count(data: object, name: str, most: int | None, at: str = "$") -> None:
    """More lines than are taken are not even looked at."""
    found = data.get(name) if isinstance(data, dict) else None
    if most is not None and isinstance(found, list) and len(found) > most:
        message = f"there are {len(found):,} {name}, and at most {most:,} are taken: send the document in parts"
        raise Invalid([Problem(path=f"{at}.{name}", message=message, code="too_many")])


def _problems(errors: object, line_of: Lines | None) -> tuple[Problem, ...]:
    """The errors that marshmallow found, at most `MOST_PROBLEMS` and one that counts the rest."""
    found = flaws(errors)
    listed = tuple(
        Problem(path=json_path(path), message=flaw.message, code=flaw.code, line=line_of(path) if line_of else None)
        for path, flaw in islice(found, MOST_PROBLEMS)
    )
    more = sum(1 for _ in found)
    if more:
        message = f"at least {more:,} more problems are not listed: mend these first"
        listed += (Problem(path="$", message=message, code="more"),)
    return listed
