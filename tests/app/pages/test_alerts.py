"""The page of alerts: what was told and why something waits, and no secret."""

from app.store import DeliveryNote, DeliveryState, NoticeKind, NoticeNote
from tests.pages import words


def given_up(site):
    note = NoticeNote(
        kind=NoticeKind.ALERT, dedupe_key="k", subject_type="quote", subject_id="<script>alert(1)</script>",
        facts={"headline": "Overage price missing."},
    )  # fmt: skip
    notices = site.store.notices
    notices.put([note])
    notices.plan(notices.planning.claim(), [DeliveryNote(channel="desk", due_at=site.clock.now)])
    item = notices.sending.claim()
    notices.end(item, [item.item_id], DeliveryState.GIVEN_UP, "desk did not take it")
    return item.item_id


def test_without_a_file_the_page_says_how_to_begin(site):
    answer = site.visit("auditor").get("/alerts")
    assert "Nobody is told of anything" in words(answer)
    assert "routes:" in words(answer)


def test_what_was_given_up_is_shown_with_its_reason_and_sent_again(site):
    identity = given_up(site)
    visitor = site.visit("analyst")
    answer = visitor.get("/alerts?state=given-up")
    assert "desk did not take it" in words(answer)
    assert "<script>alert" not in answer.text
    visitor.post("/alerts/retry", delivery_id=identity, page="/alerts")
    assert site.store.notices.delivery(identity).state is DeliveryState.WAITING


def test_the_file_in_force_is_shown_without_its_secrets(site):
    (site.settings.home / "alerts.yaml").write_text(
        "channels:\n  - {name: hook, kind: webhook, url: 'https://x.example/TOKEN/in', secret: {env: HOOK}}\n"
        "routes:\n  - {kinds: [alert], channels: [hook]}\n"
    )
    answer = site.visit("admin").get("/alerts")
    assert "https://x.example" in words(answer)
    assert "in HOOK" in words(answer)
    assert "TOKEN" not in answer.text


def test_a_rep_may_not_look(site):
    assert site.visit("rep", rep_id="r-1").get("/alerts").status_code == 403
