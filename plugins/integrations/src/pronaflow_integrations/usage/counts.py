"""Counting the requests of tokens without slowing them: in memory, written together.

Each process counts for itself and adds what it counted to the rows. What is counted waits `EVERY` seconds at
most, or until there is `MOST` of it; a process that ends in order writes it, one that is killed loses it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from pronaflow_kernel.api import Answered, Clock, Context, Scope

from .queries import HELD, USED, add_usage

EVERY = 10.0
"""Seconds."""

MOST = 1000
"""Requests."""

MINUTE = timedelta(minutes=1)
"""How old `last_used_at` gets before it is written again (modules.md 12.1)."""


class Key(NamedTuple):
    """What requests are counted by; the columns of `TokenUsage`, in an order in which all processes add."""

    token_id: str
    day: date
    hour: int
    method: str
    route: str
    status_class: int
    workspace_id: str


class Counts:
    """Counts requests of tokens in this process.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._db = ctx.db
        self._clock: Clock = ctx.clock
        self._later: Callable[[float, Callable[[], None]], None] = ctx.later
        self._lock = threading.Lock()
        self._counted: Counter[Key] = Counter()
        self._used: dict[str, datetime] = {}
        self._waiting = 0

    def note(self, workspace_id: str, token_id: str, answered: Answered) -> None:
        """Count a request of a token."""
        now = self._clock.now().astimezone(UTC)
        key = Key(
            token_id,
            now.date(),
            now.hour,
            answered.method[:10],
            answered.route[:200],
            answered.status // 100,
            workspace_id,
        )
        with self._lock:
            self._counted[key] += 1
            self._used[token_id] = now
            self._waiting += 1
            waiting = self._waiting
        if waiting == 1:
            self._later(EVERY, self.write)
        elif waiting == MOST:
            self._later(0, self.write)

    def write(self) -> None:
        """Add what was counted to the rows; where that fails, it is kept for the next time."""
        with self._lock:
            counted, used = self._counted, self._used
            self._counted, self._used, self._waiting = Counter(), {}, 0
        if not counted:
            return
        try:
            self._store(counted, used)
        except Exception:
            with self._lock:
                self._counted.update(counted)
                self._used = {**used, **self._used}
                self._waiting = max(1, self._waiting)
            self._later(EVERY, self.write)
            raise

    def _store(self, counted: Counter[Key], used: dict[str, datetime]) -> None:
        totals: Counter[str] = Counter()
        for key, number in counted.items():
            totals[key.token_id] += number
        with self._db.write(Scope.system(), origin="system") as uow:
            # One whose workspace or owner was deleted meanwhile has no row; the others stay as long as this.
            there = {row["id"] for row in uow.all(HELD, ids=sorted(used))}
            if not there:
                return
            marks = [
                {"token": id, "number": totals[id], "moment": used[id], "before": used[id] - MINUTE}
                for id in sorted(there)
            ]
            uow.connection.execute(USED, marks)
            rows = [
                {**key._asdict(), "requests": counted[key]}
                for key in sorted(counted)
                if key.token_id in there
            ]
            uow.connection.execute(add_usage(uow.dialect), rows)
