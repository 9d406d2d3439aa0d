"""One transaction under reading: the connection's options, what was not understood, and names that mean nothing for a bill."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from cpq_hooks.adapter import Unused
from cpq_hooks.connection import Connection
from cpq_hooks.problem import json_path
from cpq_hooks.vendor_fields import Fields

HARMLESS: Final = frozenset((
    "Id", "id", "Name", "OwnerId", "RecordTypeId", "CreatedById", "CreatedDate", "LastModifiedById", "LastModifiedDate",
    "SystemModstamp", "IsDeleted", "LastViewedDate", "LastReferencedDate", "CurrencyIsoCode", "CanCreateQuoteLineItems",
    "Pricebook2Id", "PriceBook2Id", "PricebookEntryId", "TransactionType", "IsSyncing", "LineItemCount", "QuoteNumber", "LineNumber",
    "ContactId", "ContractId", "Description", "CalculationStatus", "ValidationResult", "QuoteId", "SortOrder", "BatchIdentifier",
    "Quoteguard_Verdict__c", "Quoteguard_Headline__c", "Quoteguard_Findings__c", "Quoteguard_Decision__c",
    "Quoteguard_Hold__c", "Quoteguard_Finding__c", "Quoteguard_Checked_At__c",
))  # fmt: skip


@dataclass(slots=True)
class Reader:
    """The connection's options, and what was not understood."""

    connection: Connection | None
    unused: list[Unused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def option(self, name: str) -> str | None:
        return None if self.connection is None else self.connection.option(name)

    def say(self, fields: Fields, name: str, bears_on: str, note: str) -> None:
        fields.ledger.understood.add((*fields.path, name))
        value = str(fields.value.get(name))[:120]
        self.unused.append(Unused(path=json_path((*fields.path, name)), value=value, bears_on=bears_on))
        self.note(note)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)
