"""Mapping files: how the documents of any system become canonical ones, as data that an administrator writes.

`read_mapping` checks a file against the canonical schemas; `translate` follows it. Webhooks, exports and imports of rows
are all read by the same files.
"""

from __future__ import annotations

from cpq_hooks.mapping.following import translate
from cpq_hooks.mapping.model import MappingFile, Section, Source, paths_of
from cpq_hooks.mapping.reading import MappingRefused, read_mapping

__all__ = ["MappingFile", "MappingRefused", "Section", "Source", "paths_of", "read_mapping", "translate"]
