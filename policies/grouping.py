"""One root cause owns the money: findings on the same line and period are counted once, under and over apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from policies.domain.finding import Direction, Effect, Finding

if TYPE_CHECKING:
    from policies.domain.period import Period

ZERO: Final = Decimal(0)
_RANK: Final = {Effect.BLOCK: 2, Effect.FLAG: 1, Effect.SHADOW: 0}


@dataclass(frozen=True, slots=True)
class Grouped:
    """Findings, each with its root, and the totals by direction; a direction without a known amount is left out."""

    findings: tuple[Finding, ...]
    totals: dict[Direction, Decimal]


@dataclass(frozen=True, slots=True)
class _Cell:
    """An amount of one finding on one line (None is the document) in one period (None is the term)."""

    finding: int
    line_id: str | None
    period: Period | None
    amount: Decimal


def group(findings: Sequence[Finding], term: Period | None) -> Grouped:
    """Find the root of each finding and count each amount once.

    Amounts on the same line whose periods overlap are one amount: the largest finding's. An amount on the whole
    document overlaps those on its lines. Shadow findings own nothing and are not counted.
    """
    totals: dict[Direction, Decimal] = {}
    clusters = {direction: _clusters(findings, direction, term) for direction in Direction}
    for direction, found in clusters.items():
        for cluster in found:
            totals[direction] = totals.get(direction, ZERO) + _counted(cluster)
    return Grouped(_rooted(findings, [cluster for found in clusters.values() for cluster in found]), totals)


def rooted(findings: Sequence[Finding], term: Period | None) -> tuple[Finding, ...]:
    """The findings, each with the root that `group` finds for it, where nobody asks for totals."""
    if len(findings) < 2:
        return tuple(findings)
    directions = {each.direction for each in findings}
    return _rooted(findings, [cluster for each in directions for cluster in _clusters(findings, each, term)])


def _rooted(findings: Sequence[Finding], clusters: Iterable[list[_Cell]]) -> tuple[Finding, ...]:
    roots: dict[int, int] = {}
    for cluster in clusters:
        if len(cluster) > 1:
            owner = _owner(cluster, findings)
            roots.update({cell.finding: owner for cell in cluster if cell.finding != owner})
    if not roots:
        return tuple(findings)
    return tuple(
        replace(finding, root=findings[roots[index]].finding_id) if index in roots else finding
        for index, finding in enumerate(findings)
    )


def _cells(findings: Sequence[Finding], direction: Direction) -> Iterable[_Cell]:
    for index, finding in enumerate(findings):
        if finding.direction is not direction or finding.effect is Effect.SHADOW:
            continue
        for exposure in finding.exposures:
            yield _Cell(index, exposure.line_id, exposure.period, exposure.amount)


def _clusters(findings: Sequence[Finding], direction: Direction, term: Period | None) -> list[list[_Cell]]:
    """Cells that touch each other, directly or through others of the same period and line."""
    cells = [cell for cell in _cells(findings, direction) if cell.amount]
    if len(cells) < 2:
        return [cells] if cells else []
    by_line: dict[str | None, list[list[_Cell]]] = defaultdict(list)
    for cell in cells:
        _join(by_line[cell.line_id], cell, term)
    whole = by_line.pop(None, [])
    on_lines = [cluster for clusters in by_line.values() for cluster in clusters]
    for cluster in whole:
        touching = [other for other in on_lines if _any_overlap(cluster, other, term)]
        on_lines = [other for other in on_lines if not any(other is each for each in touching)]
        on_lines.append(cluster + [cell for other in touching for cell in other])
    return on_lines


def _join(clusters: list[list[_Cell]], cell: _Cell, term: Period | None) -> None:
    touching = [cluster for cluster in clusters if _any_overlap(cluster, [cell], term)]
    merged = [each for cluster in touching for each in cluster] + [cell]
    clusters[:] = [cluster for cluster in clusters if not any(cluster is each for each in touching)] + [merged]


def _any_overlap(some: list[_Cell], others: list[_Cell], term: Period | None) -> bool:
    return any(_overlap(a.period, b.period, term) for a in some for b in others)


def _overlap(one: Period | None, other: Period | None, term: Period | None) -> bool:
    one, other = one or term, other or term
    return one is None or other is None or one.overlaps(other)


def _counted(cluster: list[_Cell]) -> Decimal:
    """The amount of a cluster: on each line the largest finding's, and at least what one finding says of the whole."""
    by_line: dict[str | None, dict[int, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for cell in cluster:
        by_line[cell.line_id][cell.finding] += cell.amount
    whole = max(by_line.pop(None, {}).values(), default=ZERO)
    lines = sum((max(amounts.values()) for amounts in by_line.values()), ZERO)
    return max(whole, lines)


def _owner(cluster: list[_Cell], findings: Sequence[Finding]) -> int:
    """The finding with the largest amount in the cluster; between equals the stronger effect, then the first."""
    amounts: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for cell in cluster:
        amounts[cell.finding] += cell.amount
    return max(amounts, key=lambda index: (amounts[index], _RANK[findings[index].effect], -index))
