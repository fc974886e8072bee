"""A worker process's inside: who does the work that a server leaves to others, with Redis and without."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pronaflow_kernel.assembly import StartRefused
from pronaflow_kernel.jobs.bells import RedisBell
from pronaflow_kernel.jobs.enqueue import Jobs
from pronaflow_kernel.jobs.types import JobType
from pronaflow_kernel.jobs.worker import Worker
from pronaflow_kernel.jobs.works import Work, Works
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.testing import World
from pronaflow_kernel.testing.redis import RedisServer

PATIENCE = 30.0
"""Seconds after which what was waited for counts as missing."""


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.005)


class Firm:
    """A server that only serves, and a worker beside it, over one database."""

    def __init__(self, server: World, worker: World) -> None:
        self.done: list[tuple[str, str]] = []
        self.starts: list[Callable[[str], object]] = []
        self._server, self._kernel = server, worker.kernel
        types = [JobType(queue, self._work(queue), queue=queue) for queue in ("default", "mail")]
        works = Works([Work("notes", each) for each in types])
        for world in (server, worker):
            world.kernel.bus.works = works
        self._jobs = Jobs("notes", works.job_types)
        self._worker: Worker | None = None

    def _work(self, queue: str) -> Callable[..., None]:
        def run(_uow: Any, args: Any) -> None:
            for start in self.starts:
                start(queue)
            self.done.append((queue, args["what"]))

        return run

    def hire(self, threads: int = 2, *queues: str) -> None:
        self._worker = Worker(self._kernel, threads, queues)
        self._worker.start()

    def ask(self, what: str, queue: str = "default") -> None:
        with self._server.kernel.db.write(Scope.system()) as uow:
            self._jobs.enqueue(uow, queue, {"what": what})

    def dismiss(self, grace: float = PATIENCE) -> bool:
        assert self._worker is not None
        return self._worker.stop(grace)

    def close(self) -> None:
        """Let no thread of the worker outlive the test."""
        if self._worker is not None:
            self._worker.stop(PATIENCE)

    @property
    def bell(self) -> Any:
        return self._kernel.bus.bell


@pytest.fixture
def firm(new_world: Callable[..., World], new_database: Callable[[], str]) -> Iterator[Callable[..., Firm]]:
    made: list[Firm] = []

    def found(**settings: Any) -> Firm:
        url = new_database()
        made.append(Firm(*(new_world(database_url=url, plugins=[], settings=settings) for _ in range(2))))
        return made[-1]

    yield found
    for firm in made:
        firm.close()


class TestWithRedis:
    def test_it_is_rung_for_what_the_server_leaves(
        self, firm: Callable[..., Firm], redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("pronaflow_kernel.jobs.bus.POLL", 3600.0)  # it would not look by itself
        ours = firm(redis_url=redis_server.url)
        ours.hire()
        assert isinstance(ours.bell, RedisBell)
        for number in range(5):
            ours.ask(str(number), "mail")
            until(lambda number=number: ours.done == [("mail", str(each)) for each in range(number + 1)])

    def test_it_goes_on_while_redis_is_away_and_after(
        self, firm: Callable[..., Firm], redis_server: RedisServer
    ) -> None:
        ours = firm(redis_url=redis_server.url)
        ours.hire()
        for end in (redis_server.pause, redis_server.kill, redis_server.start):
            end()
            before = len(ours.done)
            for number in range(20):
                ours.ask(str(number))
            until(lambda before=before: len(ours.done) == before + 20)
        assert len(ours.done) == 60


class TestWithoutRedis:
    def test_it_looks_by_itself(self, firm: Callable[..., Firm]) -> None:
        ours = firm()
        ours.ask("before it came")
        ours.hire()
        until(lambda: ours.done)
        ours.ask("meanwhile")
        until(lambda: len(ours.done) == 2)
        assert not ours.bell.working

    def test_it_serves_the_queues_that_it_is_told(self, firm: Callable[..., Firm]) -> None:
        ours = firm()
        ours.hire(2, "mail")
        ours.ask("for others")
        ours.ask("for it", "mail")
        ours.ask("for it too", "mail")
        until(lambda: len(ours.done) == 2)
        ours.dismiss()
        assert ours.done == [("mail", "for it"), ("mail", "for it too")]


class TestEnding:
    def test_what_was_begun_is_finished(self, firm: Callable[..., Firm]) -> None:
        ours, begun, go_on = firm(), threading.Event(), threading.Event()
        ours.starts = [lambda _queue: begun.set(), lambda _queue: go_on.wait(PATIENCE)]
        ours.hire(1)
        ours.ask("begun")
        assert begun.wait(PATIENCE)
        assert not ours.dismiss(grace=0)
        go_on.set()
        until(lambda: ours.done == [("default", "begun")])
        ours.ask("for the next one")
        assert ours.dismiss()
        assert len(ours.done) == 1


def test_a_redis_url_that_nobody_understands_stops_the_start(new_world: Callable[..., World]) -> None:
    with pytest.raises(StartRefused, match="redis_url cannot be used: Invalid value for 'db'"):
        new_world(plugins=[], settings={"redis_url": "redis://localhost:6379/0?db=colour"})
