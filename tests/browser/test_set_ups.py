"""Set-ups, audits and playbooks in a real browser: what axe-core finds, a narrow screen, and a first invoice let go."""

import pytest

from policies.holding import HoldState
from tests.pages import signed_in
from tests.seat_contract import set_up, store_seats

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGES = {"set-up": "/set-ups/BC-SEATS", "audit": "/audits/AG-SEATS", "playbook": "/playbooks/U05"}


@pytest.fixture(scope="module")
def seats(live):
    """The seat contract, set up without its overage price, held, and audited with an open case."""
    store_seats(live.services.store)
    seats = set_up(live.services.set_ups)
    billing = signed_in(live.app, live.services.store, "billing", name="bill")
    billing.post("/audits/run/AG-SEATS", page="/audits/AG-SEATS")
    page = billing.get("/audits/AG-SEATS").text
    finding = page.split('name="finding_id" value="')[1].split('"')[0]
    case = billing.post("/recoveries", agreement_id="AG-SEATS", finding_id=finding).location
    return seats, case


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_the_pages_are_kept(live, seats, has_no_violations, keep_screenshot, scheme):
    page = live.open("/set-ups", "billing", name="bill", scheme=scheme)
    has_no_violations(page)
    for name, path in PAGES.items():
        page.goto(path)
        has_no_violations(page)
        keep_screenshot(page, f"{name}-{scheme}")
    page.goto(seats[1])
    has_no_violations(page)
    keep_screenshot(page, f"recovery-{scheme}")


def test_axe_finds_nothing_on_the_lists(live, seats, has_no_violations):
    page = live.open("/recoveries", "billing", name="bill")
    for path in ("/recoveries", "/audits", "/playbooks"):
        page.goto(path)
        has_no_violations(page)


def test_a_narrow_screen_needs_no_sideways_scrolling(live, seats):
    page = live.open("/set-ups", "billing", name="bill", width=320)
    for path in ("/set-ups", *PAGES.values(), seats[1]):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_fixes_are_tried_and_the_first_invoice_is_let_go(live, seats, has_no_violations, keep_screenshot):
    page = live.open("/set-ups/BC-SEATS", "billing", name="bill")
    page.get_by_role("button", name="See what they bring").click()
    assert "0 of" in page.locator(".tried").inner_text()
    has_no_violations(page)
    keep_screenshot(page, "set-up-tried-light")
    page.goto("/set-ups/BC-SEATS")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_label("Release by hand").fill("The customer pays by card until it is mended.")
    page.get_by_role("button", name="Release the first invoice").click()
    assert "Released." in page.get_by_role("status").inner_text()
    assert live.services.store.holds.get("BC-SEATS").state is HoldState.RELEASED
