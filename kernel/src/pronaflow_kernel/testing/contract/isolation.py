"""Who sees what: tenants nothing of one another, members nothing of containers that they are not in."""

from __future__ import annotations

from collections.abc import Iterator

from ...persistence.scope import Scope
from ...tenancy import service as tenancy
from ..people import Person
from ..walk import Party, Walk, seen, words_in
from .subject import Subject

THEIRS, OWN, PERSON = "xenolith", "ownwords", "quaggaperson"
"""Words in the texts of the one who hides, of the one who pries, and in the name of the first."""


def between_tenants(subject: Subject) -> Iterator[str]:
    """Foreign ids that do not answer as invented ones do, and words of a tenant that another one is told."""
    walk = Walk(
        subject.world,
        subject.rows,
        subject.operations,
        victim=lambda: subject.party(THEIRS, name=PERSON),
        attacker=lambda victim, operation: subject.party(OWN),
        concerns=lambda victim, operation, key: True,
        hidden=(THEIRS, PERSON),
        known=subject.makers.open_ids,
        refused=subject.makers.refused,
    )
    yield from walk.findings()
    victim, other = subject.party(THEIRS, name=PERSON), subject.party(OWN)
    for kind in subject.kinds:
        victim.id_of(kind), other.id_of(kind)
    subject.world.drain()
    yield from _told(subject, victim, other, (THEIRS, PERSON), "another tenant")


def in_containers(subject: Subject) -> Iterator[str]:
    """What members of the workspace see of a private container that they are not in."""
    contained = {name for name, kind in subject.world.kernel.resources.items() if kind.container}

    def hidden(kind: str) -> bool:
        return kind.partition(":")[0] in contained

    inside = [kind for kind in subject.kinds if hidden(kind)]
    if not inside:
        return

    def owner() -> Party:
        person = subject.world.person()
        known = {"workspace": person.workspace_id}
        return subject.party(THEIRS, person=person, visibility="private", known=known)

    def outsider(role: str, victim: Party) -> Party:
        """A member who has the same of their own, and shares what is in no container."""
        outside = (kind for kind in subject.kinds if not (hidden(kind) or kind.startswith("user")))
        shared = {kind: victim.id_of(kind) for kind in outside}
        known = {**shared, "workspace": victim.workspace_id}
        party = subject.party(OWN, person=_member(victim), known=known)
        for kind in (*inside, "user", "user:second"):
            party.id_of(kind)
        with victim.world.kernel.db.write(Scope.system(victim.workspace_id)) as uow:
            tenancy.change_role(uow, tenancy.member(uow, party.person.id), role)
        return party

    for role in ("admin", "viewer"):
        walk = Walk(
            subject.world,
            subject.rows,
            subject.operations,
            victim=owner,
            attacker=lambda victim, operation, role=role: outsider(role, victim),  # type: ignore[misc]
            concerns=lambda victim, operation, key: hidden(subject.makers.kind(operation, key)),
            hidden=(THEIRS,),
            refused=subject.makers.refused,
        )
        yield from (f"{found} (to a workspace {role})" for found in walk.findings())
        victim = owner()
        for kind in inside:
            victim.id_of(kind)
        other = outsider(role, victim)
        subject.world.drain()
        yield from _told(subject, victim, other, (THEIRS,), f"a workspace {role} who is not in the container")


def _member(party: Party) -> Person:
    """A member of a party's workspace who is in none of its containers."""
    person = party.world.person()
    party.world.join(party.workspace_id, person, "member")
    return person


def _told(subject: Subject, victim: Party, other: Party, words: tuple[str, ...], whom: str) -> Iterator[str]:
    """Reads that tell somebody of marked words, asked with their own ids and with those of the other."""
    for asking in (other, victim):
        yield from _read(subject, asking, other, words, whom)
    public = [path for path in ("/openapi.json", "/health") if words_in(other.person.get(path), words)]
    yield from (f"{path} tells {whom} what is not theirs to know" for path in public)


def _read(subject: Subject, asking: Party, other: Party, words: tuple[str, ...], whom: str) -> Iterator[str]:
    """The same with the ids of one of them."""
    reads = subject.operations.values()
    requests = {each.id: asking.request(each.id) for each in reads if each.method == "GET"}
    for name, _, found in seen(other, reads, lambda each: requests[each.id], words):
        yield f"{name} tells {whom} {', '.join(found)}, which is not theirs to know"
