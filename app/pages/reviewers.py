"""From whoever is signed in to whoever acts at the deal desk."""

from __future__ import annotations

from app.desk.actor import Actor
from app.people.person import Person


def actor_of(person: Person) -> Actor:
    """The person as the desk knows them: with what was lent to them, and the reps whose deals are their own."""
    lenders = [each.giver for each in person.lent]
    reps = {person.rep_id, *[each.rep_id for each in lenders]} - {None}
    own = person.user.approval_roles
    names = [each.giver.display_name or each.giver.name for each in person.lent if each.approval_roles - own]
    return Actor(
        id=person.id,
        name=person.name,
        roles=frozenset(role.value for role in person.roles),
        approval_roles=person.approval_roles,
        rep_ids=frozenset(each for each in reps if each is not None),
        on_behalf_of=names[0] if names else None,
    )
