"""One's own account: password, sessions, and lending."""

from app.store import AccessFilter, Role
from tests.pages import PASSWORD, a_user, words

NEW = "a new and longer one"


def test_a_new_password_ends_the_other_sessions_and_opens_from_now_on(site):
    here, there = site.visit("analyst"), site.visit("analyst")
    answer = here.post("/account/password", old=PASSWORD, new=NEW, again=NEW)
    assert answer.status_code == 303
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303
    assert site.visit().sign_in("analyst").status_code == 401
    assert site.visit().sign_in("analyst", NEW).status_code == 303


def test_a_password_is_not_changed_without_the_old_one_or_to_a_poor_one(site):
    visitor = site.visit("analyst")
    for fields, said in (
        ({"old": "wrong", "new": NEW, "again": NEW}, "This is not your password."),
        ({"old": PASSWORD, "new": "short", "again": "short"}, "at least 12"),
        ({"old": PASSWORD, "new": NEW, "again": "another one"}, "not the same"),
        ({"old": PASSWORD, "new": "the analyst's own", "again": "the analyst's own"}, "Leave your name out"),
    ):
        answer = visitor.post("/account/password", **fields)
        assert (answer.status_code, said in words(answer)) == (422, True), said


def test_what_is_lent_counts_until_its_day_is_over_and_cannot_be_lent_on(site):
    taker = a_user(site.store, "tim", "analyst")
    giver = site.visit("approver", approval_roles=["director"])
    giver.post("/account/lend", to_user=taker.user_id, approval_roles="director", ends_on="2026-03-05", reason="away")
    tim = site.visit("analyst", name="tim")
    assert "Lent by Approver approver director until 6 Mar 2026, 00:00 UTC" in words(tim.get("/account"))
    on = tim.post("/account/lend", to_user=giver.user.user_id, roles="approver", ends_on="2026-03-04", reason="x")
    assert "You do not have the role approver yourself." in words(on)
    site.clock.advance(days=4)
    assert tim.sign_in("tim").status_code == 303
    assert "Lent by" not in words(tim.get("/account"))


def test_who_lent_something_can_end_it_and_nobody_else(site):
    taker = a_user(site.store, "tim", "analyst")
    giver = site.visit("auditor")
    giver.post("/account/lend", to_user=taker.user_id, roles="auditor", ends_on="2026-03-05", reason="away")
    [lent] = site.store.people.lent_to(taker.user_id)
    assert site.visit("billing").post("/account/take-back", delegation_id=lent.delegation_id).status_code == 403
    assert giver.post("/account/take-back", delegation_id=lent.delegation_id).status_code == 303
    assert site.store.people.lent_to(taker.user_id) == ()
    actions = [each.access.action for each in site.store.access.newest(AccessFilter(subject_type="delegation"))]
    assert actions == ["took-back", "lent"]


def test_what_the_giver_loses_the_taker_loses(site):
    taker = a_user(site.store, "tim", "analyst")
    giver = site.visit("auditor")
    giver.post("/account/lend", to_user=taker.user_id, roles="auditor", ends_on="2026-03-05", reason="away")
    a_user(site.store, "auditor", Role.BILLING)
    assert "Lent by Auditor none until" in words(site.visit("analyst", name="tim").get("/account"))


def test_one_session_of_several_can_be_ended_from_another(site):
    here, there = site.visit("analyst"), site.visit("analyst")
    here.post("/account/sessions/end", session_id="")
    assert there.get("/account").status_code == 303
    assert here.get("/account").status_code == 200
