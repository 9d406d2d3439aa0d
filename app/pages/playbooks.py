"""Playbooks: a page for each leakage pattern, with what this company has seen of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from app.errors import NOT_FOUND, refuse
from app.ledgers import insights
from app.markup import rendered
from app.pages.page import Nav, Page, PageAsked, PageReply
from app.pages.policies import READS
from app.pages.set_ups import LOOKS
from app.playbooks import STAGES, found_by, letter_for, playbook_of
from app.rules import Rules
from app.store import Store
from policies.domain.money import Money
from policies.patterns import PATTERNS

_SPAN: Final = timedelta(days=365)
_LEDGERS: Final = ("prevented", "corrected", "detected", "recovered", "written_off")


class PlaybookPages:
    """The list of patterns and a page for each. `home` is where the company's own texts lie."""

    def __init__(self, store: Store, rules: Callable[[], Rules], home: Path | None) -> None:
        self._store = store
        self._rules = rules
        self._home = home

    def pages(self) -> tuple[Page, ...]:
        """Both pages; whoever sees a finding may read what to do about it."""
        return (
            Page(
                method="GET",
                path="/playbooks",
                name="playbooks",
                title="Playbooks",
                handle=self._list,
                template="playbooks.html",
                nav=Nav(label="Playbooks", order=70),
            ),
            Page(
                method="GET",
                path="/playbooks/{pattern}",
                name="playbook",
                title="Playbook",
                handle=self._show,
                template="playbook.html",
            ),
        )

    def _list(self, asked: PageAsked) -> PageReply:
        rows = self._figures(asked)
        rules = self._rules()
        found: Counter[str] = Counter()
        for row in rows:
            found[row["value"] or ""] += row["findings"]
        carried = Counter(each.pattern.number for each in rules.policies.policies.values())
        stages = [
            (title, [each for number, each in PATTERNS.items() if number[0] == letter])
            for letter, title in STAGES.items()
        ]
        return PageReply(context={"stages": stages, "found": found, "carried": carried})

    def _show(self, asked: PageAsked) -> PageReply:
        number = asked.path["pattern"]
        playbook = playbook_of(number, self._home)
        if playbook is None:
            raise refuse(NOT_FOUND, "There is no such pattern. The list has all of them.")
        rows = [row for row in self._figures(asked) if row["value"] == number]
        context = {
            "playbook": playbook,
            "text": rendered(playbook.text),
            "found_by": found_by(number, self._rules()),
            "letter": letter_for(number, self._home),
            "counts": rows,
            "money": self._money(number, asked),
            "judged": self._judged(number, asked),
            "reads_policies": asked.user.may(*READS),
            "sees_cases": asked.user.may(*LOOKS),
        }
        return PageReply(context=context, title=f"{number} {playbook.pattern.title}")

    def _figures(self, asked: PageAsked) -> Sequence[Mapping[str, Any]]:
        """What decisions of a year have found, by pattern and currency."""
        found: Sequence[Mapping[str, Any]] = insights.patterns(self._store, _year(asked))["rows"]
        return found

    def _money(self, number: str, asked: PageAsked) -> list[dict[str, Any]]:
        """The ledgers of a pattern, one row for each side and currency in which there is anything."""
        rows = [row for row in self._store.ledgers.sums(_year(asked).span, "pattern") if row.value == number]
        return [
            {"currency": row.currency, "side": row.side}
            | {name: Money.from_minor_units(int(getattr(row, name)), row.currency).amount for name in _LEDGERS}
            for row in sorted(rows, key=lambda row: (row.currency, row.side != "under"))
            if any(getattr(row, name) for name in _LEDGERS)
        ]

    def _judged(self, number: str, asked: PageAsked) -> Counter[str]:
        """How findings of the pattern turned out: confirmed, dismissed, or found by others."""
        judged: Counter[str] = Counter()
        for row in self._store.insights.outcomes(_year(asked).span, "pattern"):
            if row.pattern == number:
                judged[row.judged] += int(row.n)
        return judged


def _year(asked: PageAsked) -> insights.Asked:
    today = asked.now.date()
    return insights.Asked(first=today - _SPAN, last=today, group="pattern")
