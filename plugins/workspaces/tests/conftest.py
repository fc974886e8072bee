"""A workspace with somebody of each role, and requests that happen at once."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import event

from pronaflow_kernel.api import Scope, User
from pronaflow_kernel.testing import Person, Reply, World

WORKSPACES = "/api/v1/workspaces"


@dataclass
class Team:
    """A workspace and its people."""

    world: World
    id: str
    owner: Person
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"{WORKSPACES}/{self.id}"

    def join(self, role: str, person: Person | None = None) -> Person:
        """Somebody joins, by default a new person."""
        person = person or self.world.person(role)
        self.world.join(self.id, person, role)
        return person

    def member(self, person: Person) -> str:
        """The path of somebody's membership."""
        return f"{self.path}/members/{person.id}"

    def roles(self) -> dict[str, str]:
        """User id to role, as the API shows it."""
        rows = self.owner.get(f"{self.path}/members", page_size=100).data
        return {row["id"]: row["role"] for row in rows}

    def invite(self, email: str, role: str = "member", by: Person | None = None) -> str:
        """Invite somebody and answer the token in the mail."""
        reply = (by or self.owner).post(f"{self.path}/invitations", {"email": email, "role": role})
        assert reply.status == 201, reply.json
        return self.token(email)

    def token(self, email: str) -> str:
        """The token in the latest mail to an address."""
        self.world.drain()
        link = re.search(r"/invitations#token=(\S+)", self.world.outbox.to(email)[-1].text)
        assert link
        return link[1]

    def events(self, pattern: str = "") -> list[str]:
        """Types of the workspace's events that begin with `pattern`, oldest first."""
        return [row["type"] for row in self.world.events(self.id) if row["type"].startswith(pattern)]


@pytest.fixture
def make_team(world: World) -> Callable[..., Team]:
    def make(owner: Person | None = None) -> Team:
        owner = owner or world.person("owner")
        return Team(world, owner.post(WORKSPACES, {"name": "Alpha"}).data["id"], owner)

    return make


@pytest.fixture
def team(make_team: Callable[..., Team]) -> Team:
    return make_team()


def now(world: World) -> str:
    """The present as the API writes it."""
    return world.clock.now().isoformat().replace("+00:00", "Z")


def accept(person: Person, token: str) -> Reply:
    return person.post(f"{WORKSPACES}/invitations/accept", {"token": token})


def make_system_admin(world: World, person: Person) -> None:
    with world.kernel.db.write(Scope.system()) as uow:
        uow.update(User, uow.get(User, person.id), {"is_system_admin": True})


def at_once(world: World, *calls: tuple[Person, Callable[[Person], Reply]], before: str) -> list[Reply]:
    """The replies to requests that were all admitted before the first of them wrote.

    Arguments:
        calls: who does what, each in a thread of its own.
        before: a piece of SQL. On PostgreSQL, whose writers run side by side, every request has come as far
            as the first such statement before one of them runs it; SQLite lets one writer begin at a time.
    """
    with _gates(world, len(calls), before), ThreadPoolExecutor(len(calls)) as threads:
        own = [(replace(person, client=world.app.test_client()), call) for person, call in calls]
        return [running.result() for running in [threads.submit(call, person) for person, call in own]]


@contextmanager
def _gates(world: World, parties: int, before: str) -> Iterator[None]:
    begun, arrived = _Gate(parties), _Gate(parties)
    database, engine = world.kernel.db, world.kernel.db.engines.write
    begin = database.write

    def write(*args, **kwargs):
        begun.pass_once()
        return begin(*args, **kwargs)

    def at_statement(_c, _cursor, statement: str, *_) -> None:
        if engine.dialect.name == "postgresql" and before in statement:
            arrived.pass_once()

    event.listen(engine, "before_cursor_execute", at_statement)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "write", write)
        yield
    event.remove(engine, "before_cursor_execute", at_statement)
    assert begun.opened, "the requests did not begin to write together"
    assert arrived.opened or engine.dialect.name == "sqlite", f"not all of them came as far as {before!r}"


class _Gate:
    """Opens when everybody stands before it; who has passed is not held again."""

    def __init__(self, parties: int) -> None:
        self._barrier = threading.Barrier(parties, timeout=30)
        self._passed: set[int] = set()
        self._parties = parties

    def pass_once(self) -> None:
        me = threading.get_ident()
        if me not in self._passed:
            self._passed.add(me)
            self._barrier.wait()

    @property
    def opened(self) -> bool:
        return len(self._passed) == self._parties and not self._barrier.broken
