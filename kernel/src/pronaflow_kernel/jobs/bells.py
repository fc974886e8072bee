"""Waking workers in other processes, by bells that may be lost.

Whoever commits only notes in which queue it left work; a thread sends the bells. So no request ever waits for
Redis, and many commits at once are one bell. While Redis cannot be reached `working` is False, which tells
the bus to look for work ten times a second.
"""

from __future__ import annotations

import logging
import threading

from .broker import BellBroker, bell

log = logging.getLogger("pronaflow.jobs")

CHECK = 1.0
"""Seconds without a ring after which it is tried whether one would get through."""

AGAIN = 5.0
"""Seconds after which it is tried again where one did not."""


class RedisBell:
    """Rings workers over Redis.

    The thread begins with the first ring, in whichever process that is: one that was forked has it too.

    Arguments:
        broker: carries the bells.
        again: see `AGAIN`.
    """

    def __init__(self, broker: BellBroker, again: float = AGAIN) -> None:
        self.broker, self._again = broker, again
        self.working = True
        """Whether bells get through, as far as anybody knows."""
        self._rung: set[str] = set()
        self._news = threading.Condition()
        self._ended = False
        self._thread: threading.Thread | None = None

    def ring(self, queue_name: str) -> None:
        """Wake those who work on a queue; returns at once and never raises."""
        with self._news:
            self._rung.add(queue_name)
            self._news.notify()
            if (self._thread is None or not self._thread.is_alive()) and not self._ended:
                self._thread = threading.Thread(target=self._loop, name="pronaflow-bells", daemon=True)
                self._thread.start()

    def check(self) -> None:
        """Find out whether a bell would get through now.

        Raises:
            redis.RedisError: it would not; workers look for work by themselves.
        """
        self.broker.check()

    def close(self) -> None:
        """Send what was rung, if that works, and end the thread."""
        with self._news:
            self._ended = True
            self._news.notify()
            thread = self._thread
        if thread is not None:
            thread.join()
        self.broker.close()

    def _loop(self) -> None:
        while True:
            rung = self._take()
            if self._ended and not (rung and self.working):
                return
            self._send(rung)

    def _take(self) -> set[str]:
        """What was rung; nothing where it is time to see whether ringing works."""
        with self._news:
            if self.working:
                self._news.wait_for(lambda: self._rung or self._ended, CHECK)
            else:
                self._news.wait_for(lambda: self._ended, self._again)
            rung, self._rung = self._rung, set()
        return rung

    def _send(self, rung: set[str]) -> None:
        try:
            for queue_name in rung:
                self.broker.enqueue(bell(queue_name))
            if not rung:
                self.broker.check()
        except Exception as error:  # Of any kind: that nobody can be rung is no reason to stop working.
            with self._news:
                self._rung |= rung
            if self.working:
                words = "Redis carries no bells (%s); workers look for work by themselves"
                log.warning(words, error)
            self.working = False
        else:
            if not self.working:
                log.warning("Redis carries bells again")
            self.working = True


class Unrung:
    """Stands for a bell where nobody rings: whoever works looks for work ten times a second."""

    working = False

    def ring(self, queue_name: str) -> None:
        """Wake nobody."""

    def check(self) -> None:
        """There is nobody to reach."""

    def close(self) -> None:
        """There is nothing to let go of."""


def bell_from(url: str) -> RedisBell:
    """The bell over a Redis.

    Raises:
        ModuleNotFoundError: the package redis is not installed.
        ValueError: the URL says something that the package does not know.
    """
    return RedisBell(BellBroker(url))
