"""The queue in a real browser: both schemes, a narrow screen, filters that stay, keys, and a case that is taken."""

from datetime import timedelta
from decimal import Decimal

import pytest

from app.store import digest_of
from policies.domain.decision import Verdict
from tests.app.desk.builders import a_finding, flagged
from tests.app.store.builders import POLICIES

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CALLS = "Overage price missing on API calls: $14,400 a year could go unbilled."
DEALS = (
    # id, account, rep, headline, at risk, hours ago
    ("Q-20481", "Brightwater Ltd", "Rita Example", CALLS, "14400.00", 2),
    ("Q-20502", "Zürich Präzision AG", "Omar Lind", "Net price of Seats is under the floor of $9.", "88200.00", 20),
    ("Q-20517", "شركة النور", "Rita Example", "The discount ends after three months and nothing says what comes then.", "3200.00", 30),
    ("Q-20533", "Larch & Sons", "Jo Winter", "The renewal has no uplift: 5 % is the least.", "560.00", 300),
    ("Q-20540", "Fenwick Foods", "Jo Winter", "Two free months and a discount come to 18.4 %; 10 % is shown.", "9120.00", 5),
    ("Q-20544", "Café Ombré", "Ines Marrow", "A commitment of $50,000 a year has no true-up.", "50000.00", 7),
    ("Q-20551", "株式会社ブライト", "Ines Marrow", "Tiers overlap between 100 and 120 units.", "2750.00", 9),
    ("Q-20553", "Harbor Nurseries", "Omar Lind", "Line 3 has no product in the catalog.", "11200.00", 11),
    ("Q-20560", "Quarry Jewellers", None, "Payment after 120 days; 60 are allowed.", "4310.00", 12),
    ("Q-20562", "Nimbus Labs", "Rita Example", "The total is of one month, not of twelve.", "26222.46", 14),
    ("Q-20571", "Oakline Freightways", "Sam Holt", "Price of Storage differs from its price book.", "640.00", 26),
    ("Q-20577", "Marble Hotels", "Sam Holt", "Termination for convenience after six months.", "36162.00", 40),
)  # fmt: skip


@pytest.fixture(scope="module")
def deals(live):
    store, now = live.services.store, live.services.clock()
    store.artefacts.put("policies", POLICIES)
    for number, (quote_id, name, rep, headline, money, hours) in enumerate(DEALS):
        finding = a_finding("line-price-floor", effect="block" if number in (1, 5, 9) else "flag")
        request = {"account": {"name": name}, "stage": ("submitted", "draft", "approval")[number % 3]}
        request |= {"rep": {"name": rep}} if rep else {}
        request["valid_until"] = (now + timedelta(days=1 + number * 5 % 9)).date().isoformat()
        store.record(
            flagged(finding, quote_id=quote_id, headline=headline, at_risk_under=Decimal(money), request=request, simulated=True,
                    source=("hubspot", "salesforce")[number % 2], content=digest_of(quote_id.encode()), created_at=now - timedelta(hours=hours))
        )  # fmt: skip
    store.record(flagged(quote_id="Q-20600", verdict=Verdict.ALLOW, content="sha256:a"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_queue(live, deals, has_no_violations, keep_screenshot, scheme):
    page = live.open("/", "analyst", scheme=scheme)
    assert page.locator("table.deals tbody tr").count() == 12
    keep_screenshot(page, f"queue-{scheme}")
    has_no_violations(page)


def test_a_narrow_screen_needs_no_sideways_scrolling(live, deals):
    page = live.open("/", "analyst", width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_filter_stays_in_the_address_and_in_the_form(live, deals):
    page = live.open("/", "analyst")
    page.get_by_label("Verdict").select_option("block")
    page.get_by_role("button", name="Show").click()
    assert "verdict=block" in page.url
    assert page.locator("table.deals tbody tr").count() == 3
    page.reload()
    assert page.get_by_label("Verdict").input_value() == "block"


def test_the_keys_go_from_deal_to_deal_tick_and_open(live, deals):
    page = live.open("/", "analyst")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    ticked = page.locator("tbody input:checked")
    assert ticked.get_attribute("aria-label") == f"Tick {page.locator('tbody tr').nth(1).locator('a').inner_text()}"
    page.keyboard.press("Enter")
    page.wait_for_url("**/scorecards/quotes/**")


def test_a_case_is_taken_and_several_are_sent_back_after_a_look(live, deals, has_no_violations):
    page = live.open("/?q=Q-20533", "analyst")
    page.get_by_role("button", name="Take Q-20533").click()
    assert page.get_by_role("status").inner_text() == "Q-20533 is yours."
    assert "q=Q-20533" in page.url
    page.get_by_label("Tick Q-20533").check()
    page.get_by_role("button", name="Ask for changes…").click()
    has_no_violations(page)
    page.get_by_label("Reason", exact=True).fill("Add the uplift.")
    page.get_by_role("button", name="Ask for changes 1").click()
    assert "1 of 1 sent back." in page.get_by_role("status").inner_text()


def test_axe_finds_nothing_in_the_record_nor_on_a_decision(live, deals, has_no_violations, keep_screenshot):
    page = live.open("/record", "auditor")
    page.get_by_role("button", name="Check the whole chain now").click()
    assert "the chain is whole" in page.get_by_role("status").inner_text()
    keep_screenshot(page, "record-light")
    has_no_violations(page)
    page.locator("table.record tbody a").first.click()
    page.get_by_role("button", name="Verify this decision's link now").click()
    assert "as it was written" in page.locator("#chain").inner_text()
    has_no_violations(page)


def test_an_endless_name_leaves_every_column_of_the_others_in_view(live, deals):
    store = live.services.store
    headline = f"Included allowance without an overage price on {'W' * 10_000}"
    store.record(flagged(quote_id="Q-LONG", headline=headline, content="sha256:b"))
    page = live.open("/", "analyst")
    box = page.locator("table.deals").bounding_box()
    store.record(flagged(quote_id="Q-LONG", verdict=Verdict.ALLOW, content="sha256:c"))
    assert box["x"] + box["width"] <= 1280
