"""Signing in by the company's identity provider, against one on loopback that signs for real."""

import time
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.people.person import system
from tests.app.people.issuer import CLIENT, Issuer
from tests.pages import a_user, words


@pytest.fixture
def issuer():
    started = Issuer().start()
    yield started
    started.stop()


@pytest.fixture
def site(open_site, issuer):
    return open_site(oidc_issuer=issuer.address, oidc_client_id=CLIENT, oidc_roles="desk=analyst,vp=approver:director")


def come_in(site, issuer, visitor=None):
    visitor = visitor or site.visit()
    left = visitor.get("/sign-in/company?next=/account")
    return visitor, visitor.get(issuer.visit(left.location))


def test_a_person_comes_in_with_the_roles_of_their_groups(site, issuer):
    issuer.claims = {"groups": ["desk", "vp", "football"]}
    visitor, answer = come_in(site, issuer)
    assert (answer.status_code, answer.location) == (303, "/account")
    assert "Ada Abbey Signs in as ada Roles analyst approver Approval levels director" in words(visitor.get("/account"))


def test_roles_follow_the_groups_at_the_next_visit(site, issuer):
    issuer.claims = {"groups": ["desk"]}
    come_in(site, issuer)
    issuer.claims = {"groups": []}
    come_in(site, issuer)
    [user] = site.store.people.all()
    assert user.roles == frozenset()


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of another sign-in"},
        {"aud": "another program"},
        {"iss": "https://another.example"},
        {"exp": int(time.time()) - 3600},
        {"aud": [CLIENT, "another"], "azp": "another"},
    ],
)
def test_a_token_that_is_not_for_us_lets_nobody_in(site, issuer, claims):
    issuer.claims = claims
    _, answer = come_in(site, issuer)
    assert answer.status_code == 401
    assert "did not say who you are" in words(answer)
    assert site.store.people.all() == ()


def test_a_token_signed_by_another_key_lets_nobody_in(site, issuer):
    issuer.sign_with = ec.generate_private_key(ec.SECP256R1())
    assert come_in(site, issuer)[1].status_code == 401


def test_a_token_signed_by_a_shared_secret_lets_nobody_in(site, issuer):
    issuer.sign_with, issuer.algorithm = "a secret that is long enough for the library", "HS256"
    assert come_in(site, issuer)[1].status_code == 401


def test_who_comes_back_to_another_browser_stays_out(site, issuer):
    left = site.visit().get("/sign-in/company")
    answer = site.visit().get(issuer.visit(left.location))
    assert answer.status_code == 401
    assert "begun in another browser" in words(answer)


def test_another_state_stays_out(site, issuer):
    visitor = site.visit()
    left = visitor.get("/sign-in/company")
    issuer.visit(left.location)
    assert visitor.get("/sign-in/company/back?code=code-1&state=guessed").status_code == 401


def test_a_name_that_somebody_has_here_is_not_taken_over(site, issuer):
    a_user(site.store, "ada", "admin")
    _, answer = come_in(site, issuer)
    assert "Somebody here has your name already" in words(answer)


def test_who_is_disabled_stays_out(site, issuer):
    come_in(site, issuer)
    [user] = site.store.people.all()
    site.store.people.change(replace(user, disabled_at=site.clock.now), by=system("disabled", "user", user.user_id))
    assert "disabled" in words(come_in(site, issuer)[1])


def test_a_provider_that_is_away_is_said_so(site, issuer):
    issuer.server.server_close()
    issuer.server.shutdown()
    assert "does not answer" in words(site.visit().get("/sign-in/company"))
