"""Where somebody signs in from, behind so many proxies, and that attempts are counted by it."""

import pytest

from app.pages.origin import address_of
from tests.pages import a_user


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.7", "10.0.0.1"),
        (None, "203.0.113.7", ""),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "203.0.113.7", ""),
        (1, '"198.51.100.1, 203.0.113.7', "203.0.113.7"),
        (1, "203.0.113.7:5060", "203.0.113.7"),
        (1, "2001:DB8::7", "2001:db8::7"),
        (1, "[2001:db8::7]:5060", "2001:db8::7"),
        (1, "unknown", ""),
        (1, "", ""),
    ],
)
def test_the_address_is_the_one_that_the_outermost_proxy_of_ours_was_asked_from(proxies, forwarded, address):
    environ = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}
    assert address_of(environ, proxies=proxies) == address


def sign_in(site, name, forwarded):
    visitor = site.visit()
    visitor.client.environ_base["HTTP_X_FORWARDED_FOR"] = forwarded
    return visitor.sign_in(name)


def test_behind_a_proxy_an_address_is_locked_out_whatever_it_claims(open_site):
    site = open_site(trusted_proxies="1")
    a_user(site.store, "ann", "analyst")
    for number in range(31):
        sign_in(site, f"nobody-{number}", f"192.0.2.{number}, 203.0.113.7")
    assert "too many attempts" in sign_in(site, "ann", "192.0.2.99, 203.0.113.7").text
    assert sign_in(site, "ann", "203.0.113.8").status_code == 303
