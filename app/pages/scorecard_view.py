"""What the scorecard shows to whom: a rep the answer and its fix, the desk and an auditor everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.assess import Gate
from app.desk.chains import findings_in
from app.desk.service import DealDeskService
from app.model_places import Place
from app.pages.page import PageAsked
from app.pages.reviewers import actor_of
from app.pages.scorecard_charts import discounts_chart, reasons_chart
from app.pages.scorecard_prices import ladder, line_ladder, page_of
from app.pages.showing import short
from app.rules import Rules
from app.scorecards.approvals import consents
from app.scorecards.findings import RISK_FIX, Cause, Fix, causes, fixes, risk_fix, stands
from app.scorecards.odds import reasons_of
from app.scorecards.peers import peers_of
from app.scorecards.pricing import MOST_LINES, prices_of
from app.scorecards.reading import Deal, Told, revisions
from app.store import Role, Standing, Store
from policies.domain.desk import ReviewRules
from policies.domain.outcome import SubjectType

SHOWN_CAUSES: Final = 20
SHOWN_ALIKE: Final = 4
"""So many causes are told in full, and so many of one policy; the others are rows of a table, each with its fix."""
CHOOSABLE: Final = 40
"""So many findings are offered one by one for a review; naming none is all of them."""
_LOOKS: Final = (Role.ANALYST, Role.APPROVER, Role.ADMIN, Role.AUDITOR, Role.BILLING)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorecardRoom:
    """What the scorecard stands on. `models` is the folder of models."""

    store: Store
    desk: DealDeskService
    gate: Gate
    rules: Callable[[], Rules]
    models: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads: whether as somebody who sees the whole deal, and what they may do about it."""

    sees_all: bool
    is_own: bool
    may_try: bool
    may_review: bool

    @staticmethod
    def of(asked: PageAsked, deal: Deal) -> Reader:
        """The reader of a deal."""
        actor, rep_id = actor_of(asked.user), deal.summary.rep_id
        is_own = actor.sent(rep_id, ())
        sees_all = asked.user.may(*_LOOKS)
        reviews = actor.may_review(SubjectType.QUOTE)
        return Reader(sees_all=sees_all, is_own=is_own, may_try=reviews or is_own, may_review=reviews and not is_own)

    @property
    def may_see(self) -> bool:
        """Whether the deal is any business of theirs."""
        return self.sees_all or self.is_own


def context_of(room: ScorecardRoom, asked: PageAsked, deal: Deal, reader: Reader) -> dict[str, Any]:
    """Everything that the page shows."""
    document, quote_id = deal.document, deal.quote_id
    standing = room.store.desk.standing(SubjectType.QUOTE, quote_id)
    rules = room.rules()
    in_full, in_short = _parted(causes(document))
    shown = {
        "deal": deal,
        "document": document,
        "reader": reader,
        "headline": headline_of(document, reader),
        "causes": in_full,
        "more_causes": in_short,
        "fixes": fixes_for(document, reader),
        "case": standing.case if standing is not None else None,
        "consents": _consents(room, deal, rules),
        "reviews": standing.reviews if standing is not None else (),
        "is_open": is_open(deal, standing),
        "home": asked.address,
        "tried": None,
        "lowering": None,
        "refused": "",
        "form": None,
    }
    return {**shown, **(_for_the_desk(room, asked, deal, rules) if reader.sees_all else _for_the_rep(deal))}


def _parted(grouped: Sequence[Cause]) -> tuple[list[Cause], list[Cause]]:
    """Those that are told in full, and those that say of further lines what was told already."""
    in_full: list[Cause] = []
    in_short: list[Cause] = []
    of_policy: Counter[str] = Counter()
    for each in grouped:
        policy = str(each.finding["policy_id"])
        fits = len(in_full) < SHOWN_CAUSES and of_policy[policy] < SHOWN_ALIKE
        of_policy[policy] += 1
        (in_full if fits else in_short).append(each)
    return in_full, in_short


def is_open(deal: Deal, standing: Standing | None) -> bool:
    """Whether somebody may still do something about this very decision."""
    if standing is None or not standing.case.state.is_open:
        return False
    return deal.is_newest and standing.case.content_hash == deal.summary.subject.content_hash


def headline_of(document: Mapping[str, Any], reader: Reader) -> str:
    """The headline; one that speaks of the score is the desk's alone."""
    if reader.sees_all or not is_by_risk(document):
        return str(document.get("headline", ""))
    return "Somebody at the deal desk looks at this deal before it goes on."


def fixes_for(document: Mapping[str, Any], reader: Reader) -> tuple[Fix, ...]:
    """The fixes that a reader may try; whoever does not see the risk has none of it."""
    return tuple(each for each in fixes(document) if reader.sees_all or each.finding_id != RISK_FIX)


def is_by_risk(document: Mapping[str, Any]) -> bool:
    """Whether the risk alone stands in the way."""
    return document.get("verdict") != "allow" and not any(map(stands, document.get("findings") or ()))


def review_rules(room: ScorecardRoom) -> ReviewRules:
    """The company's rules for reviews."""
    company = room.rules().company
    return company.reviews if company is not None else ReviewRules()


def choosable(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The findings that a review may be about."""
    return [
        (str(each["finding_id"]), short(f"{each['policy_id']}: {each.get('message') or ''}", 110))
        for each in findings_in(document)
        if each["effect"] != "shadow"
    ][:CHOOSABLE]


def _for_the_rep(deal: Deal) -> dict[str, Any]:
    return {"revisions": (), "prices": None, "risk": None, "peers": None, "changes": None, "history": deal.history}


def _for_the_desk(room: ScorecardRoom, asked: PageAsked, deal: Deal, rules: Rules) -> dict[str, Any]:
    """What a rep is not shown: the score and its reasons, prices, past deals, what changed since somebody approved."""
    document = deal.document
    page = page_of(asked.query.get("lines", ""), min(len(deal.quote.lines), MOST_LINES))
    prices = prices_of(deal.quote, rules, deal.summary.created_at, page.slice)
    reasons = reasons_of(document.get("risk") or {})
    peers = peers_of(room.store, deal)
    return {
        "revisions": revisions(room.store, deal),
        "history": deal.history,
        "prices": prices,
        "price_page": page,
        "prices_ladder": ladder(prices) if len(prices.lines) > 1 else (),
        "price_lines": [
            (number, each, line_ladder(each)) for number, each in enumerate(prices.lines[page.slice], page.start + 1)
        ],
        "risk": document.get("risk") or Told(),
        "risk_fix": risk_fix(document),
        "reasons_chart": None if reasons is None else reasons_chart(reasons),
        "peers": peers,
        "peers_chart": discounts_chart(peers.discounts, peers.own_discount),
        "changes": room.desk.changes_since_approval(deal.quote_id) if deal.is_newest else None,
        "other_tables": rules.version != deal.summary.policy_version,
    }


def _consents(room: ScorecardRoom, deal: Deal, rules: Rules) -> Any:
    steps = room.desk.preview(deal.summary.decision_id)
    if not steps:
        return ()
    return consents(steps, room.store.people.all(), rules.company, deal.summary.rep_id)
