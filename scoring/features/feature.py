"""What a feature is: a number that is known of a deal when it is judged, and the sentence in which a person reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from policies.domain.finding import Finding
    from policies.facts import QuoteFacts
    from scoring.history import History, Keys


class Group(StrEnum):
    """What a feature is about."""

    REP = "rep"
    MIX = "product mix"
    PRICING = "pricing complexity"
    ACCOUNT = "account"
    TERMS = "terms"
    TIMING = "timing"
    FINDINGS = "findings"


class Unit(StrEnum):
    """What a feature is counted in."""

    SHARE = "share"
    PERCENT = "percent"
    COUNT = "count"
    DAYS = "days"
    MONTHS = "months"
    YES_NO = "0 or 1"
    LOG_RATIO = "natural logarithm of a ratio"
    LOG_ODDS = "log-odds"
    LOG_MONEY = "decimal logarithm of an amount"
    DEVIATIONS = "robust standard deviations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One number of the vector.

    `sentence` is a template with the deal's own numbers, `none` what is said where the number is 0, `thin` where it rests on
    no deal of its own. `direction` is +1 where more is riskier, -1 where more is safer, 0 where that is for the data to say.
    Features of one `topic` are told in one reason.
    """

    name: str
    unit: Unit
    sentence: str
    group: Group
    topic: str
    direction: int = 0
    none: str = ""
    thin: str = ""


Detail = Mapping[str, str | float]
"""What a sentence has to say beyond the number: a name, the average, how many deals."""


@dataclass(slots=True, kw_only=True)
class Deal:
    """What features are computed from. `findings` None is not evaluated; `told` gathers the details of sentences.

    `content` is the quote's content hash where the caller has it already.
    """

    facts: QuoteFacts
    findings: tuple[Finding, ...] | None
    history: History
    as_of: datetime
    keys: Keys
    told: dict[str, Detail]
    content: str | None = None
    depths: list[float] = field(init=False)
    """The discounts of the lines that can be held against a list price, in percent."""

    def __post_init__(self) -> None:
        found = [each.discount_percent for each in self.facts.lines]
        self.depths = [float(each) for each in found if each is not None]

    def tell(self, feature: str, **detail: str | float) -> None:
        """Keep what the feature's sentence will say."""
        self.told[feature] = detail
