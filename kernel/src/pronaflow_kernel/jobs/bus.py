"""The bus: from the commit of a change to the end of all work that it causes.

The database alone says what must be done. Waking is a courtesy: whoever commits rings, and every process that
works looks by itself once a second. In one process the workers are threads of the server; in production they
are processes of their own (`pronaflow worker`), rung over Redis by messages that may be lost.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Collection
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

from ..attribution import CURRENT_PLUGIN, attributed
from ..persistence.engines import at_once
from . import claims
from .crew import Crew, Found, attempted
from .enqueue import ALL_WORKSPACES, PRIORITY, RELAYED
from .readings import BEHIND
from .relay import BATCH, UNPLACED, relay

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ..clock import Clock
    from ..persistence.engines import Engines
    from .alive import Alive
    from .claims import Claims
    from .occurrences import Scheduler
    from .readings import Readings
    from .runner import Runner
    from .works import Works

POLL = 1.0
"""Seconds after which a process that works looks for more although nobody rang."""

ALONE = 0.1
"""The same while those who would ring cannot reach it."""

TURN = 0.1
"""Seconds after which new events are looked for, and jobs that were not begun are left to others."""

_LOOK = claims.NEXT.add_columns(UNPLACED.label("events"), BEHIND.label("behind"))


class Bell(Protocol):
    """Wakes workers in other processes; may fail at any time, since they look by themselves."""

    @property
    def working(self) -> bool:
        """Whether rings arrive, as far as one knows."""
        ...

    def ring(self, queue_name: str) -> None:
        """Say that there may be something to do in a queue; raises nothing and waits for nobody."""
        ...

    def check(self) -> None:
        """Find out whether a ring would arrive now; raises whatever stands in its way."""
        ...

    def close(self) -> None:
        """Say what is still to be said, and let go of everything."""
        ...


class Bus:
    """Runs what waits.

    Arguments:
        engines: of the database; work need not survive a power cut before what it ends.
        held: takes the jobs; alive: tells which workers died.
    """

    runner: Runner
    _readings: Readings
    scheduler: Scheduler

    def __init__(self, engines: Engines, clock: Clock, held: Claims, alive: Alive) -> None:
        self.engine: Engine = engines.background.execution_options(unscoped=ALL_WORKSPACES)
        self._at_once = at_once(self.engine)
        self._look: Engine = engines.read.execution_options(unscoped=ALL_WORKSPACES)
        self._clock, self.claims, self._alive = clock, held, alive
        self.bell: Bell | None = None
        self._actions: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._waiting: list[tuple[float, Callable[[], None]]] = []
        self._actor: threading.Thread | None = None
        self._crew = Crew(self.work, self.tick, self._pause)
        self._served: frozenset[str] | None = None
        self._beaten = clock.now()
        self.placed = threading.Event()
        """Set whenever this process has given positions to events; whoever waits for it clears it."""

    def attach(self, runner: Runner, readings: Readings, scheduler: Scheduler) -> None:
        """Learn who does the jobs, who lets subscribers in batches read on, and who knows what falls due."""
        self.runner, self._readings, self.scheduler = runner, readings, scheduler

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

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do an action within so many seconds, beside requests; at a stop and a drain at once.

        For what is gathered in memory and written together: a process that is killed loses it.
        """
        self._waiting.append((perf_counter() + seconds, attributed(CURRENT_PLUGIN.get(), action)))
        self._actions.put(_look_again)

    def ring(self, queue_name: str) -> None:
        """Wake the workers of a queue: those of this process, or where it has none, others."""
        if self._crew and self._serves(queue_name):
            self._crew.ring(queue_name)
        elif self.bell is not None:
            self.bell.ring(queue_name)

    def start(self, threads: int, queues: Collection[str] = ()) -> None:
        """Do from now on what units of work leave behind.

        Arguments:
            threads: for background work; at 0 it is left to other processes.
            queues: the only ones that are served here; none for all.
        """
        self._served = frozenset(queues) or None
        self._actor = threading.Thread(target=self._act, name="pronaflow-actions", daemon=True)
        self._actor.start()
        if threads:
            self._alive.begin()
            self._enter()
            self._crew.start(threads, RELAYED if self._serves(RELAYED) else min(queues))
            self._ring_what_waits()

    @property
    def started(self) -> bool:
        """Whether this process does by itself what units of work leave behind."""
        return self._actor is not None

    def _enter(self) -> None:
        self._readings.begin(self.works.readers)
        self.scheduler.begin(self.works)

    def stop(self) -> None:
        """Finish what was begun and end the threads; the rest is done by whoever works next."""
        self._crew.stop()
        if self._actor is not None:
            self._actions.put(None)
            self._actor.join()
            self._actor = None
            self._do_waiting(at_once=True)
            attempted(self._pick_up)  # what was taken and not begun need not wait for its lease
        self._alive.end()

    def drain(self) -> None:
        """Do everything whose time has come, on this thread, until nothing is left (tests, commands)."""
        self._enter()
        busy = True
        while busy:
            busy = self.tick() | self.act()
            for name in self.works.queues:
                busy |= self.work(name) > Found.NOTHING

    def act(self) -> bool:
        """Do the actions that units of work left behind; False where there was none."""
        ran = False
        while not self._actions.empty():
            action = self._actions.get()
            if action is not None:
                ran = True
                attempted(action)
        return self._do_waiting(at_once=True) or ran

    def _act(self) -> None:
        while True:
            first = min((due for due, _ in self._waiting), default=None)
            patience = None if first is None else max(0.0, first - perf_counter())
            with contextlib.suppress(queue.Empty):
                if (action := self._actions.get(timeout=patience)) is None:
                    return
                attempted(action)
            self._do_waiting()

    def _do_waiting(self, *, at_once: bool = False) -> bool:
        """Do what was put off, as far as its time has come; False where there was none."""
        now = perf_counter()
        due = [each for each in list(self._waiting) if at_once or each[0] <= now]
        for each in due:
            self._waiting.remove(each)
            attempted(each[1])
        return bool(due)

    def work(self, queue_name: str) -> Found:
        """Do a part of what waits in a queue; what comes in meanwhile is for the next one."""
        if self.runner.queue_rests(queue_name):
            return Found.NOTHING
        if queue_name != RELAYED:
            with self._look.connect() as connection:
                ready = claims.ready(connection, queue_name)
            return self._do(queue_name, ready) if ready else Found.NOTHING
        seen = self._seen()
        ready = claims.Ready.of(seen)
        relayed = self.relay() if seen.events else 0
        done = self._do(RELAYED, self._after(ready, relayed)) if ready or relayed else Found.NOTHING
        read = self._readings.read_on(self._look, self.works.readers) if relayed or seen.behind else 0
        return max(done, Found.SOME if relayed or read else Found.NOTHING)

    @staticmethod
    def _after(ready: claims.Ready | None, relayed: int) -> claims.Ready | None:
        """What there is after a relay, as far as one knows without another look."""
        if not relayed:
            return ready
        # Where nothing was there before it is the jobs of events; else they may go before what was seen.
        return claims.Ready(PRIORITY, begun=False) if ready is None else None

    def _seen(self) -> Any:
        """What there is for those who serve `RELAYED`: one look spares a tenth of a steady load."""
        with self._look.connect() as connection:
            return connection.execute(_LOOK, {**claims.looking(RELAYED), "now": self._clock.now()}).one()

    def relay(self) -> int:
        """Make jobs of all events that were committed; answers of how many.

        What is committed meanwhile is for the next time: else nobody did a job while events come fast.
        """
        total, more = 0, True
        while more:
            with self.engine.begin() as connection:
                count, queues = relay(connection, self.works.wants, self.runner.is_on, self._clock.now())
            for name in queues - {RELAYED}:
                self.ring(name)
            total, more = total + count, count == BATCH
        if total:
            self.placed.set()
        return total

    def _do(self, queue_name: str, seen: claims.Ready | None) -> Found:
        """Do jobs of a queue until none is left or it has taken a while.

        Arguments:
            seen: what a look has found.
        """
        found, since = Found.NOTHING, perf_counter()
        while not self._crew.stopping:
            with self._at_once.begin() as connection:
                jobs = self.claims.take(connection, queue_name, self._clock.now(), seen)
            if not jobs:
                break
            full = len(jobs) == claims.BATCH
            if full:
                self._call_for_help(queue_name)
            if not self._run(jobs):
                self._call_for_help(queue_name)
                return Found.MORE
            # Behind one that is done the next of its lane may stand.
            seen, found = None, Found.SOME
            if not full and all(job["lane"] is None for job in jobs):
                break
            if perf_counter() - since > TURN:
                return Found.MORE
        return found

    def _run(self, jobs: list[dict[str, Any]]) -> bool:
        """Do jobs for a while; what is not begun then does not wait behind what takes long.

        Returns:
            Whether all were begun.
        """
        since = perf_counter()
        try:
            rest = self.runner.run(jobs, lambda: not self._crew.stopping and perf_counter() - since < TURN)
            if rest:
                with self._at_once.begin() as connection:
                    claims.give_back(connection, rest)
        finally:
            self.claims.let_go(jobs)
        return not rest

    def _call_for_help(self, queue_name: str) -> None:
        if self._crew:
            self._crew.ring(queue_name)
        if self.bell is not None:
            self.bell.ring(queue_name)

    def tick(self) -> bool:
        """What is to be done now and then: keep what one has, and bring in what waited for its time.

        Returns:
            Whether anything was brought in.
        """
        now = self._clock.now()
        self._beat(now)
        self._release_the_dead()
        self._pick_up()
        scheduled = self.scheduler.tick(self.works)
        with self._look.connect() as connection:
            due = claims.come_due(connection, now)
            back = [each for each in claims.parked(connection) if not self.runner.rests(*each)]
        if due or back:
            with self.engine.begin() as connection:
                claims.sweep(connection, now)
                claims.promote(connection, now)
                for kind, workspace_id in back:  # however their plugin came on again
                    claims.unpark(connection, kind, workspace_id)
        self._ring_what_waits()
        return due or bool(back) or scheduled > 0

    def _beat(self, now: datetime) -> None:
        """Often enough that two beats may be lost."""
        if not self._beaten <= now < self._beaten + self.claims.lease / 3:
            with self.engine.begin() as connection:
                self.claims.beat(connection, now)
            self._beaten = now

    def _release_the_dead(self) -> None:
        with self._look.connect() as connection:
            dead = self._alive.dead(claims.workers(connection))
        for worker_id in dead:
            with self.engine.begin() as connection:
                claims.release(connection, worker_id)
            self._alive.forget(worker_id)

    def _pick_up(self) -> None:
        with self._look.connect() as connection:
            dropped = self.claims.dropped(connection)
        if dropped:
            with self.engine.begin() as connection:
                self.claims.pick_up(connection, dropped)

    def _ring_what_waits(self) -> None:
        if not self._crew:
            return
        seen = self._seen()
        with self._look.connect() as connection:
            waiting = {name for name in self.works.queues if claims.ready(connection, name)}
        for name in waiting | ({RELAYED} if seen.events or seen.behind else set()):
            if self._serves(name):
                self._crew.ring(name)

    def _serves(self, queue_name: str) -> bool:
        return self._served is None or queue_name in self._served

    def _pause(self) -> float:
        return POLL if self.bell is None or self.bell.working else ALONE


def _look_again() -> None:
    """Wakes the thread that does actions, which waits for the first that was put off."""
