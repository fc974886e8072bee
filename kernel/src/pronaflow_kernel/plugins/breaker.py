"""A breaker: code that fails again and again is left alone for a while (Nygard, Release It!, 2007)."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from threading import Lock

from ..clock import Clock

FAILURES = 5
"""So many failures within `WINDOW` open the breaker of a plugin (architecture.md 4)."""

WINDOW = timedelta(seconds=60)
PAUSE = timedelta(seconds=30)
"""How long that stays open before one call is let through to try."""


def left_alone(hook: str, error: str | None) -> str:
    """What a breaker that is not closed means, as the reason of a degraded plugin.

    Arguments:
        hook: which one.
        error: of the latest failure, in words.
    """
    return f"{hook} is left alone after repeated failures, lately {error}"


class Breaker:
    """Closed it lets every call through, open none, half-open a single one that decides.

    Arguments:
        clock: tells when failures were and when the pause is over.
        failures: so many within `WINDOW` open it.
        pause: how long it stays open.
    """

    def __init__(self, clock: Clock, failures: int = FAILURES, pause: timedelta = PAUSE) -> None:
        self._clock = clock
        self._pause = pause
        self._lock = Lock()
        self._failures: deque[datetime] = deque(maxlen=failures)
        self._opened_at: datetime | None = None
        self._trying = False

    @property
    def state(self) -> str:
        """`closed`, `open` or `half-open`."""
        opened_at = self._opened_at
        if opened_at is None:
            return "closed"
        # A clock that was set back must not keep it open for longer than the pause.
        return "open" if timedelta(0) <= self._clock.now() - opened_at < self._pause else "half-open"

    def lets_through(self) -> bool:
        """Whether a call may be made; whoever asks and gets True must say how it went."""
        if self._opened_at is None:
            return True
        with self._lock:
            if self.state == "closed":
                return True
            if self.state == "open" or self._trying:
                return False
            self._trying = True
            return True

    def succeeded(self) -> None:
        """The call went well; a trial closes the breaker, a call from before it opened does not."""
        if self._opened_at is not None:
            with self._lock:
                if self._trying:
                    self._opened_at = None
                    self._trying = False
                    self._failures.clear()

    def failed(self) -> bool:
        """The call failed; whether that has just opened the breaker."""
        with self._lock:
            now = self._clock.now()
            self._failures.append(now)
            full = len(self._failures) == self._failures.maxlen and now - self._failures[0] <= WINDOW
            opens = self._opened_at is None and full
            if opens or self._trying:
                self._opened_at, self._trying = now, False
            return opens
