"""The set-up page: both sides month by month, what mends what differs, recheck and release, and hostile names."""

import json
import shutil
from datetime import UTC, datetime

import pytest

from app.bootstrap import build
from app.config import Settings
from app.store import AccessFilter
from policies.holding import HoldState
from tests.fakes import Clock
from tests.pages import pages_app, signed_in, words
from tests.seat_contract import CONFIGURATION, FOLDER, mended, set_up, store_seats

# Wednesday, two working days before the first invoice of Monday 1 January.
WEDNESDAY = datetime(2023, 12, 27, 12, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\u202egnp.exe" + "x" * 9_900


class Desk:
    def __init__(self, services):
        self.services, self.store, self.app = services, services.store, pages_app(services)

    def visit(self, *roles, **terms):
        return signed_in(self.app, self.store, *roles, **terms)


@pytest.fixture(scope="module")
def desk(upgraded_sqlite_file, tmp_path_factory):
    """The seat contract, set up without its overage price, and held."""
    home = tmp_path_factory.mktemp("home")
    shutil.copy(upgraded_sqlite_file, home / "quoteguard.db")
    settings = Settings.from_environment({"QUOTEGUARD_HOME": str(home), "QUOTEGUARD_LOG_LEVEL": "error"})
    services = build(settings, clock=Clock(WEDNESDAY))
    store_seats(services.store)
    set_up(services.set_ups)
    yield Desk(services)
    services.gate.close()
    services.set_ups.close()
    services.store.close()


def another(desk, identity, **terms):
    """Another such contract with its configuration: two on one would bill it twice."""
    ids = {"agreement_id": f"AG-{identity}", "quote_id": f"Q-{identity}"}
    store_seats(desk.store, **ids)
    return set_up(desk.services.set_ups, billing_configuration_id=identity, **ids, **terms)


def test_the_page_holds_both_sides_against_each_other_with_the_fix(desk):
    said = words(desk.visit("billing").get("/set-ups/BC-SEATS"))
    assert "Feb 2024 $25,000 $20,000 $5,000 too little" in said
    assert "the same" in said
    # 11 months of 2024 at 100 seats beyond 500, $50 each, and that of December at the end: 12 x $5,000.
    assert "Billed too little $60,000" in said
    assert "charges[CH-1].overage_unit_price nothing 50 agreement AG-SEATS, line 1" in said
    assert "charge CH-1 overage unit price nothing 50" in said
    assert "Not ready Charge models, tiers and overage prices".lower() in said.lower()


def test_the_list_is_by_first_invoice_and_its_filters_stay_in_the_address(desk):
    billing = desk.visit("billing")
    page = billing.get("/set-ups?state=waiting&due=2024-02-01")
    assert "BC-SEATS" in words(page)
    assert 'value="2024-02-01"' in page.text
    assert "BC-SEATS" not in words(billing.get("/set-ups?due=2023-12-30"))
    assert "BC-SEATS" not in words(billing.get("/set-ups?state=flagged"))
    assert billing.get("/set-ups?page=junk").status_code == 303


def test_a_fix_is_tried_and_nothing_of_it_is_recorded(desk):
    billing = desk.visit("analyst")
    before = desk.store.verify_chain().checked
    shown = desk.store.holds.get("BC-SEATS").reasons[0].finding_id
    said = words(billing.post("/set-ups/try/BC-SEATS", finding_ids=shown, page="/set-ups/BC-SEATS"))
    assert "With these fixes:" in said
    assert "Months that differ 0 of" in said
    assert desk.store.verify_chain().checked == before
    assert billing.post("/set-ups/try/BC-SEATS").status_code == 422


def test_a_recheck_after_it_was_mended_lets_it_go(desk):
    another(desk, "BC-2")
    billing = desk.visit("billing")
    another(desk, "BC-2", **mended())
    assert desk.store.holds.get("BC-2").state is HoldState.RELEASED
    answer = billing.post("/set-ups/recheck/BC-2", page="/set-ups/BC-2")
    assert answer.status_code == 303
    assert "Verified again" in words(billing.get("/set-ups/BC-2"))
    assert billing.post("/set-ups/recheck/BC-NONE").status_code == 404


def test_a_release_by_hand_is_kept_with_the_person_and_the_reason(desk):
    seen = another(desk, "BC-3")["decision_id"]
    billing = desk.visit("billing")
    assert billing.post("/set-ups/release/BC-3", seen=seen, reason=" ", page="/set-ups/BC-3").status_code == 422
    assert billing.post("/set-ups/release/BC-3", seen="dec_of_before", reason="x").status_code == 409
    assert billing.post("/set-ups/release/BC-3", seen=seen, reason="They pay by card.").status_code == 303
    said = words(billing.get("/set-ups/BC-3"))
    assert "by Billing (billing) : They pay by card." in said
    again = billing.post("/set-ups/release/BC-3", seen=seen, reason="Twice.")
    assert (again.status_code, "released already, by Billing (billing)" in words(again)) == (409, True)


def test_who_may_do_what(desk):
    seen = another(desk, "BC-4")["decision_id"]
    assert desk.visit("rep", rep_id="r-1").get("/set-ups").status_code == 403
    analyst = desk.visit("analyst")
    assert "Release the first invoice" not in words(analyst.get("/set-ups/BC-4"))
    for path in ("/set-ups/release/BC-4", "/set-ups/recheck/BC-4"):
        assert analyst.post(path, seen=seen, reason="x").status_code == 403
    assert desk.visit("approver").post("/set-ups/release/BC-4", seen=seen, reason="Agreed.").status_code == 303


def test_what_customers_write_is_shown_and_never_obeyed(desk):
    charge = CONFIGURATION["charges"][0] | {"product_name": HOSTILE, "charge_id": '"><img src=x onerror=alert(1)>'}
    another(desk, "BC/<b>5", charges=[charge], source=HOSTILE[:200])
    page = desk.visit("billing").get("/set-ups/BC/%3Cb%3E5")
    assert page.status_code == 200
    for bad in ("<script>alert", "<img src=x", "BC/<b>5", "\u202e"):
        assert bad not in page.text, bad
    assert len(page.data) < 300_000
    assert "BC/&lt;b&gt;5" in desk.visit("billing").get("/set-ups").text


def test_an_access_is_logged_and_what_is_not_there_is_not_found(desk):
    assert desk.visit("auditor").get("/set-ups/NONE").status_code == 404
    desk.visit("auditor").get("/set-ups/BC-SEATS")
    newest = desk.store.access.newest(AccessFilter(action="viewed"), limit=1)[0].access
    assert (newest.subject_type, newest.subject_id) == ("billing_configuration", "BC-SEATS")


def test_a_set_up_of_many_lines_is_no_heavy_page(desk):
    agreement = json.loads((FOLDER / "agreement.json").read_text("utf-8"))
    lines = [agreement["lines"][0] | {"line_id": str(n), "product_id": f"SEAT-{n}"} for n in range(60)]
    charge = CONFIGURATION["charges"][0]
    charges = [charge | {"charge_id": f"CH-{n}", "line_id": str(n), "product_id": f"SEAT-{n}"} for n in range(60)]
    store_seats(desk.store, agreement_id="AG-60", quote_id="Q-60", lines=lines)
    ids = {"billing_configuration_id": "BC-60", "agreement_id": "AG-60", "quote_id": "Q-60"}
    set_up(desk.services.set_ups, **ids, charges=charges)
    page = desk.visit("billing").get("/set-ups/BC-60")
    assert "40 more causes" in words(page)
    assert "and 52 more lines" in words(page)
    assert len(page.data) < 300_000
