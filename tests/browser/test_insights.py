"""Insights, policies and models in a real browser: both schemes, a narrow screen, and a draft that is checked as it is typed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.app.ledgers.builders import a_finding, a_line, a_quote, agreed, decided, turned_out
from tests.app.scoring_models import a_linear_model, promoted
from tests.app.store.builders import NOON, POLICIES

pytestmark = [pytest.mark.browser, pytest.mark.slow]

POLICY = "/policies/allowance-without-overage-price"
_SAID = (0.02, 0.06, 0.12, 0.21, 0.33, 0.52, 0.71, 0.88)
CARD = {
    "simulated": True,
    "served": "linear",
    "because": "On the newest deals held out, the sum of effects lost least.",
    "newest": {
        "deals": 400,
        "average_precision": 0.541,
        "auc": 0.84,
        "brier": 0.08,
        "calibration_error": 0.049,
        "reliability": [{"deals": 50.0, "probability": each, "leaked": each * 0.9} for each in _SAID],
        "tiers": [
            {"name": "alert", "from_probability": 0.9, "n": 31, "precision": 0.61, "low": 0.44, "high": 0.76},
            {
                "name": "digest",
                "from_probability": 0.7,
                "n": 90,
                "precision": 0.8,
                "low": 0.7,
                "high": 0.87,
                "bears_name": True,
            },
        ],
    },
    "effects": [{"feature": name, "log_odds": size} for name, size in (("discount_depth", 0.3), ("line_count", -0.2))],
}


@pytest.fixture(scope="module")
def desk(live):
    """Half a year of deals: blocked, mended and signed; leaks found and partly recovered; a model in force."""
    store = live.services.store
    store.artefacts.put("policies", POLICIES)
    now = datetime.now(UTC)
    for number in range(48):
        days = (now - NOON).days - 4 * number
        lines = a_line(product_id=f"SKU-{number % 5}")
        terms = {"quote_id": f"Q-{number}", "rep": {"rep_id": f"R-{number % 4}", "role": "ae"}}
        found = a_finding(f"{900 + 150 * (number % 7)}.00") if number % 3 == 0 else None
        decided(store, a_quote(lines, **terms), *([found] if found else []), days=days)
        if number % 6 == 0:
            mended = a_quote(a_line(product_id=f"SKU-{number % 5}", overage_unit_price="0.5"), **terms)
            decided(store, mended, days=days + 1)
            agreed(store, mended, f"AG-{number}")
        if number % 4 == 0:
            at = (now - timedelta(days=4 * number)).isoformat()
            about = {"leaked": True, "pattern": ("U05", "R01", "B01")[number % 3], "amount": f"{400 + 90 * number}.00"}
            how = {
                "recovered_amount": "150.00",
                "source": "audit",
                "verdict": ("true_positive", "false_negative")[number % 8 // 4],
            }
            turned_out(
                store, f"O-{number}", discovered_at=at, subject={"type": "quote", "id": f"Q-{number}"}, **about, **how
            )
    package = a_linear_model()
    card = replace(package.manifest, card=CARD, simulated=True, trained_on=1598, quotes=6000, leaks=327)
    promoted(live.services.settings.models, replace(package, manifest=card))
    return live


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_the_pages_are_kept_as_pictures(desk, has_no_violations, keep_screenshot, scheme):
    page = desk.open("/insights?group=pattern", "analyst", "admin", scheme=scheme)
    page.get_by_text("No sign of gaming").wait_for()
    has_no_violations(page)
    keep_screenshot(page, f"insights-{scheme}")
    page.goto(POLICY)
    has_no_violations(page)
    keep_screenshot(page, f"policy-{scheme}")
    page.goto("/policies/draft")
    has_no_violations(page)
    page.goto("/models")
    has_no_violations(page)
    if scheme == "light":
        keep_screenshot(page, "models-light")


def test_a_narrow_screen_needs_no_sideways_scrolling(desk):
    page = desk.open("/insights?group=rep", "analyst", "admin", width=320)
    for path in ("/insights?group=rep", "/policies", POLICY, "/policies/draft", "/models"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_a_mistake_shows_its_caret_while_one_types_and_the_link_goes_there(desk):
    page = desk.open("/policies/draft", "analyst", "admin")
    told = []
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    draft = page.get_by_label("The policy", exact=True)
    draft.fill(draft.input_value().replace("line.net_unit_price >=", "line.net_unit_prise >="))
    checked = page.locator("#checked")
    checked.get_by_text("did you mean line.net_unit_price?").wait_for()
    assert "require: line.net_unit_prise >= line.floor_price\n              ^^^^^^^^^^^^^^" in checked.inner_text()
    checked.get_by_role("link", name="Line 7, column 15").click()
    assert draft.evaluate("each => each.value.slice(each.selectionStart, each.selectionStart + 4)") == "net_"
    draft.fill(draft.input_value().replace("prise", "price"))
    checked.get_by_text("all 2 pass").wait_for()
    assert told == []
