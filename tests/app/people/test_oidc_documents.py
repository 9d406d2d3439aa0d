"""What is kept of what an identity provider says about itself, and when it is asked again."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.people.oidc import IdentityProvider
from app.people.oidc_documents import NotKnown, ProviderDocuments
from tests.app.people.issuer import CLIENT, Issuer

ABOUT, KEYS = "/.well-known/openid-configuration", "/keys"


@pytest.fixture
def issuer():
    started = Issuer().start()
    yield started
    started.stop()


@pytest.fixture
def time():
    return [0.0]


@pytest.fixture
def provider(issuer, time):
    documents = ProviderDocuments(issuer.address, lambda: time[0])
    return IdentityProvider(
        issuer=issuer.address, client_id=CLIENT, client_secret=None, back="http://localhost/back", documents=documents
    )


def sign_in(provider, issuer):
    begun = provider.begin()
    issuer.visit(begun.address)
    return provider.finish("code-1", begun).subject


def test_ten_people_ask_the_provider_about_itself_once(provider, issuer):
    assert [sign_in(provider, issuer) for _ in range(10)] == ["u-1"] * 10
    assert issuer.fetched == [ABOUT, KEYS]


def test_after_an_hour_it_is_asked_again(provider, issuer, time):
    sign_in(provider, issuer)
    time[0] = 3600.0
    sign_in(provider, issuer)
    assert issuer.fetched == [ABOUT, KEYS, ABOUT, KEYS]


@pytest.mark.parametrize("key_id", ["k2", "k1"])
def test_a_new_key_is_fetched_when_a_token_comes_with_it(provider, issuer, time, key_id):
    sign_in(provider, issuer)
    issuer.key, issuer.key_id = ec.generate_private_key(ec.SECP256R1()), key_id
    time[0] = 60.0
    assert sign_in(provider, issuer) == "u-1"
    assert issuer.fetched == [ABOUT, KEYS, KEYS]


def test_tokens_with_made_up_keys_do_not_have_the_provider_asked_each_time(provider, issuer, time):
    sign_in(provider, issuer)
    issuer.sign_with = ec.generate_private_key(ec.SECP256R1())
    time[0] = 60.0
    for _ in range(5):
        with pytest.raises(NotKnown):
            sign_in(provider, issuer)
    assert issuer.fetched == [ABOUT, KEYS, KEYS]


def test_what_is_known_carries_over_a_short_absence(provider, issuer):
    sign_in(provider, issuer)
    issuer.stop()
    assert provider.begin().address.startswith(f"{issuer.address}/authorize?")
