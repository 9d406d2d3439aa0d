"""Writing a policy: checked as it is typed, tried on past deals, and taken home as a file. Nothing here changes what is in force."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from app.backtests.backtest import Backtest
from app.backtests.told import money_words, share_words
from app.bounded import Unavailable
from app.drafting import STARTER, DraftBacktests, check_draft
from app.pages.page import Page, PageAsked, PageReply
from app.pages.policies import READS
from app.rules import Rules, RulesRefused
from app.store import Role, Store

_WRITES: Final = frozenset({Role.ANALYST, Role.ADMIN})
_LONGEST: Final = 100_000
_MOST_FLIPS: Final = 200
_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class DraftPages:
    """The editor, its check, its backtest and the file."""

    def __init__(self, store: Store, rules: Callable[[], Rules], backtests: DraftBacktests | None = None) -> None:
        self._rules = rules
        self._backtests = backtests or DraftBacktests(store)

    def pages(self) -> tuple[Page, ...]:
        """The routes, to stand before the policies' own."""

        def page(method: str, path: str, name: str, handle: Callable[[PageAsked], PageReply]) -> Page:
            roles = READS if method == "GET" else _WRITES
            title = "Draft of a policy"
            return Page(
                method=method,
                path=path,
                name=name,
                title=title,
                template="policy_draft.html",
                handle=handle,
                roles=roles,
            )

        return (
            page("GET", "/policies/draft", "policy-draft", self._open),
            page("POST", "/policies/draft", "try-policy-draft", self._try),
            page("POST", "/policies/draft/check", "check-policy-draft", self._check),
            page("POST", "/policies/draft/file", "policy-draft-file", self._file),
        )

    def _open(self, asked: PageAsked) -> PageReply:
        rules = self._rules()
        policy = rules.policies.policies.get(asked.query.get("from", ""))
        text = STARTER if policy is None else rules.files.policies.get(policy.source, STARTER)
        return self._shown(asked, text)

    def _try(self, asked: PageAsked) -> PageReply:
        """Check, and backtest where that is what was pressed."""
        text = _text(asked)
        if asked.form.get("do") != "backtest":
            return self._shown(asked, text)
        try:
            found = self._backtests.run(self._rules(), text, asked.now)
        except RulesRefused as refused:
            return self._shown(asked, text, refused=refused.reasons, status=422)
        except Unavailable as away:
            return self._shown(asked, text, unavailable=str(away), status=503)
        return self._shown(asked, text, backtest=_told(found, self._rules(), self._backtests.most))

    def _check(self, asked: PageAsked) -> PageReply:
        """The check alone, as a part of a page for who types."""
        return PageReply(
            template="policy_draft_check.html", context={"checked": check_draft(_text(asked), self._rules())}
        )

    def _file(self, asked: PageAsked) -> PageReply:
        text = _text(asked)
        policy = check_draft(text, self._rules()).policy
        name = policy.id if policy is not None and _ID.fullmatch(policy.id) else "draft"
        return PageReply.file(text.encode(), "application/yaml; charset=utf-8", f"{name[:80]}.yaml")

    def _shown(self, asked: PageAsked, text: str, *, status: int = 200, **found: Any) -> PageReply:
        context = {
            "text": text,
            "checked": check_draft(text, self._rules()),
            "longest": _LONGEST,
            "most": self._backtests.most,
            "may_write": asked.user.may(*_WRITES),
            "refused": (),
            "unavailable": "",
            "backtest": None,
            **found,
        }
        return PageReply(context=context, status=status)


def _text(asked: PageAsked) -> str:
    """The draft as it was sent; browsers send line ends of another system."""
    return asked.form.get("text", "").replace("\r\n", "\n")[:_LONGEST]


def _told(found: Backtest, rules: Rules, most: int) -> dict[str, Any]:
    """A backtest in words, with the deals whose verdict changes."""
    parts = [("Past deals", found.past), ("Open deals", found.open)]
    flips = [each for _, part in parts for each in part.flipped]
    return {
        "quotes": found.quotes,
        "most": most,
        "on_quotes": bool(found.change.on_quotes or not found.change.same_tables),
        "unreadable": found.unreadable,
        "parts": [
            {
                "title": title,
                "deals": part.deals,
                "touched": len(part.touched),
                "changes": [
                    f"{count} from {before} to {after}" for (before, after), count in sorted(part.flips.items())
                ],
                "newly": part.gained.deals,
                "share": share_words(part.gained) if part.gained.deals else "",
                "leaked": money_words(part.gained.money, rules.company),
                "at_risk": money_words(part.gained.at_risk, rules.company),
            }
            for title, part in parts
        ],
        "flips": flips[:_MOST_FLIPS],
        "flips_total": len(flips),
    }
