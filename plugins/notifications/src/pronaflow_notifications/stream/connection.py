"""One open stream: for whom it is, how far it is, and what waits for its client."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase

from pronaflow_kernel.api import Again, Outlet, Scope

from .frames import frame, reset, unread_count
from .position import NOWHERE, Position

MOST_WAITING = 100
"""Events that wait for a client that takes them slowly; then it is told to read its lists anew."""


@dataclass(slots=True, eq=False)
class Connection:
    """A stream.

    Arguments:
        scope: who reads, and in which workspace, as they were admitted last.
        again: admits them once more, or raises what refuses them.
        types: names and patterns of the events of the workspace that they want.
        ends_at: when the stream ends by itself.
        checked_at: when they were admitted last.
        position: up to which everything was put into the queue; unread: what the client knows of that.
    """

    scope: Scope
    again: Again
    types: tuple[str, ...]
    ends_at: datetime
    checked_at: datetime
    position: Position = NOWHERE
    unread: int = 0
    outlet: Outlet | None = None
    replayed: deque[bytes] = field(default_factory=deque)
    waiting: deque[bytes] = field(default_factory=deque)
    heard_at: datetime | None = None
    left: bool = False

    @property
    def user_id(self) -> str:
        """Who reads."""
        return str(self.scope.principal.user_id)

    def wants(self, event_type: str) -> bool:
        """Whether an event of this type is asked for."""
        return any(fnmatchcase(event_type, pattern) for pattern in self.types)

    def event(self, data: str, position: int) -> None:
        """Have an event of the workspace sent."""
        self.position = self.position._replace(event=position)
        self._put(frame("domain_event", data, self.position))

    def note(self, data: str, revision: int) -> None:
        """Have a notification sent."""
        self.position = self.position._replace(note=revision)
        self._put(frame("notification", data, self.position))

    def count(self, unread: int) -> None:
        """Have the number of unread notifications sent, if the client knows another one."""
        if unread != self.unread:
            self.unread = unread
            self._put(unread_count(unread))

    def _put(self, made: bytes) -> None:
        """Put an event behind the others; where too many wait, they give way to one `reset`."""
        if len(self.waiting) >= MOST_WAITING:
            self.waiting.clear()
            made = reset("too_slow", self.position)
        self.waiting.append(made)

    def pump(self, now: datetime) -> bool:
        """Hand to the client what it takes; False where that is nothing."""
        sent = False
        for frames in (self.replayed, self.waiting):
            while frames and self.outlet is not None and self.outlet.send(frames[0]):
                frames.popleft()
                sent = True
            if frames:
                break
        if sent:
            self.heard_at = now
        return sent
