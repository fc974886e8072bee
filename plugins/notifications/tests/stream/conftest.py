"""Streams in tests: the client's end is a list of bytes, and the hub is turned by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from pronaflow_kernel.api import Scope, new_id
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.web.streaming import HOLD
from pronaflow_notifications import counters
from pronaflow_notifications.models import Notification
from pronaflow_notifications.stream.hub import Hub

ADDRESS = "/api/v1/notifications/stream"


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a stream.

    Arguments:
        name: of the event; id: its place, None without one; data: parsed.
    """

    name: str
    id: str | None
    data: Any


@dataclass(eq=False)
class Client:
    """Whoever reads a stream; fulfils `Outlet`.

    Arguments:
        takes: whether it takes what is sent.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    error: Any = None
    open: bool = True
    takes: bool = True
    raw: bytes = b""

    def send(self, data: bytes) -> bool:
        """Take bytes, if it does."""
        if self.takes:
            self.raw += data
        return self.takes

    def flush(self) -> None:
        """There is nothing between."""

    def close(self) -> None:
        """The stream ends."""
        self.open = False

    @property
    def told(self) -> list[Told]:
        """What it has heard, comments left out."""
        found = []
        for block in self.raw.decode().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if "event" in lines:
                found.append(Told(lines["event"], lines.get("id"), json.loads(lines["data"])))
        return found

    def of(self, name: str) -> list[Any]:
        """The data of its events of one name."""
        return [each.data for each in self.told if each.name == name]

    @property
    def last_id(self) -> str:
        """From where it would go on."""
        return [each.id for each in self.told if each.id is not None][-1]


class Listening:
    """Opens streams and turns the hub.

    Arguments:
        world: the server; its hub's thread is never begun.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.hub: Hub = world.kernel.contributions["notifications"].plugin.hub  # type: ignore[attr-defined]

    def __call__(
        self, person: Person, *, headers: Mapping[str, str] | None = None, held: bool = True, **query: Any
    ) -> Client:
        """Open a stream; a refusal has `status` and `error`.

        Arguments:
            held: whether the server holds connections.
        """
        self.world.drain()
        begun: list[Any] = []
        sent = dict(headers or {})
        if person.token is not None:
            sent["Authorization"] = f"Bearer {person.token}"
        environ = {HOLD: begun.append} if held else {}
        with person.client.open(
            ADDRESS, headers=sent, query_string=query, environ_overrides=environ, buffered=True
        ) as answer:
            client = Client(answer.status_code, dict(answer.headers))
            if answer.is_json:
                client.error = answer.get_json()["error"]
        for begin in begun:
            begin(client)
        self.turn()
        return client

    def turn(self) -> None:
        """Do all background work, and tell the streams what came of it."""
        self.world.drain()
        while self.hub.turn():
            pass

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.world.clock.advance(seconds)
        self.turn()


@pytest.fixture
def listen(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listening]:
    """Opens streams; all are closed in the end."""
    world.clock.set(datetime(2026, 3, 2, 9, tzinfo=UTC))
    made = Listening(world)
    monkeypatch.setattr(made.hub, "begin", lambda: None)
    yield made
    for connection in made.hub._all:
        connection.left = True
    made.hub.turn()


@pytest.fixture
def notify(world: World) -> Callable[..., str]:
    """Writes a notification of somebody's, as the core does; answers its id."""

    def write(person: Person, title: str = "Look here", workspace_id: str | None = None) -> str:
        with world.kernel.db.write(Scope.system(workspace_id), origin="system") as uow:
            revision = counters.hold(uow, [person.id])[person.id]
            row = uow.insert(
                Notification,
                {
                    "user_id": person.id,
                    "workspace_id": workspace_id,
                    "type": "security_alert",
                    "provider": "notifications",
                    "title": title,
                    "message": "Somebody signed in.",
                    "texts": {},
                    "reasons": [],
                    "event_id": new_id(),
                    "about_id": new_id(),
                    "priority": "high",
                    "revision": revision,
                },
            )
            counters.add(uow, {person.id: 1})
        return str(row["id"])

    return write
