"""The frame of all pages: who gets in, what a forged form gets, and what every answer says to the browser."""

from tests.pages import words


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(site):
    visitor = site.visit()
    answer = visitor.get("/account?tab=1")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/account%3Ftab%3D1"


def test_signing_in_opens_the_page_that_was_asked_for(site):
    visitor = site.visit("analyst")
    answer = visitor.get("/account")
    assert answer.status_code == 200
    assert "Signs in as analyst" in words(answer)


def test_a_form_without_the_mark_of_the_session_does_nothing(site):
    visitor = site.visit("analyst")
    answer = visitor.client.post("/sign-out", data={"csrf": "0" * 64})
    assert answer.status_code == 403
    assert "The form did not come from here" in words(answer)
    assert visitor.get("/account").status_code == 200


def test_a_form_of_another_site_does_nothing(site):
    visitor = site.visit("analyst")
    visitor.get("/account")
    for header in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        answer = visitor.client.post("/sign-out", data={"csrf": visitor.mark}, headers=header)
        assert answer.status_code == 403


def test_an_unknown_page_is_a_page_for_people_and_a_problem_for_machines(site):
    visitor = site.visit("analyst")
    assert "There is nothing here" in words(visitor.get("/nowhere", headers={"Accept": "text/html"}))
    assert visitor.get("/nowhere").mimetype == "application/problem+json"
    assert visitor.get("/v1/nowhere", headers={"Accept": "text/html"}).mimetype == "application/problem+json"
