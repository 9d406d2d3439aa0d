"""Recovery cases: money that an audit found, on its way back; opened, moved, and written to the customer about."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from app.bookkeeping.recovery import MOVES, CaseState
from app.errors import NOT_FOUND, refuse
from app.ledgers.cases import case_json, move_case, open_case
from app.ledgers.letters import SITUATIONS, LetterRefused, letter_of, product_names
from app.ledgers.tables import CSV, csv_of
from app.pages.page import Page, PageAsked, PageReply, Viewed
from app.pages.set_ups import ACTS, LOOKS
from app.rules import Rules
from app.store import BadPageToken, DocumentKind, Store
from app.store.recovery_cases import AlreadyClaimed, CaseFilter, KeptCase, MovedMeanwhile
from app.store.recovery_sums import CaseSum, case_sums
from cpq_hooks.canonical.recovery import CaseRequest, RecoveryTarget, load_case_request, load_move_request
from cpq_hooks.problem import Invalid
from policies.domain.money import Money, amount_string

_A_PAGE: Final = 50
_LONGEST_LETTER: Final = 10_000


class RecoveryPages:
    """The list of cases, a page for each, and the letter to the customer. `home` is where the company's letters lie."""

    def __init__(self, store: Store, rules: Callable[[], Rules], home: Path | None, *, simulated: bool) -> None:
        self._store = store
        self._rules = rules
        self._home = home
        self._simulated = simulated

    def pages(self) -> tuple[Page, ...]:
        """The list, its CSV, each case's page, and its forms."""

        def page(method: str, path: str, name: str, handle: Callable[[PageAsked], PageReply], **more: Any) -> Page:
            terms: dict[str, Any] = {"title": "Recovery cases", "roles": LOOKS} | more
            return Page(method=method, path=path, name=name, handle=handle, **terms)

        return (
            page("GET", "/recoveries", "recoveries", self._list, template="recoveries.html"),
            page("GET", "/recoveries.csv", "recoveries-csv", self._csv),
            page("GET", "/recoveries/{id}", "recovery", self._show, template="recovery.html"),
            page("POST", "/recoveries", "open-recovery", self._open, roles=ACTS),
            page("POST", "/recoveries/move/{id}", "move-recovery", self._move, template="recovery.html", roles=ACTS),
            page("POST", "/recoveries/letter/{id}", "recovery-letter", self._letter, template="recovery.html"),
        )

    def _list(self, asked: PageAsked) -> PageReply:
        state = asked.query.get("state", "")
        wanted = CaseFilter(
            state=CaseState(state) if state in tuple(CaseState) else None,
            owner=asked.query.get("owner", "").strip() or None,
            agreement_id=asked.query.get("agreement", "").strip() or None,
            pattern=asked.query.get("pattern", "").strip() or None,
        )
        try:
            cases, following = self._store.recovery.page(wanted, limit=_A_PAGE, page=asked.query.get("page"))
        except BadPageToken:
            return PageReply.to(asked.with_query(page=None))
        context = {
            "cases": [case_json(each) for each in cases],
            "sums": [_sum_json(each) for each in case_sums(self._store.ledgers)],
            "states": [(each.value, each.value.replace("_", " ").capitalize()) for each in CaseState],
            "next": asked.with_query(page=following) if following else "",
            "first": asked.with_query(page=None) if asked.query.get("page") else "",
        }
        return PageReply(context=context)

    def _csv(self, asked: PageAsked) -> PageReply:
        self._store.access.add(asked.user.did("exported", "recovery_case", "all"))
        return PageReply.file(csv_of([_row(each) for each in self._all()]), CSV, "recovery-cases.csv")

    def _all(self) -> Iterator[KeptCase]:
        page: str | None = None
        while True:
            cases, page = self._store.recovery.page(CaseFilter(), limit=500, page=page)
            yield from cases
            if page is None:
                return

    def _show(self, asked: PageAsked) -> PageReply:
        return self._shown(asked, self._case(asked))

    def _shown(
        self,
        asked: PageAsked,
        case: KeptCase,
        *,
        error: str = "",
        letter: dict[str, Any] | None = None,
        status: int = 200,
    ) -> PageReply:
        told = case_json(case, self._store.recovery.history(case.case_id))
        situation = asked.query.get("situation", "") or str(told["situation"])
        context = {
            "case": told,
            "customer": self._customer(case),
            "moves": [each.value for each in CaseState if each in MOVES[case.state]],
            "letter": letter or self._written(told, case, situation),
            "situations": [(each, each.replace("-", " ")) for each in SITUATIONS],
            "may_keep": CaseState.CONTACTED in MOVES[case.state],
            "longest_letter": _LONGEST_LETTER,
            "error": error,
            "typed": asked.form,
            "may_act": asked.user.may(*ACTS),
        }
        viewed = (Viewed(subject_type="recovery_case", subject_id=case.case_id),)
        return PageReply(context=context, title="Recovery case", viewed=viewed, status=status)

    def _open(self, asked: PageAsked) -> PageReply:
        agreement_id = asked.form.get("agreement_id", "")
        fields = {"agreement_id": agreement_id, "finding_id": asked.form.get("finding_id", "")}
        owner = asked.form.get("owner", "").strip() or asked.user.user.name
        try:
            wanted: CaseRequest = load_case_request(fields | {"owner": owner})
            case = open_case(self._store, wanted, asked.user.signed, simulated=self._simulated)
        except AlreadyClaimed as error:
            return PageReply.to(f"/recoveries/{error.case_id}", "There was a case on this money already; here it is.")
        except Invalid as error:
            return PageReply.to(f"/audits/{quote(agreement_id)}", f"No case was opened: {_told(error)}")
        return PageReply.to(f"/recoveries/{case.case_id}", "The case is open.")

    def _move(self, asked: PageAsked) -> PageReply:
        names = ("to", "amount", "collected", "reference", "note", "owner")
        fields: dict[str, Any] = {name: asked.form[name].strip() for name in names if asked.form.get(name, "").strip()}
        return self._moved(asked, fields, "The case is moved.")

    def _moved(self, asked: PageAsked, fields: dict[str, Any], notice: str) -> PageReply:
        case = self._case(asked)
        version = asked.form.get("version", "")
        try:
            wanted = load_move_request(fields | {"version": int(version) if version.isdecimal() else 0})
            move_case(self._store, case.case_id, wanted, asked.user.signed)
        except MovedMeanwhile:
            said = "Somebody moved this case since you looked. It is shown as it is now; what you typed is still there."
            return self._shown(asked, case, error=said, status=409)
        except Invalid as error:
            return self._shown(asked, case, error=_told(error), status=422)
        return PageReply.to(f"/recoveries/{case.case_id}", notice)

    def _letter(self, asked: PageAsked) -> PageReply:
        case, text = self._case(asked), asked.form.get("text", "").replace("\r\n", "\n")
        situation = asked.form.get("situation", "")
        if not text.strip() or len(text) > _LONGEST_LETTER:
            said = f"A letter has at least a word and at most {_LONGEST_LETTER:,} characters."
            return self._shown(asked, case, error=said, status=422)
        if asked.form.get("do") == "text":
            return PageReply.file(text.encode("utf-8", "replace"), "text/plain; charset=utf-8", "letter.txt")
        if asked.form.get("do") == "keep" and asked.user.may(*ACTS):
            contacted = RecoveryTarget.CONTACTED.value
            return self._moved(
                asked, {"to": contacted, "note": text, "reference": f"letter: {situation}"[:200]}, "The letter is kept."
            )
        return PageReply(
            template="letter.html", context={"case": case_json(case), "text": text}, title="Letter to the customer"
        )

    def _written(self, told: dict[str, Any], case: KeptCase, situation: str) -> dict[str, Any]:
        company = self._rules().company
        sender = (company.name if company is not None else None) or ""
        try:
            stored = self._store.documents.get(DocumentKind.AGREEMENT, case.agreement_id)
            names = product_names(None if stored is None else stored.document.body)
            letter = letter_of(
                told, self._home, customer=self._customer(case), sender=sender, situation=situation, names=names
            )
        except LetterRefused as error:
            return {"situation": situation, "text": "", "is_own": False, "refused": str(error)}
        return {"situation": letter.situation, "text": letter.text, "is_own": letter.is_own, "refused": ""}

    def _customer(self, case: KeptCase) -> str:
        """What the customer is called: by the agreement's account, else by its id."""
        stored = self._store.documents.get(DocumentKind.AGREEMENT, case.agreement_id)
        account = {} if stored is None else json.loads(stored.document.body).get("account") or {}
        return str(account.get("name") or account.get("account_id") or case.account_id or case.agreement_id)

    def _case(self, asked: PageAsked) -> KeptCase:
        found = self._store.recovery.get(asked.path["id"])
        if found is None:
            raise refuse(NOT_FOUND, "There is no recovery case with this id.")
        return found


def _row(case: KeptCase) -> dict[str, Any]:
    """A case as a row of the CSV: what nests in its JSON is left to the case itself."""
    return {name: value for name, value in case_json(case).items() if not isinstance(value, list | dict)}


def _sum_json(each: CaseSum) -> dict[str, Any]:
    def text(units: int) -> str:
        return amount_string(Money.from_minor_units(units, each.currency).amount, each.currency)

    told = {"state": each.state.value, "side": each.side, "currency": each.currency, "cases": each.cases}
    money = each.money
    return told | {
        "recoverable": text(money.recoverable),
        "recovered": text(money.recovered),
        "written_off": text(money.written_off),
        "open": text(money.open),
    }


def _told(error: Invalid) -> str:
    return "; ".join(
        f"{problem.path.removeprefix('$.').replace('_', ' ')}: {problem.message}" for problem in error.problems[:3]
    )
