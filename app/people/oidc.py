"""Signing in by the company's identity provider: OpenID Connect, the authorization code flow with state, nonce and PKCE.

https://openid.net/specs/openid-connect-core-1_0.html and RFC 7636. Nothing that the browser brings is believed but the code;
who somebody is comes from the provider, in a token that its own key has signed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from app.people.person import Person
from app.store import NameTaken, Role, Store, User

_SECONDS: Final = 10.0
_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
"""What a token may be signed with: never a shared secret, never nothing."""
_LEEWAY_SECONDS: Final = 60
_LONGEST: Final = 200


class NotKnown(Exception):  # noqa: N818 - it says what is the matter
    """The provider did not say who it is, or who it is may not come in. The message is for the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What must come back with the person from the provider. It stays in a cookie of the browser that left."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who somebody is, by the provider's word."""

    issuer: str
    subject: str
    name: str
    display_name: str
    email: str | None = None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """The company's identity provider. `back` is the address of ours that it sends people to."""

    issuer: str
    client_id: str
    client_secret: str | None
    back: str
    roles_claim: str = "groups"

    def begin(self) -> Begun:
        """Where to send a browser, with what nobody can guess. Raises `NotKnown` where the provider is away."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._session() as session:
            address, _ = session.create_authorization_url(
                self._endpoint("authorization_endpoint"), state=state, nonce=nonce, code_verifier=verifier
            )
        return Begun(address=address, state=state, nonce=nonce, verifier=verifier)

    def finish(self, code: str, begun: Begun) -> Identity:
        """Who came back with the code. Raises `NotKnown`."""
        try:
            with self._session() as session:
                token = session.fetch_token(
                    self._endpoint("token_endpoint"), code=code, code_verifier=begun.verifier, timeout=_SECONDS
                )
            return self._identity(self._claims(str(token.get("id_token", "")), begun.nonce))
        except (OAuthError, requests.RequestException, jwt.PyJWTError, ValueError) as error:
            raise NotKnown("The identity provider did not say who you are. Try again.") from error

    def _session(self) -> OAuth2Session:
        return OAuth2Session(
            self.client_id,
            self.client_secret,
            redirect_uri=self.back,
            scope="openid profile email",
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self.client_secret else "none",
        )

    def _endpoint(self, name: str) -> str:
        """An endpoint by the provider's own description, which must be the description of this very provider."""
        about = _fetched(f"{self.issuer}/.well-known/openid-configuration")
        if str(about.get("issuer", "")).rstrip("/") != self.issuer:
            raise NotKnown("The identity provider calls itself something else than QUOTEGUARD_OIDC_ISSUER.")
        address = str(about.get(name, ""))
        if not _is_safe(address):
            raise NotKnown("The identity provider names no safe address.")
        return address

    def _claims(self, token: str, nonce: str) -> Mapping[str, Any]:
        """What the token says, once signature, issuer, audience, time and nonce are right (Core, 3.1.3.7)."""
        header = jwt.get_unverified_header(token)
        keys = jwt.PyJWKSet.from_dict(_fetched(self._endpoint("jwks_uri")))
        fitting = [key for key in keys.keys if header.get("kid") in (None, key.key_id)]
        if not fitting:
            raise ValueError("no key of the provider has signed it")
        claims: dict[str, Any] = jwt.decode(
            token,
            fitting[0].key,
            algorithms=list(_ALGORITHMS),
            audience=self.client_id,
            issuer=[self.issuer, f"{self.issuer}/"],
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "sub", "iss", "aud"]},
        )
        if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise ValueError("the token was made for another sign-in")
        if claims.get("azp", self.client_id) != self.client_id:
            raise ValueError("the token was made for another program")
        return claims

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        subject = str(claims["sub"])
        email = claims.get("email") if claims.get("email_verified", True) else None
        name = str(claims.get("preferred_username") or email or subject)
        groups = claims.get(self.roles_claim) or ()
        return Identity(
            issuer=self.issuer,
            subject=subject,
            name=name.casefold()[:_LONGEST],
            display_name=str(claims.get("name") or name)[:_LONGEST],
            email=None if email is None else str(email)[:_LONGEST],
            groups=tuple(map(str, groups)) if isinstance(groups, (list, tuple)) else (str(groups),),
        )


def admit(store: Store, identity: Identity, mapping: Mapping[str, str] | None, now: Any) -> User:
    """The user whom the provider means, made at the first visit. Raises `NotKnown`.

    Whoever has a name here already is not taken for the same person because the provider uses that name too. With a
    `mapping` the groups decide the roles at every visit; without, an administrator does.
    """
    roles, levels = roles_of(identity.groups, mapping or {})
    user = store.people.known_as(identity.issuer, identity.subject)
    if user is None:
        new = User(
            user_id="",
            name=identity.name,
            display_name=identity.display_name,
            email=identity.email,
            roles=roles,
            approval_roles=levels,
            issuer=identity.issuer,
            subject=identity.subject,
            created_at=now,
        )
        try:
            return store.people.add(new, by=Person(user=new).did("created", "user", "", "by the identity provider"))
        except NameTaken:
            raise NotKnown("Somebody here has your name already. Ask an administrator.") from None
    if not user.is_active:
        raise NotKnown("Your account here is disabled. Ask an administrator.")
    if mapping is not None and (user.roles != roles or user.approval_roles != levels):
        changed = replace(user, roles=roles, approval_roles=levels)
        return store.people.change(changed, by=Person(user=user).did("changed", "user", user.user_id, "by its groups"))
    return user


def roles_of(groups: tuple[str, ...], mapping: Mapping[str, str]) -> tuple[frozenset[Role], frozenset[str]]:
    """The roles and levels of these groups: `sales-vp` is "approver:director" or "analyst+approver:manager"."""
    roles: set[Role] = set()
    levels: set[str] = set()
    for word in "+".join(mapping[group] for group in groups if group in mapping).split("+"):
        role, _, level = word.strip().partition(":")
        if role in tuple(Role):
            roles.add(Role(role))
            levels |= {level} if level and role == Role.APPROVER else set()
    return frozenset(roles), frozenset(levels)


def _fetched(address: str) -> dict[str, Any]:
    if not _is_safe(address):
        raise NotKnown("The identity provider must be reached by https.")
    try:
        answer = requests.get(address, timeout=_SECONDS, allow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise NotKnown("The identity provider does not answer. Try again, or use your password.") from error
    return found if isinstance(found, dict) else {}


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (
        parts.scheme == "http" and (parts.hostname or "") in ("127.0.0.1", "localhost", "::1")
    )
