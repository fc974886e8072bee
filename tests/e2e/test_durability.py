"""kill -9 loses no acknowledged write; SIGTERM finishes what was begun."""

from __future__ import annotations

import threading
from http.client import HTTPException
from pathlib import Path

import pytest
from sqlalchemy import text

from pronaflow_kernel.persistence.engines import open_bare

from .server import Caller, Server

TASKS = "/api/v1/tasks"
WRITERS = 6
ACKNOWLEDGED = 200
"""So many writes are acknowledged before a server is killed."""
CALLERS = 60
"""So many requests are on their way when a server is told to stop."""


@pytest.fixture(scope="module")
def ada(site):
    """The token of somebody, and the id of a project of hers."""
    with Caller(site.server()) as caller:
        caller.sign_up("ada")
        return caller.token, caller.post("/api/v1/projects", {"name": "Website"}).data["id"]


class Writers:
    """Threads that create tasks until the server is gone.

    `acknowledged` holds the id of every task that the server said it had stored.
    """

    def __init__(self, server: Server, token: str, project_id: str, enough: int) -> None:
        self.acknowledged: list[str] = []
        self._enough = threading.Semaphore(0)
        self._body = {"project_id": project_id, "title": "Written while the server dies"}
        self._threads = [threading.Thread(target=self._write, args=(server, token)) for _ in range(WRITERS)]
        for thread in self._threads:
            thread.start()
        for _ in range(enough):
            assert self._enough.acquire(timeout=60)

    def join(self) -> None:
        """Wait until all have noticed that there is no server."""
        for thread in self._threads:
            thread.join(timeout=60)
            assert not thread.is_alive()

    def _write(self, server: Server, token: str) -> None:
        with Caller(server, token) as caller:
            try:
                while True:
                    answer = caller.post(TASKS, self._body)
                    self.acknowledged.append(answer.data["id"])
                    self._enough.release()
            except (HTTPException, OSError):
                return


def stored(site):
    """Ids of all tasks, and of all tasks that the ledger tells were created."""
    engine = open_bare(site.settings.get("PRONAFLOW_DATABASE_URL") or f"sqlite:///{database(site)}")
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            told = text("SELECT aggregate_id FROM core__event WHERE type = 'task.created'")
            tasks = connection.execute(text("SELECT id FROM tasks__task")).scalars()
            return {str(id) for id in tasks}, [str(id) for id in connection.execute(told).scalars()]
    finally:
        engine.dispose()


def database(site) -> Path:
    return site.folder / "data" / "pronaflow.sqlite3"


def test_a_killed_server_has_lost_no_acknowledged_write(site, ada):
    token, project_id = ada
    server = site.server()
    writers = Writers(server, token, project_id, ACKNOWLEDGED)
    server.kill()
    writers.join()
    tasks, told = stored(site)
    assert set(writers.acknowledged) <= tasks
    assert len(tasks) <= len(writers.acknowledged) + WRITERS, (
        "more than one a connection was not acknowledged"
    )
    assert sorted(told) == sorted(tasks), "a task without its event, or an event without its task"
    with Caller(site.server(), token) as caller:
        assert {task["id"] for task in caller.every(TASKS, project_id=project_id)} == tasks
        assert caller.get(f"/api/v1/projects/{project_id}").data["tasks_count"] == len(tasks)


def test_a_server_that_is_told_to_stop_answers_what_it_has_accepted(site, ada):
    token, project_id = ada
    server = site.server()
    callers = [Caller(server, token) for _ in range(CALLERS)]
    for number, caller in enumerate(callers):
        caller.send("POST", TASKS, {"project_id": project_id, "title": f"Sent before the stop, {number}"})
    first, *others = callers
    answers = [first.receive()]
    server.terminate()
    answers += [caller.receive() for caller in others]
    for caller in callers:
        caller.connection.close()
    assert server.process.wait() == 0
    assert {answer.status for answer in answers} == {201}
    assert {answer.data["id"] for answer in answers} <= stored(site)[0]
