"""Signing in by the company's identity provider: OpenID Connect, the authorization code flow with state, nonce and PKCE.

https://openid.net/specs/openid-connect-core-1_0.html and RFC 7636. Nothing that the browser brings is believed but the code;
who somebody is comes from the provider, in a token that its own key has signed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import jwt
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from app.people.oidc_documents import NotKnown, ProviderDocuments
from app.people.person import Person
from app.store import NameTaken, Role, Store, User

_SECONDS: Final = 10.0
_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
"""What a token may be signed with: never a shared secret, never nothing."""
_LEEWAY_SECONDS: Final = 60
_LONGEST: Final = 200


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
    """The company's identity provider. `back` is the address of ours that it sends people to; `documents` is what it says about itself."""

    issuer: str
    client_id: str
    client_secret: str | None
    back: str
    documents: ProviderDocuments
    roles_claim: str = "groups"

    def begin(self) -> Begun:
        """Where to send a browser, with what nobody can guess. Raises `NotKnown` where the provider is away."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._session() as session:
            address, _ = session.create_authorization_url(
                self.documents.endpoint("authorization_endpoint"), state=state, nonce=nonce, code_verifier=verifier
            )
        return Begun(address=address, state=state, nonce=nonce, verifier=verifier)

    def finish(self, code: str, begun: Begun) -> Identity:
        """Who came back with the code. Raises `NotKnown`."""
        try:
            with self._session() as session:
                token = session.fetch_token(
                    self.documents.endpoint("token_endpoint"), code=code, code_verifier=begun.verifier, timeout=_SECONDS
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

    def _claims(self, token: str, nonce: str) -> Mapping[str, Any]:
        """What the token says, once signature, issuer, audience, time and nonce are right (Core, 3.1.3.7)."""
        key_id = jwt.get_unverified_header(token).get("kid")
        try:
            claims = self._signed(token, self.documents.keys(key_id))
        except jwt.InvalidSignatureError:
            # A provider may change its key and keep the name.
            claims = self._signed(token, self.documents.keys(key_id, asking_again=True))
        if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise ValueError("the token was made for another sign-in")
        if claims.get("azp", self.client_id) != self.client_id:
            raise ValueError("the token was made for another program")
        return claims

    def _signed(self, token: str, keys: Sequence[jwt.PyJWK]) -> dict[str, Any]:
        """The claims of a token that one of `keys` has signed, and that is for us, now."""
        if not keys:
            raise ValueError("no key of the provider has signed it")
        claims: dict[str, Any] = jwt.decode(
            token,
            keys[0].key,
            algorithms=list(_ALGORITHMS),
            audience=self.client_id,
            issuer=[self.issuer, f"{self.issuer}/"],
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "sub", "iss", "aud"]},
        )
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
