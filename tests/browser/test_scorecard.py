"""The scorecard in a real browser: both schemes, a narrow screen, paper, and a fix that is tried and sent back."""

import json

import pytest

from app.store import Document, DocumentKind
from tests.scorecards import SEATS, a_deal, checked, scored

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RAMP = SEATS | {
    "line_id": "2", "product_id": "ANALYTICS", "product_name": "Analytics", "quantity": "40", "net_unit_price": "10.8",
    "list_unit_price": "12", "discounts": [{"percent": "10"}], "included_quantity": None, "free_months": None, "uplift_percent": "3",
    "ramp": [
        {"start_date": "2027-01-01", "end_date": "2027-12-31", "quantity": "20"},
        {"start_date": "2028-01-01", "quantity": "40", "net_unit_price": "11"},
    ],
}  # fmt: skip
ADDRESS = "/scorecards/quotes/Q/2027-14"


@pytest.fixture(scope="module")
def deal(live):
    """A flagged and scored deal with a past: two revisions, and fourteen deals like it of which some leaked."""
    services = live.services
    for number in range(14):
        seats = SEATS | {"net_unit_price": str(40 - number * 9 // 5), "discounts": []}
        checked(services, a_deal(f"Q-{number}", seats, RAMP))
        outcome = {
            "outcome_id": f"O-{number}",
            "subject": {"type": "quote", "id": f"Q-{number}"},
            "leaked": number % 3 == 0,
        }
        outcome |= {"amount": f"{number + 1}200.00", "currency": "USD", "pattern": "U05"} if number % 3 == 0 else {}
        if number < 11:
            kept = Document(id=outcome["outcome_id"], body=json.dumps(outcome).encode(), parent_id=f"Q-{number}")
            services.store.documents.put(DocumentKind.OUTCOME, [kept])
    checked(services, a_deal("Q/2027-14", SEATS | {"net_unit_price": "30", "discounts": []}, RAMP))
    decided = checked(services, a_deal("Q/2027-14", SEATS, RAMP, revision="2"))
    return scored(services, decided["decision_id"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_scorecard(live, deal, has_no_violations, keep_screenshot, scheme):
    page = live.open(ADDRESS, "analyst", scheme=scheme)
    assert page.get_by_role("heading", level=1).inner_text() == "Quote Q/2027-14 for Brightwater"
    keep_screenshot(page, f"scorecard-{scheme}")
    has_no_violations(page)


def test_a_fix_is_tried_and_sent_back(live, deal, has_no_violations, keep_screenshot):
    page = live.open(ADDRESS, "analyst")
    page.get_by_role("button", name="Apply and check Set the overage price").click()
    tried = page.get_by_role("region", name="With this fix")
    assert "overage unit price" in tried.inner_text()
    assert "Cleared" in tried.inner_text()
    has_no_violations(page)
    keep_screenshot(page, "scorecard-tried")
    page.get_by_role("button", name="Send back to the CPQ").click()
    assert "Changes are asked for" in page.get_by_role("status").inner_text()
    assert "Set the overage price" in page.get_by_role("table", name="Reviews").inner_text()


def test_it_fits_a_narrow_screen_and_two_sheets_of_paper(live, deal):
    page = live.open(ADDRESS, "analyst", width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.emulate_media(media="print")
    assert not page.get_by_role("button", name="Record it").is_visible()
    assert page.get_by_text("From list price to effective net").is_visible()
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") <= 2
