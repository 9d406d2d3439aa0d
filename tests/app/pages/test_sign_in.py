"""Signing in: what strangers learn of it, how often they may try, and where one comes out."""

import pytest

from app.people.passwords import Cost, Passwords
from app.store import AccessFilter
from tests.pages import PASSWORD, Visitor, a_user, words


def test_an_unknown_name_and_a_wrong_password_get_the_same_page(site):
    a_user(site.store, "ann", "analyst")
    known, unknown = (site.visit().sign_in(name, "a wrong password") for name in ("ann", "bob"))
    assert known.status_code == unknown.status_code == 401
    assert words(known) == words(unknown)
    assert "The name or the password is not right." in words(known)


def test_a_name_without_a_hash_is_checked_against_a_hash_all_the_same():
    passwords = Passwords(Cost(passes=1, memory_kib=8, lanes=1))
    assert not passwords.fits("any", None)
    assert "_nobodys" in vars(passwords)


@pytest.mark.parametrize("name", ["ann", "nobody-at-all"])
def test_too_many_attempts_wait_longer_and_longer_whoever_is_meant(site, name):
    a_user(site.store, "ann", "analyst")
    visitor = site.visit()
    for _ in range(6):
        assert "not right" in words(visitor.sign_in(name, "wrong"))
    assert "Wait 1 seconds" in words(visitor.sign_in(name, PASSWORD))
    site.clock.advance(seconds=1)
    assert "not right" in words(visitor.sign_in(name, "wrong"))
    assert "Wait 2 seconds" in words(visitor.sign_in(name, PASSWORD))


def test_the_right_password_after_the_wait_opens_and_forgets(site):
    a_user(site.store, "ann", "analyst")
    visitor = site.visit()
    for _ in range(6):
        visitor.sign_in("ann", "wrong")
    site.clock.advance(minutes=15)
    assert visitor.sign_in("ann").status_code == 303
    assert "not right" in words(site.visit().sign_in("ann", "wrong"))


def test_a_disabled_user_is_told_no_more_than_a_stranger(site):
    a_user(site.store, "ann", "analyst", disabled_at=site.clock.now)
    assert "The name or the password is not right." in words(site.visit().sign_in("ann"))


def test_a_session_known_before_signing_in_is_worth_nothing_after(site):
    a_user(site.store, "ann", "analyst")
    visitor = site.visit()
    visitor.client.set_cookie("qg_session", "planted-by-somebody")
    visitor.sign_in("ann")
    assert visitor.client.get_cookie("qg_session").value != "planted-by-somebody"
    stranger = site.visit()
    stranger.client.set_cookie("qg_session", "planted-by-somebody")
    assert stranger.get("/account").status_code == 303


def test_signing_in_again_begins_another_session_and_ends_the_first(site):
    visitor = site.visit("analyst")
    first = visitor.client.get_cookie("qg_session").value
    visitor.mark = ""
    visitor.post("/sign-in", page="/account", name="analyst", password=PASSWORD)
    thief = Visitor(site.app.test_client())
    thief.client.set_cookie("qg_session", first)
    assert thief.get("/account").status_code == 303
    assert visitor.get("/account").status_code == 200


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/a\nLocation: /b", "", "é"],
)
def test_signing_in_leads_nowhere_but_to_a_page_of_ours(site, elsewhere):
    a_user(site.store, "ann", "analyst")
    assert site.visit().sign_in("ann", next=elsewhere).location == "/"


def test_a_session_ends_when_left_alone_and_at_last_whatever_one_does(site):
    visitor = site.visit("analyst")
    for _ in range(11):
        site.clock.advance(minutes=60)
        assert visitor.get("/account").status_code == 200
    site.clock.advance(minutes=60)
    assert visitor.get("/account").status_code == 303
    idle = site.visit("analyst")
    site.clock.advance(minutes=121)
    assert idle.get("/account").status_code == 303


def test_the_cookie_is_out_of_reach_and_leaves_this_machine_by_tls_only(site, open_site):
    a_user(site.store, "ann", "analyst")
    for host, mark in (("localhost", "qg_session="), ("quoteguard.example", "__Host-qg_session=")):
        visitor = site.visit()
        opened = visitor.get("/sign-in", base_url=f"https://{host}")
        answer = visitor.client.post(
            "/sign-in",
            data={"csrf": visitor.mark, "name": "ann", "password": PASSWORD},
            base_url=f"https://{host}",
        )
        assert opened.status_code == 200
        [cookie] = [each for each in answer.headers.getlist("Set-Cookie") if each.startswith(mark)]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert ("Secure" in cookie) is (host != "localhost")


def test_a_form_that_comes_after_the_session_is_kept_through_the_sign_in(site):
    visitor = site.visit("analyst")
    visitor.get("/account")
    site.clock.advance(hours=3)
    late = visitor.post("/account/lend", reason="<b>holiday</b>", ends_on="2026-04-01", password="not kept")
    assert late.status_code == 401
    assert "nothing was done yet" in words(late)
    assert "not kept" not in late.text
    kept = {"kept:reason": "<b>holiday</b>", "kept:ends_on": "2026-04-01"}
    answer = visitor.post("/sign-in", name="analyst", password=PASSWORD, next="/account/lend", **kept)
    assert "reason <b>holiday</b>" in words(answer)
    assert 'action="/account/lend"' in answer.text
    sent = visitor.post("/account/lend", reason="holiday", ends_on="2026-04-01")
    assert sent.status_code == 422


def test_every_coming_and_going_is_in_the_access_log(site):
    visitor = site.visit("analyst")
    visitor.post("/sign-out")
    entries = site.store.access.newest(AccessFilter(user_id=visitor.user.user_id))
    assert [each.access.action for each in entries] == ["signed-out", "signed-in"]
    assert visitor.get("/account").status_code == 303
