"""Requests with a key, and what is left of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import bindparam, select

from pronaflow_kernel.persistence.engines import open_bare
from pronaflow_kernel.persistence.scope import SCOPE_WORKSPACE, Scope
from pronaflow_kernel.persistence.types import Id
from pronaflow_kernel.tenancy.models import Membership
from pronaflow_kernel.testing import Person, Reply, World
from pronaflow_kernel.web.models import IdempotencyRecord

NOTES, THINGS = "/api/v1/notes", "/api/v1/things"
TWINS = 20

MEMBERSHIP = select(Membership.__table__).where(
    Membership.workspace_id == SCOPE_WORKSPACE, Membership.user_id == bindparam("user_id", type_=Id())
)


def send(person: Person, key: str, body: Any = None, path: str = NOTES, **headers: str) -> Reply:
    """POST with a key."""
    sent = {"Idempotency-Key": key, **headers}
    return person.request("POST", path, {"title": "x"} if body is None else body, headers=sent)


def titles(person: Person) -> list[str]:
    return [note["title"] for note in person.get(NOTES).data]


def replayed(reply: Reply) -> bool:
    return reply.headers.get("Idempotency-Replayed") == "true"


def same(one: Reply, other: Reply) -> bool:
    """Whether two answers are equal in all that a caller sees of what was done."""
    return (one.status, one.body, one.headers.get("ETag"), one.headers.get("Content-Type")) == (
        other.status,
        other.body,
        other.headers.get("ETag"),
        other.headers.get("Content-Type"),
    )


def records(world: World, person: Person) -> list[dict[str, Any]]:
    """What is stored of a person's keys, read past the kernel."""
    engine = open_bare(world.database_url)
    with engine.connect() as connection:
        statement = select(IdempotencyRecord.__table__).where(IdempotencyRecord.user_id == person.id)
        rows = [dict(row) for row in connection.execute(statement).mappings()]
    engine.dispose()
    return rows


def at_once(world: World, person: Person, act: Callable[[Person], Reply]) -> list[Reply]:
    """Do something in many threads at once."""
    clients = [replace(person, client=Flask.test_client(world.app)) for _ in range(TWINS)]
    with ThreadPoolExecutor(TWINS) as pool:
        return list(pool.map(act, clients))


@contextmanager
def later(world: World, delay: timedelta) -> Iterator[None]:
    """The block happens some time later."""
    now = world.clock.now()
    world.clock.set(now + delay)
    yield
    world.clock.set(now)


def set_role(world: World, owner: Person, member: Person, **changes: Any) -> None:
    """Change a membership in the owner's workspace."""
    with world.kernel.db.write(Scope.system(owner.workspace_id)) as uow:
        [row] = uow.all(MEMBERSHIP, user_id=member.id)
        uow.update(Membership, row, changes)
