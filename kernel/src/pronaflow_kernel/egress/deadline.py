"""Ends connections whose time is up."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from socket import SHUT_RDWR, socket
from types import TracebackType


class Deadlines:
    """Ends watches when their time is up, from one thread: one for each would be started hundreds of times
    a second."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._coming: list[tuple[float, int, Watch]] = []
        self._order = itertools.count()
        self._thread = threading.Thread()

    def add(self, watch: Watch, seconds: float) -> None:
        """Let a watch expire so much later; the thread begins with the first one, in each process."""
        entry = (time.monotonic() + seconds, next(self._order), watch)
        with self._changed:
            heapq.heappush(self._coming, entry)
            if not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="egress deadlines", daemon=True)
                self._thread.start()
            elif self._coming[0] is entry:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._coming or (left := self._coming[0][0] - time.monotonic()) > 0:
                    self._changed.wait(left if self._coming else None)
                watch = heapq.heappop(self._coming)[2]
            watch.expire()


_DEADLINES = Deadlines()


class Watch:
    """Cuts a connection off when the time is up.

    The timeout of a socket starts anew with every byte, so that a server that drips could hold a thread as
    long as it likes: with urllib3's `Timeout(total=2)` it was 6 seconds. The socket is held by a duplicate,
    because TLS takes the first one apart.
    """

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._lock = threading.Lock()
        self._held: socket | None = None
        self._seconds = max(seconds, 0)

    def __enter__(self) -> Watch:
        _DEADLINES.add(self, self._seconds)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._drop()

    def hold(self, connection: socket) -> None:
        """Watch this connection, in place of the one before."""
        with self._lock:
            self._drop()
            self._held = connection.dup()
            if self.expired:
                self._cut()

    def expire(self) -> None:
        """The time is up."""
        with self._lock:
            self.expired = True
            self._cut()

    def _cut(self) -> None:
        if self._held is not None:
            try:
                self._held.shutdown(SHUT_RDWR)
            except OSError:
                return  # the other side was faster

    def _drop(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None
