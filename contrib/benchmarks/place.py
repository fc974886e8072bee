"""A server in this process, with a project of many tasks and an ordinary member of it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import orjson

from pronaflow_kernel.api import Principal, Scope
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.testing.postgres import create_database, running_server
from pronaflow_tasks.api import Tasks

PORTION = 500


@dataclass(frozen=True)
class Place:
    """Where the requests go.

    Arguments:
        world: the server.
        owner: of the workspace and the project.
        member: of both, with the role `member`.
        project_id: of the project with the tasks.
    """

    world: World
    owner: Person
    member: Person
    project_id: str

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Callable[[], bytes]:
        """A request of the member to the WSGI application, to be made as often as one likes."""
        return wsgi(self.world.app, method, path, self.member.token, body, query)


def wsgi(
    app: Any, method: str, path: str, token: str | None = None, body: Any = None, query: Any = None
) -> Callable[[], bytes]:
    """A call of a WSGI application that answers the body and fails unless the status is 2xx."""
    sent = b"" if body is None else orjson.dumps(body)
    fixed = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": urlencode(query or {}),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost:8000",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "CONTENT_TYPE": "application/json" if sent else "",
        "CONTENT_LENGTH": str(len(sent)),
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
    }

    def call() -> bytes:
        statuses: list[str] = []
        answer = app({**fixed, "wsgi.input": BytesIO(sent)}, lambda status, *_: statuses.append(status))
        try:
            content = b"".join(answer)
        finally:
            getattr(answer, "close", lambda: None)()
        assert statuses[0].startswith("2"), (statuses, content)
        return content

    return call


@contextmanager
def database(kind: str) -> Iterator[tuple[str, Path]]:
    """An empty database of a kind and a folder for the server's data.

    PRONAFLOW_TEST_DATABASE_URL names a PostgreSQL server of your own; else one from a wheel is started.
    """
    with TemporaryDirectory(prefix="pronaflow-benchmark-") as name:
        folder = Path(name)
        if kind == "sqlite":
            yield f"sqlite:///{folder / 'pronaflow.sqlite3'}", folder
        elif server := os.environ.get("PRONAFLOW_TEST_DATABASE_URL"):
            yield create_database(server), folder
        else:
            with running_server(folder / "postgres") as server:
                yield create_database(server), folder


@contextmanager
def served(kind: str) -> Iterator[World]:
    """A server in this process over an empty database."""
    with database(kind) as (url, folder):
        world = World(url, folder)
        try:
            yield world
        finally:
            world.close()


@contextmanager
def place(kind: str, tasks: int) -> Iterator[Place]:
    """The server with a project of so many tasks, a third of them assigned, a quarter with two tags."""
    with served(kind) as world:
        owner, member = world.person("owner"), world.person("member")
        world.join(owner.workspace_id, member, "member")
        project_id = owner.post("/api/v1/projects", {"name": "Large", "key": "LARGE"}).data["id"]
        joined = owner.post(
            f"/api/v1/projects/{project_id}/members", {"user_id": member.id, "role": "member"}
        )
        assert joined.status == 201
        rows = [
            {
                "title": f"Task number {number}",
                "description": "What is to be done, and why, in a sentence or two.",
                "assigned_to": member.id if number % 3 == 0 else None,
                "tags": ["backend", "urgent"] if number % 4 == 0 else [],
            }
            for number in range(tasks)
        ]
        scope = Scope(Principal("user", user_id=owner.id), owner.workspace_id, "owner")
        service = world.kernel.services.require(Tasks)
        for first in range(0, tasks, PORTION):
            with world.kernel.db.write(scope, origin="import") as uow:
                service.create_many(uow, project_id, rows[first : first + PORTION])
        world.drain()
        if kind == "postgresql":
            _analyse(world)
        yield Place(world, owner, member, project_id)


def _analyse(world: World) -> None:
    """Bring the planner's statistics up to date, as autovacuum does within a minute."""
    with world.kernel.db.engines.write.connect() as connection:
        raw: Any = connection.connection.driver_connection
        raw.autocommit = True
        raw.execute("ANALYZE")
        raw.autocommit = False
