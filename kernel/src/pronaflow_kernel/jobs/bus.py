"""The bus: from the commit of a change to the end of all work that it causes.

The database alone says what must be done. Waking is a courtesy: whoever commits rings, and workers that heard
nothing look by themselves once a second. In one process the workers are threads of the server; with Redis
they are processes of their own (`pronaflow worker`), rung by messages that may be lost.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from . import claims
from .relay import relay

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ..clock import Clock
    from .readings import Readings
    from .runner import Runner
    from .works import Works

log = logging.getLogger("pronaflow.events")

POLL = 1.0
"""Seconds after which a worker looks for work although nobody rang."""


class Bus:
    """Runs what waits.

    Arguments:
        worker_id: names this process in the jobs that it has.
    """

    runner: Runner
    _readings: Readings
    engine: Engine

    def __init__(self, clock: Clock, worker_id: str) -> None:
        self._clock, self._worker_id = clock, worker_id
        self._actions: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._bell = threading.Semaphore(0)
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def attach(self, runner: Runner, readings: Readings) -> None:
        """Learn who does the jobs, and who lets subscribers in batches read on."""
        self.runner, self._readings, self.engine = runner, readings, runner.engine

    @property
    def works(self) -> Works:
        """What there is to do."""
        return self.runner.works

    @works.setter
    def works(self, works: Works) -> None:
        self.runner.works = works

    def committed(self, queues: Collection[str], actions: list[Callable[[], None]]) -> None:
        """Take what a unit of work left behind.

        Arguments:
            queues: in which it left work.
            actions: to do once; what must not be lost is a job instead.
        """
        for action in actions:
            self._actions.put(action)
        for name in queues:
            self.ring(name)

    def ring(self, queue_name: str) -> None:
        """Tell the workers that there may be something to do in a queue."""
        if self._threads:
            self._bell.release()

    def start(self, workers: int) -> None:
        """Work in threads of this process from now on."""
        self._readings.begin(self.works.readers)
        loops = [("actions", self._act), ("ticker", self._tick), *(("worker", self._serve),) * workers]
        for name, loop in loops:
            thread = threading.Thread(target=loop, name=f"pronaflow-{name}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Finish what was begun and end the threads; the rest is done by whoever works next."""
        self._stopping.set()
        self._actions.put(None)
        for _ in self._threads:
            self._bell.release()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def drain(self) -> None:
        """Do everything whose time has come, on this thread, until nothing is left (tests, commands)."""
        self._readings.begin(self.works.readers)
        busy = True
        while busy:
            busy = self._run_actions() or sum(self.work(name) for name in self.works.queues) > 0

    def _run_actions(self) -> bool:
        ran = False
        while True:
            try:
                action = self._actions.get_nowait()
            except queue.Empty:
                return ran
            if action is not None:
                ran = True
                _run(action)

    def _act(self) -> None:
        while (action := self._actions.get()) is not None:
            _run(action)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            self._bell.acquire(timeout=POLL)
            while self._bell.acquire(blocking=False):
                pass  # several rings are one
            for name in self.works.queues:
                _run(lambda name=name: self.work(name))  # type: ignore[misc]

    def _tick(self) -> None:
        while not self._stopping.wait(POLL):
            _run(self.tick)

    def work(self, queue_name: str = "default") -> int:
        """Do everything of a queue whose turn it is, until nothing is left.

        Returns:
            How many jobs and batches were done.
        """
        count = 0
        while not self._stopping.is_set():
            self.relay()
            count += (turn := self._read_on() + self._do(queue_name))
            if not turn:
                break
        return count

    def relay(self) -> None:
        """Make jobs of all events that were committed."""
        with self.engine.begin() as connection:
            taken = relay(connection, self.works.wants, self.runner.is_on, self._clock.now())
        if taken:
            self.relay()

    def _read_on(self) -> int:
        return sum(self._readings.read_on(work) for work in self.works.readers)

    def _do(self, queue_name: str) -> int:
        with self.engine.begin() as connection:
            jobs = claims.take(connection, queue_name, self._worker_id, self._clock.now())
        if len(jobs) == claims.BATCH:
            self.ring(queue_name)  # others may help
        for job in jobs:
            self.runner.run(job)
        return len(jobs)

    def tick(self) -> None:
        """What is to be done once a second: keep what one has, and put back what dead workers had."""
        now = self._clock.now()
        with self.engine.begin() as connection:
            claims.beat(connection, self._worker_id, now)
            claims.sweep(connection, now)


def _run(action: Callable[[], object]) -> None:
    """One failure must not end the thread that does everything else."""
    try:
        action()
    except Exception:
        log.exception("background work failed")
