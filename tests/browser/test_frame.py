"""The frame in a real browser: signing in, both schemes, a narrow screen, without scripts, and what axe-core finds."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_signing_in_and_out_by_keyboard(live):
    page = live.open("/account")
    page.keyboard.type("nobody-yet")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong password")
    page.keyboard.press("Enter")
    assert "not right" in page.get_by_role("alert").inner_text()
    page = live.open("/account", "analyst", "auditor")
    assert page.get_by_role("heading", level=1).inner_text() == "Your account"
    page.get_by_role("button", name="Sign out", exact=True).click()
    assert "You are signed out." in page.get_by_role("status").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_the_frame(live, has_no_violations, keep_screenshot, scheme):
    page = live.open("/sign-in", scheme=scheme)
    has_no_violations(page)
    keep_screenshot(page, f"sign-in-{scheme}")
    page = live.open("/account", "analyst", "approver", name="ann", approval_roles=["manager"], scheme=scheme)
    has_no_violations(page)
    keep_screenshot(page, f"account-{scheme}")
    page.goto("/nowhere")
    has_no_violations(page)


def test_a_narrow_screen_needs_no_sideways_scrolling(live):
    page = live.open("/account", "analyst", name="ann", width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_switch_is_kept_in_a_cookie_and_nothing_breaks_the_policy(live):
    page = live.open("/account", "analyst")
    told = []
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    with page.expect_response("**/appearance"):
        page.get_by_role("button", name="appearance").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert told == []


def test_the_page_is_painted_within_a_second(live):
    page = live.open("/account", "analyst")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
    assert painted < 1_000
