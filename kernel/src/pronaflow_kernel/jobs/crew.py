"""The threads of a process that do background work, and how they are woken."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from enum import IntEnum
from functools import partial
from time import monotonic
from typing import TypeVar

Answer = TypeVar("Answer")

log = logging.getLogger("pronaflow.events")

PATIENCE = 0.02
"""Seconds for which a rung queue is left to the thread that is at it; then another one helps."""

REST = 0.05
"""Seconds, at most, that a queue rests after somebody did all of it: twice as long as that took.

What comes meanwhile is taken together. Threads that are at it at once, each for the little that it finds,
spend more on looking than on work, and requests wait for them.
"""


class Found(IntEnum):
    """What somebody found in a queue."""

    NOTHING = 0
    SOME = 1
    """All of it is done; more may have come meanwhile."""
    MORE = 2
    """Some of it is left."""


class Crew:
    """Threads that serve queues, and one that ticks.

    With several threads the last one serves one queue alone, so that slow work for other machines never
    takes all of them.

    Arguments:
        work: does a part of what waits in a queue.
        tick: does what is to be done now and then.
        pause: seconds until the next tick, asked each time.
    """

    def __init__(
        self, work: Callable[[str], Found], tick: Callable[[], object], pause: Callable[[], float]
    ) -> None:
        self._work, self._tick, self._pause = work, tick, pause
        self._changed = threading.Condition()
        self._rung: dict[str, float] = {}
        """Since when."""
        self._served: Counter[str] = Counter()
        """By how many threads."""
        self._rests: dict[str, float] = {}
        """Until when."""
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def __bool__(self) -> bool:
        return bool(self._threads)

    @property
    def stopping(self) -> bool:
        """Whether no further work is to be begun."""
        return self._stopping.is_set()

    def start(self, count: int, reserved: str) -> None:
        """Begin to serve.

        Arguments:
            count: of threads.
            reserved: the queue that the last one serves alone, where there are several.
        """
        only = [None] * (count - 1) + [reserved if count > 1 else None]
        self._run("ticker", self._tick_on)
        for queue in only:
            self._run("worker", partial(self._serve, queue))

    def ring(self, queue: str) -> None:
        """Say that there may be something to do in a queue."""
        with self._changed:
            self._rung.setdefault(queue, monotonic())
            self._changed.notify_all()

    def stop(self) -> None:
        """Finish what was begun, and end the threads; others can be started."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        self._stopping.clear()

    def _run(self, name: str, loop: Callable[[], None]) -> None:
        thread = threading.Thread(target=loop, name=f"pronaflow-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self, only: str | None) -> None:
        while (queue := self._wait(only)) is not None:
            since = monotonic()
            found = attempted(partial(self._work, queue)) or Found.NOTHING
            with self._changed:
                self._served[queue] -= 1
                if found:
                    now = monotonic()
                    self._rung.setdefault(queue, now)
                    rest = 0.0 if found is Found.MORE else min(2 * (now - since), REST)
                    self._rests[queue] = now + rest
                    self._changed.notify_all()

    def _wait(self, only: str | None) -> str | None:
        """A queue that somebody must look after now, for a thread that may serve it; None at the end."""
        with self._changed:
            while not self.stopping:
                # The one that was rung first goes first, so that none is passed over for ever.
                first = sorted(self._rung, key=self._rung.__getitem__)
                rung = [queue for queue in first if only is None or queue == only]
                left = {queue: self._left(queue) for queue in rung}
                for queue in rung:
                    if left[queue] <= 0:
                        del self._rung[queue]
                        self._served[queue] += 1
                        return queue
                self._changed.wait(min(left.values(), default=None))
        return None

    def _left(self, queue: str) -> float:
        """Seconds until a rung queue is for whoever is free."""
        begin = self._rests.get(queue, 0.0)
        if self._served[queue]:
            begin = max(begin, self._rung[queue] + PATIENCE)
        return begin - monotonic()

    def _tick_on(self) -> None:
        while not self._stopping.wait(self._pause()):
            attempted(self._tick)


def attempted(action: Callable[[], Answer]) -> Answer | None:
    """Run something whose failure must not end the thread that does everything else; None where it failed."""
    try:
        return action()
    except Exception:
        log.exception("background work failed")
        return None
