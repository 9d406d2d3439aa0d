"""The features that a deal is scored by, by group."""

from __future__ import annotations

from docs.pages.tables import table
from scoring.features import FEATURES, Group, digest
from scoring.features.feature import Feature

_RISKIER = {1: "more is riskier", -1: "more is safer", 0: "for the data to say"}


def features_page() -> str:
    """A section for each group, its features in the order of the vector."""
    at = {each.name: number for number, each in enumerate(FEATURES, start=1)}
    sections = [f"{len(FEATURES)} features. Digest: `{digest()}`"]
    for group in Group:
        rows = [_row(each, at[each.name]) for each in FEATURES if each.group is group]
        heading = f"## {group.value[0].upper()}{group.value[1:]}"
        sections += [heading, table(("#", "feature", "unit", "direction", "told with", "what a person reads"), rows)]
    return "\n\n".join(sections)


def _row(feature: Feature, number: int) -> tuple[str, ...]:
    says = [
        feature.sentence,
        feature.none and f"At 0: {feature.none}",
        feature.thin and f"Without a deal: {feature.thin}",
    ]
    return (
        str(number),
        f"`{feature.name}`",
        feature.unit.value,
        _RISKIER[feature.direction],
        feature.topic,
        ". ".join(each for each in says if each),
    )
