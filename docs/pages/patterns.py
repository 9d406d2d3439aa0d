"""The leakage patterns, and which policies of the library look for each."""

from __future__ import annotations

from docs.pages.policies import library
from docs.pages.tables import table
from policies.patterns import PATTERNS


def patterns_page() -> str:
    """A table of all patterns."""
    policies: dict[str, list[str]] = {}
    for policy in library():
        policies.setdefault(policy.pattern.number, []).append(f"[{policy.id}](policies.md#{policy.id})")
    rows = [
        (
            pattern.number,
            pattern.title,
            pattern.kind.value,
            pattern.direction.value if pattern.direction is not None else "by the sign",
            str(pattern.default_confidence),
            ", ".join(policies.get(pattern.number, ())),
        )
        for pattern in PATTERNS.values()
    ]
    return table(("pattern", "what goes wrong", "decided by", "direction", "confidence", "policies"), rows)
