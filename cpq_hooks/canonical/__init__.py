"""The canonical form: the marshmallow schemas of every shape that enters or leaves, to and from the domain.

`load_…` take parsed JSON (`cpq_hooks.reading`) or YAML (`cpq_hooks.yaml_files`) and raise `Invalid` with every problem at
once; `to_document` and `dump_…` write JSON. `SCHEMAS` names the shapes for whoever describes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cpq_hooks.canonical.audit import AuditReportSchema, AuditRequest, AuditRequestSchema
from cpq_hooks.canonical.billing import BillingConfigurationSchema
from cpq_hooks.canonical.catalog import CatalogSchema
from cpq_hooks.canonical.company import CompanySchema
from cpq_hooks.canonical.connections import ConnectionFileSchema
from cpq_hooks.canonical.decision import DecisionSchema, FindingSchema
from cpq_hooks.canonical.loading import (
    MOST_LINES,
    dump_audit_report,
    dump_decision,
    dump_set_up_decision,
    dump_watched,
    load_agreement,
    load_audit_request,
    load_billing_configuration,
    load_catalog,
    load_company,
    load_decision,
    load_invoice,
    load_outcome,
    load_quote,
    load_review,
    load_usage,
    load_verify_request,
    read_connections,
    read_waivers,
    to_document,
)
from cpq_hooks.canonical.quote import AgreementSchema, QuoteSchema
from cpq_hooks.canonical.record import Record
from cpq_hooks.canonical.records import InvoiceSchema, OutcomeSchema, ReviewSchema, UsageRecordSchema
from cpq_hooks.canonical.verification import SetUpDecisionSchema, VerifyRequest, VerifyRequestSchema
from cpq_hooks.canonical.waivers import WaiverFileSchema
from cpq_hooks.canonical.watching import WatchedSchema

__all__ = [
    "MOST_LINES",
    "SCHEMAS",
    "AuditRequest",
    "Record",
    "VerifyRequest",
    "dump_audit_report",
    "dump_decision",
    "dump_set_up_decision",
    "dump_watched",
    "load_agreement",
    "load_audit_request",
    "load_billing_configuration",
    "load_catalog",
    "load_company",
    "load_decision",
    "load_invoice",
    "load_outcome",
    "load_quote",
    "load_review",
    "load_usage",
    "load_verify_request",
    "read_connections",
    "read_waivers",
    "to_document",
]

SCHEMAS: Final[Mapping[str, type[Record]]] = {
    "Quote": QuoteSchema,
    "Agreement": AgreementSchema,
    "BillingConfiguration": BillingConfigurationSchema,
    "UsageRecord": UsageRecordSchema,
    "Invoice": InvoiceSchema,
    "Outcome": OutcomeSchema,
    "Review": ReviewSchema,
    "Finding": FindingSchema,
    "Decision": DecisionSchema,
    "VerifyRequest": VerifyRequestSchema,
    "SetUpDecision": SetUpDecisionSchema,
    "AuditRequest": AuditRequestSchema,
    "AuditReport": AuditReportSchema,
    "Watched": WatchedSchema,
    "Catalog": CatalogSchema,
    "Company": CompanySchema,
    "Waivers": WaiverFileSchema,
    "Connections": ConnectionFileSchema,
}
"""Every shape by the name that people know it by."""
