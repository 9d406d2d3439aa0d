"""The schema of waivers.yaml: which policies may go unheeded on which documents, by whose word and until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cpq_hooks.canonical.fields import Statement
from cpq_hooks.canonical.files import FileRecord, Word
from cpq_hooks.canonical.nesting import Items, Part
from cpq_hooks.canonical.times import Day
from policies.waiver import Waiver

MOST_WAIVERS: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverFile:
    """The waivers of the company."""

    waivers: tuple[Waiver, ...] = ()


class WaiverSchema(FileRecord):
    """One waiver: a named person lets a policy pass for one document, for a reason and until a day."""

    record = Waiver

    policy_id = Word("The policy that does not count.", required=True)
    subject_id = Word("The id of the document that it is for.", required=True)
    owner = Word("Who answers for it.", required=True)
    reason = Statement("Why.", required=True)
    expires_on = Day("The last day on which it holds.", required=True)
    line_ids = Items(Word("A line's id."), "The lines that it covers; none is the whole document.", most=10_000)


class WaiverFileSchema(FileRecord):
    """All waivers."""

    record = WaiverFile

    waivers = Items(Part(WaiverSchema, "One waiver."), "The waivers.", most=MOST_WAIVERS, noun="waivers")
