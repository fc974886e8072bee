"""A whole server in a test's hands: the assembled kernel over a real database, a clock that tests move."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import event, select, update

from ..access.principal import Principal
from ..attribution import acting
from ..cli.state import State
from ..clock import FixedClock
from ..egress.client import system_resolver
from ..events.models import EventPrivate, EventRow
from ..identity.models import Session, User
from ..identity.sessions.access_tokens import AccessTokens
from ..kernel import Kernel
from ..mail import Mail
from ..persistence.scope import SCOPE_WORKSPACE, Scope
from ..persistence.uow import Row
from ..plugins.discovery import Candidate, discover
from ..secrets import JWT
from ..tenancy.models import Workspace
from ..tenancy.service import add_member, create_workspace
from ..web.app import start
from .people import Person
from .walk.brought import brought

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""Where a test's clock stands at first; a Monday."""

_numbers = itertools.count(1)
_EVENTS = (
    select(EventRow.__table__, EventPrivate.data.label("private"))
    .select_from(EventRow)
    .outerjoin(EventPrivate, EventPrivate.event_id == EventRow.id)
    .where(EventRow.workspace_id == SCOPE_WORKSPACE)
    .order_by(EventRow.seq)
)


class Outbox:
    """Takes mails instead of sending them."""

    folder: Path | None = None
    """As `Mailer.folder`."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    def send(self, mail: Mail) -> None:
        """Keep the mail."""
        self.mails.append(mail)

    def check(self) -> None:
        """As `Mailer.check`: mails are always taken."""

    def close(self) -> None:
        """Nothing is kept."""

    def to(self, address: str) -> list[Mail]:
        """The mails to an address, oldest first."""
        return [mail for mail in self.mails if mail.to == address]


def _here(host: str, port: int) -> list[str]:
    """What the resolver says of this machine and of numbers; nobody else is asked for."""
    if host == "localhost":
        return system_resolver(host, port)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return [str(place[0]) for *_, place in found]


class World:
    """The server. It reaches this machine alone.

    Arguments:
        database_url: of an empty database, or one that a `World` has used before.
        data_dir: for files and the generated key.
        settings: overrides by dotted name.
        candidates: plugins instead of the installed ones.
        plugins: ids of those of them that run, besides what these require; by default all.
    """

    def __init__(
        self,
        database_url: str,
        data_dir: Path,
        settings: dict[str, Any] | None = None,
        candidates: Sequence[Candidate] | None = None,
        plugins: Sequence[str] | None = None,
    ) -> None:
        found = discover() if candidates is None else candidates
        candidates = found if plugins is None else with_required(plugins, found)
        self.clock = FixedClock(START)
        self.outbox = Outbox()
        self.database_url = database_url
        overrides = {
            "environment": "test",
            "database_url": database_url,
            "data_dir": str(data_dir),
            "auth.argon2_memory_kib": 8,
            "auth.argon2_time_cost": 1,
            "rate_limit.enabled": False,
            "egress.allow": ["127.0.0.1"],
            **brought("SETTINGS", candidates),
            **(settings or {}),
        }
        migrate_all(database_url, candidates)
        self.kernel: Kernel
        self.app: Flask
        self.kernel, self.app = start(
            env={},
            overrides=overrides,
            clock=self.clock,
            candidates=candidates,
            mail=self.outbox,
            resolve=_here,
        )
        self._tokens = AccessTokens(
            self.kernel.keys.accepted(JWT), 10**9, self.kernel.settings.public_url, self.clock
        )

    def close(self) -> None:
        """Let go of the database."""
        self.kernel.close()

    def drain(self) -> None:
        """Deliver all events and mails that wait."""
        self.kernel.bus.drain()

    def anonymous(self) -> Person:
        """A caller without a credential."""
        return Person(self.app.test_client())

    def person(self, name: str | None = None) -> Person:
        """A signed-in user with a workspace of their own, made without HTTP and without hashing."""
        number = next(_numbers)
        username = f"{name or 'user'}_{number}"
        email = f"{username}@example.com"
        with self.kernel.db.write(Scope(Principal.system())) as uow:
            user = uow.insert(
                User,
                {
                    "email": email,
                    "email_norm": email,
                    "username": username,
                    "username_norm": username,
                    "full_name": (name or "User").title(),
                    "status": "active",
                    "email_verified_at": uow.now,
                },
            )
            workspace = create_workspace(uow, user["id"], {"name": f"{username} home"})
        token = self.token(user["id"])
        return Person(self.app.test_client(), token, user["id"], username, email, workspace["id"])

    def token(self, user_id: str) -> str:
        """An access token of a new session of a user, begun now, that outlives every test."""
        with self.kernel.db.write(Scope.system()) as uow:
            user = uow.get(User, user_id)
            session = uow.insert(
                Session,
                {
                    "user_id": user_id,
                    "created_at": uow.now,
                    "auth_time": uow.now,
                    "amr": ["pwd"],
                    "token_epoch": user["token_epoch"],
                    "last_seen_at": uow.now,
                    "expires_at": uow.now + timedelta(days=10_000),
                },
            )
        return self._tokens.issue(user, session["id"])

    def step_up(self, person: Person) -> None:
        """Let a person have just proved again who they are, where the clock has moved on since they came.

        Routes with `fresh=` ask for that. People of `person()` have no password, so that it is not asked.
        """
        statement = update(Session).where(Session.user_id == person.id)
        with self.kernel.db.write(Scope.system()) as uow:
            uow.execute(statement.values(auth_time=uow.now))

    def administrator(self, name: str | None = None) -> Person:
        """A person who may run the installation."""
        made = self.person(name)
        with self.kernel.db.write(Scope.system()) as uow:
            uow.update(User, uow.get(User, made.id), {"is_system_admin": True})
        return made

    def join(self, workspace_id: str, person: Person, role: str) -> None:
        """Make a person a member of a workspace, and that workspace the one they work in."""
        with self.kernel.db.write(Scope.system(workspace_id)) as uow:
            add_member(uow, person.id, role)
        person.workspace_id = workspace_id

    def run(self, plugin_id: str, *arguments: str, input: str | None = None) -> Result:
        """Run a command of a plugin as `pronaflow` does, but over this server.

        Arguments:
            arguments: as typed, the command's name first.
            input: what is typed while it runs.
        """
        state = State()
        state.plugin_id, state.running = plugin_id, self.kernel
        name, *rest = arguments
        [command] = [c for owner, c in self.kernel.commands if owner == plugin_id and c.name == name]
        with acting(plugin_id):
            return CliRunner().invoke(command, rest, input=input, obj=state, catch_exceptions=False)

    def workspace(self, workspace_id: str) -> Row:
        """The row of a workspace."""
        with self.kernel.db.read(Scope.system(workspace_id)) as reader:
            return reader.get(Workspace, workspace_id)

    def events(self, workspace_id: str) -> list[Row]:
        """The ledger of a workspace, oldest first; `private` holds the personal values."""
        with self.kernel.db.read(Scope.system(workspace_id)) as reader:
            return reader.all(_EVENTS)

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """The SQL statements that run inside the block."""
        seen: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        engines = (self.kernel.db.engines.read, self.kernel.db.engines.write)
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            for engine in engines:
                event.remove(engine, "before_cursor_execute", note)


def with_required(plugins: Sequence[str], candidates: Sequence[Candidate]) -> list[Candidate]:
    """These plugins of the candidates, and all that they require, directly or through others.

    Raises:
        LookupError: one of them is not there.
    """
    known = {candidate.id: candidate for candidate in candidates}
    if missing := sorted(set(plugins) - known.keys()):
        raise LookupError(
            f"no plugin {', '.join(missing)} is installed; there are {', '.join(sorted(known))}"
        )
    wanted, found = list(plugins), set(plugins)
    while wanted:
        manifest = known[wanted.pop()].manifest
        more = (manifest.requires.keys() if manifest else set()) & known.keys() - found
        found |= more
        wanted += more
    return [candidate for candidate in candidates if candidate.id in found]


def migrate_all(database_url: str, candidates: Sequence[Candidate] | None) -> None:
    """Bring a database to the head of the kernel and of every plugin, as `pronaflow db upgrade` does.

    A plugin whose migrations fail is left behind, so that tests see what the server makes of it.
    """
    from ..assembly import CORE_CHAIN
    from ..persistence.engines import open_engines
    from ..persistence.migrations import Chain, MigrationError, upgrade
    from ..plugins.order import start_order

    found = {c.id: c for c in (discover() if candidates is None else candidates)}
    order, _ = start_order({i: c.manifest for i, c in found.items() if c.manifest and not c.fault})
    chains = [CORE_CHAIN, *(Chain(i, found[i].package) for i in order)]
    engines = open_engines(database_url, threads=1)
    try:
        while True:
            try:
                upgrade(engines.write, chains)
                break
            except MigrationError as error:
                if error.chain in (None, CORE_CHAIN.id):
                    raise
                chains = [chain for chain in chains if chain.id != error.chain]
    finally:
        engines.dispose()
