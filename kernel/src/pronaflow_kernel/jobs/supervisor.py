"""Keeping processes running: started again when they die, ended in an orderly way, never left behind.

dramatiq's own command ends all its processes when one of them dies. Here the others go on, and a new one
takes its place: at once after a long life, later and later after short ones.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any

log = logging.getLogger("pronaflow.worker")

SHORTEST, LONGEST = 0.5, 30.0
"""Seconds before a process that died early is started again: the first time, and at most."""

SETTLED = 60.0
"""Seconds of life after which a process counts as having run well."""

MARGIN = 5.0
"""Seconds that a process may take beyond its grace before it is killed."""


@dataclass
class _Place:
    """Where one process runs, and the next one after it.

    Arguments:
        number: from 1.
        due: when the next one is to be started, on the monotonic clock.
        failures: of processes that died early, in a row.
    """

    number: int
    process: BaseProcess | None = None
    started: float = 0.0
    due: float = 0.0
    failures: int = 0


class Supervisor:
    """Runs the same function in several processes, in the main thread.

    Arguments:
        target: importable; called with the number of the process, from 1, and `args`. SIGTERM asks it to end.
        count: of processes.
        grace: seconds that a process may take to end.
        final: exit codes that another try cannot mend: all end then.
    """

    def __init__(
        self,
        target: Callable[..., None],
        args: tuple[Any, ...],
        count: int,
        grace: float,
        final: Collection[int],
    ) -> None:
        self._target, self._args = target, args
        self._grace, self._final = grace, final
        self._places = [_Place(number) for number in range(1, count + 1)]
        self._spawn = multiprocessing.get_context("spawn")
        self._signals = 0
        self._code = 0
        self._deadline: float | None = None
        self._hear, self._tell = os.pipe()

    def run(self) -> int:
        """Keep them running until SIGTERM or SIGINT; a second signal kills them.

        Returns:
            The exit code for this process: 0 after an orderly end, 1 where it was none, or what a process
            refused to start with.
        """
        before = {
            number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            while self._deadline is None or self._running():
                self._step(time.monotonic())
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            self._kill()
            os.close(self._hear)
            os.close(self._tell)
        return self._code

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        os.write(self._tell, b".")

    def _step(self, now: float) -> None:
        """Start what is due, wait for something to happen, and see to it."""
        if self._deadline is None:
            for place in self._places:
                if place.process is None and place.due <= now:
                    self._start(place, now)
        sentinels = [place.process.sentinel for place in self._running() if place.process is not None]
        if self._hear in wait([*sentinels, self._hear], self._patience(now)):
            os.read(self._hear, 100)
        now = time.monotonic()
        for place in self._running():
            if place.process is not None and place.process.exitcode is not None:
                self._ended(place, place.process, now)
        self._stop_if_asked(now)

    def _running(self) -> list[_Place]:
        return [place for place in self._places if place.process is not None]

    def _patience(self, now: float) -> float | None:
        moments = [place.due for place in self._places if place.process is None and self._deadline is None]
        if self._deadline is not None:
            moments.append(self._deadline)
        return max(0.0, min(moments) - now) if moments else None

    def _start(self, place: _Place, now: float) -> None:
        process = self._spawn.Process(target=self._target, args=(place.number, *self._args))
        process.start()
        place.process, place.started = process, now
        log.info("Started worker process %d, pid %d", place.number, process.pid)

    def _ended(self, place: _Place, process: BaseProcess, now: float) -> None:
        code = process.exitcode or 0
        process.join()
        place.process = None
        if self._deadline is not None:
            return
        if code in self._final:
            self._code = code
            self._stop(now)
            return
        place.failures = 0 if now - place.started >= SETTLED else place.failures + 1
        pause = min(LONGEST, SHORTEST * 2 ** min(place.failures - 1, 10)) if place.failures else 0.0
        place.due = now + pause
        words = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        log.warning("Worker process %d %s; it is started again in %.1f s", place.number, words, pause)

    def _stop_if_asked(self, now: float) -> None:
        if self._signals and self._deadline is None:
            log.info("Stopping: what was begun may take %.0f s; a second signal ends it at once", self._grace)
            self._stop(now)
        if self._deadline is not None and self._running() and (self._signals > 1 or now >= self._deadline):
            log.warning("Stopping: killed %d worker processes that still ran", len(self._running()))
            self._code = self._code or 1
            self._kill()

    def _stop(self, now: float) -> None:
        self._deadline = now + self._grace + MARGIN
        for place in self._running():
            if place.process is not None:
                place.process.terminate()

    def _kill(self) -> None:
        for place in self._running():
            if place.process is not None:
                place.process.kill()
                place.process.join()
                place.process = None
