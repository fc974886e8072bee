"""The threads of a process that do background work, and how they are woken."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial

log = logging.getLogger("pronaflow.events")


class Crew:
    """Threads that serve queues, and one that ticks.

    With several threads the last one serves one queue alone, so that slow work for other machines never
    takes all of them.

    Arguments:
        work: does everything that waits in a queue.
        tick: does what is to be done now and then.
        pause: seconds until the next tick, asked each time.
    """

    def __init__(
        self, work: Callable[[str], object], tick: Callable[[], object], pause: Callable[[], float]
    ) -> None:
        self._work, self._tick, self._pause = work, tick, pause
        self._changed = threading.Condition()
        self._rung: set[str] = set()
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
        """Wake whoever serves a queue."""
        with self._changed:
            self._rung.add(queue)
            self._changed.notify_all()

    def stop(self) -> None:
        """Finish what was begun, and end the threads."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _run(self, name: str, loop: Callable[[], None]) -> None:
        thread = threading.Thread(target=loop, name=f"pronaflow-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self, only: str | None) -> None:
        while not self._stopping.is_set():
            queue = self._wait(only)
            if queue is not None:
                attempted(partial(self._work, queue))

    def _wait(self, only: str | None) -> str | None:
        """A queue that was rung, for one of the threads that serve it; None at the end."""
        with self._changed:
            while not self._stopping.is_set():
                for queue in sorted(self._rung):
                    if only is None or queue == only:
                        self._rung.discard(queue)
                        return queue
                self._changed.wait()
        return None

    def _tick_on(self) -> None:
        while not self._stopping.wait(self._pause()):
            attempted(self._tick)


def attempted(action: Callable[[], object]) -> None:
    """Run something whose failure must not end the thread that does everything else."""
    try:
        action()
    except Exception:
        log.exception("background work failed")
