"""The Place Sales Transaction graph: records that name each other, before any of them has an id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cpq_hooks.adapter import NotUnderstood
from cpq_hooks.vendor_fields import Fields

QUOTE: Final = "Quote"
LINE: Final = "QuoteLineItem"
RELATIONSHIP: Final = "QuoteLineRelationship"
_REFERENCE: Final = re.compile(r"@\{([^{}.]{1,200})\.[iI]d\}")


@dataclass(frozen=True, slots=True)
class Node:
    """One record of the graph. `name` is its own id where it has one, else what the graph calls it."""

    name: str
    kind: str
    record: Fields


@dataclass(frozen=True, slots=True)
class Graph:
    """The records, and what each is called by whichever name another one uses."""

    nodes: tuple[Node, ...]
    names: Mapping[str, str]
    stage: str | None = None

    def of(self, kind: str) -> list[Node]:
        return [each for each in self.nodes if each.kind == kind]

    def named(self, reference: str | None) -> str | None:
        """The name of what a field refers to: by `@{refLine.id}` or by its id."""
        if reference is None:
            return None
        found = _REFERENCE.fullmatch(reference)
        inner = reference if found is None else found[1]
        return self.names.get(inner, None if found is not None else inner)


def graph_of(payload: Any) -> tuple[Graph, Fields]:
    """The graph of a Place Sales Transaction request, and the request under reading. Raises `NotUnderstood`, `Invalid`."""
    if not isinstance(payload, Mapping) or not isinstance(payload.get("graph"), Mapping):
        raise NotUnderstood("this is no Place Sales Transaction: wanted is an object with graph and its records")
    request = Fields.of(payload)
    inner = request.object("graph")
    nodes = (
        []
        if inner is None
        else [node for each in inner.harmless("graphId").objects("records") if (node := _node(each))]
    )
    names = {}
    for entry, each_node in nodes:
        names[each_node.name] = each_node.name
        names[str(entry.value.get("referenceId"))] = each_node.name
    stage = payload.get("stage")
    return Graph(tuple(node for _, node in nodes), names, stage if isinstance(stage, str) else None), request


def _node(entry: Fields) -> tuple[Fields, Node] | None:
    """A record that stays; None for one that the transaction deletes, and for one that cannot be read."""
    record = entry.object("record")
    reference = entry.text("referenceId")
    if record is None:
        entry.ledger.refuse((*entry.path, "record"), "required", "an entry of a graph holds its record")
        return None
    attributes = record.object("attributes")
    kind = None if attributes is None else attributes.text("type")
    if attributes is None or kind is None:
        record.ledger.refuse((*record.path, "attributes"), "required", "a record says its type in attributes")
        return None
    record.harmless("attributes")
    if (attributes.text("method") or "").upper() == "DELETE":
        record.harmless(*record.value)
        return None
    name = record.text("Id") or record.text("id") or attributes.text("id") or reference or "record"
    return entry, Node(name, kind, record)
