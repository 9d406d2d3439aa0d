"""Who acts at the deal desk: a person who signed in, or whoever holds an API key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.store.keys import ANY_ROLE
from policies.approval import entitles
from policies.domain.outcome import SubjectType
from policies.domain.review import DESK

if TYPE_CHECKING:
    from app.store import ApiKey
    from policies.domain.company import Company

ANALYST: Final = "analyst"
_REVIEWERS: Final = frozenset({ANALYST, "approver", "admin"})
_BILLING: Final = "billing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts. `roles` are those of the product, `approval_roles` those of the company in which the actor may consent, those
    of whoever delegated to the actor included; `on_behalf_of` is that person.

    `rep_ids` are the reps that the actor is, or acts for; `key_id` is the API key.
    """

    id: str
    name: str
    roles: frozenset[str] = frozenset()
    approval_roles: frozenset[str] = frozenset()
    rep_ids: frozenset[str] = frozenset()
    key_id: str | None = None
    on_behalf_of: str | None = None

    @staticmethod
    def of_key(key: ApiKey, company: Company | None) -> Actor:
        """Whoever holds an API key with the scope review: in the roles of the key, less those that company.yaml does not leave it."""
        roles = _roles_of(key, company)
        return Actor(
            id=f"key:{key.id}",
            name=key.name,
            roles=frozenset({ANALYST} if roles & {ANY_ROLE, DESK} else {"approver"} if roles else ()),
            approval_roles=roles,
            key_id=key.id,
        )

    def why_not(self, doing: str) -> str:
        """Why `doing` is not the actor's work, for one whose work it is not."""
        if self.key_id is not None:
            return f"{doing} takes a role, and this key has none: `quoteguard keys create --role` makes one that has."
        return f"{doing} is for analysts and approvers."

    @property
    def consents_as(self) -> frozenset[str]:
        """The roles in which the actor may consent; every analyst is the deal desk."""
        return self.approval_roles | ({DESK} if ANALYST in self.roles else frozenset())

    def may_review(self, subject_type: SubjectType) -> bool:
        """Whether reviewing such documents is the actor's work at all."""
        if subject_type is SubjectType.BILLING_CONFIGURATION and _BILLING in self.roles:
            return True
        return bool(self.roles & _REVIEWERS)

    def roles_for(self, needed: str, company: Company | None) -> tuple[str, ...]:
        """The actor's roles that may consent where `needed` is asked."""
        mine = self.consents_as
        if ANY_ROLE in mine:
            return (needed,)
        return tuple(sorted(role for role in mine if entitles(role, needed, company)))

    def sent(self, rep_id: str | None, key_ids: Iterable[str | None]) -> bool:
        """Whether the deal is the actor's own: of the same rep, or sent with the same key."""
        if rep_id is not None and (rep_id in self.rep_ids or rep_id == self.id):
            return True
        return self.key_id is not None and self.key_id in key_ids


def _roles_of(key: ApiKey, company: Company | None) -> frozenset[str]:
    limits = company.reviews.api_keys if company is not None else {}
    left = frozenset(limits.get(key.id, limits.get(key.name, (ANY_ROLE,))))
    if ANY_ROLE in left:
        return key.roles
    return left if ANY_ROLE in key.roles else key.roles & left
