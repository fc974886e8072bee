"""How plugins fare in every server process, written down where other processes can read it.

Each server keeps one row: what its guard has counted, and which breakers are not closed. `figures` merges the
rows, so that the command line and every server tell of all of them.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select

from ..clock import Clock
from ..ids import new_id
from ..persistence.scope import Scope
from ..persistence.types import Id, UtcDateTime
from .breaker import left_alone
from .models import ServerProcess
from .timing import merged

if TYPE_CHECKING:
    from ..persistence.database import Database
    from ..persistence.uow import Reader, Row, UnitOfWork
    from .guard import Guard

log = logging.getLogger("pronaflow.plugins")

EVERY = timedelta(seconds=5)
"""How often a server looks whether there is something new to write."""

BEAT = timedelta(seconds=30)
"""How often it writes all the same, to say that it is there."""

PRESENT = timedelta(seconds=60)
"""A row not seen for longer counts no more: its process hangs or is dead."""

FORGOTTEN = timedelta(minutes=10)
"""A row not seen for longer is removed by whichever process writes next."""

_BREAKERS = ("closed", "half-open", "open")
"""From the best to the worst."""

_moment = bindparam("moment", type_=UtcDateTime())
_OWN = select(ServerProcess.__table__).where(ServerProcess.id == bindparam("id", type_=Id()))
_SEEN = select(ServerProcess.figures).where(ServerProcess.seen_at > _moment).order_by(ServerProcess.id)
_SERVING = _SEEN.where(ServerProcess.role == "server")
_FORGET = delete(ServerProcess).where(ServerProcess.seen_at < _moment)
_LEAVE = delete(ServerProcess).where(ServerProcess.id == bindparam("id", type_=Id()))


@dataclass(frozen=True, slots=True)
class Figures:
    """How one hook or subscriber of a plugin fares, in all servers together.

    Arguments:
        calls: since the servers started; failures: among them.
        p95_ms: milliseconds that 95 percent of the calls stayed below; None before the first call.
        breaker: `closed`, `half-open` or `open`, the worst of them; None where there is none.
        last_error: of a failure, in words.
    """

    calls: int
    failures: int
    p95_ms: float | None
    breaker: str | None
    last_error: str | None


FigureMap = Mapping[tuple[str, str], Figures]
"""By plugin and hook; a subscriber stands under `subscriber <name>`."""


def figures(reader: Reader) -> dict[tuple[str, str], Figures]:
    """How the plugins fare in all servers that run, by plugin and hook.

    Arguments:
        reader: in any scope.
    """
    parts: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in reader.all(_SEEN, moment=reader.clock.now() - PRESENT):
        for part in row["figures"]:
            parts.setdefault((part["plugin"], part["hook"]), []).append(part)
    return {key: _figures(found) for key, found in parts.items()}


def present(reader: Reader) -> int:
    """How many servers were seen on this database within the last minute.

    Arguments:
        reader: in any scope.
    """
    return len(reader.all(_SERVING, moment=reader.clock.now() - PRESENT))


def troubles(known: FigureMap, plugin_id: str) -> list[str]:
    """What makes a plugin `degraded` in some server, in the words of `Guard.troubles`."""
    return [
        left_alone(hook, each.last_error)
        for (owner, hook), each in known.items()
        if owner == plugin_id and each.breaker in ("open", "half-open")
    ]


def _figures(parts: list[Mapping[str, Any]]) -> Figures:
    whole = merged(part["timing"] for part in parts)
    breakers = [part["breaker"] for part in parts if part["breaker"] is not None]
    worst = max(breakers, key=_BREAKERS.index, default=None)
    return Figures(whole.calls, whole.failures, whole.p95_ms, worst, whole.last_error)


def counted(guard: Guard) -> list[dict[str, Any]]:
    """What a guard has counted, as it is stored; what was never called is left out."""
    return [
        {
            "plugin": plugin_id,
            "hook": hook,
            "timing": timing.data(),
            "breaker": breaker.state if (breaker := guard.breakers.get((plugin_id, hook))) else None,
        }
        for (plugin_id, hook), timing in list(guard.timings.items())
        if timing.calls
    ]


class Reporter:
    """Writes the row of this process, on a thread of its own.

    Arguments:
        db: where the row lies; guard: what it tells of.
        clock: tells when the process was seen.
        role: what this process is: `server` or `worker`.
    """

    def __init__(self, db: Database, guard: Guard, clock: Clock, role: str = "server") -> None:
        self._db, self._guard, self._clock, self._role = db, guard, clock, role
        self._id, self._started_at = new_id(), clock.now()
        self._written: list[dict[str, Any]] | None = None
        self._written_at = self._started_at
        self._failing = False
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Write now and from now on."""
        self._thread = threading.Thread(target=self._loop, name="pronaflow-processes", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and take the row away."""
        if self._thread is not None:
            self._ended.set()
            self._thread.join()
            self._thread = None

    def report(self) -> None:
        """Write the row if there is something new or it is time to; a failure is logged, once a series."""
        self._try(self._report)

    def leave(self) -> None:
        """Take the row away."""
        self._try(self._remove)

    def _loop(self) -> None:
        self.report()
        while not self._ended.wait(EVERY.total_seconds()):
            self.report()
        self.leave()

    def _try(self, act: Any) -> None:
        try:
            act()
        except Exception:
            if not self._failing:
                log.exception("how the plugins fare cannot be written down; it is tried again and again")
            self._failing = True
        else:
            self._failing = False

    def _report(self) -> None:
        now, found = self._clock.now(), counted(self._guard)
        if found == self._written and now - self._written_at < BEAT:
            return
        with self._db.write(Scope.system(), origin="system") as uow:
            uow.execute(_FORGET, moment=now - FORGOTTEN)
            self._put(uow, {"seen_at": now, "figures": found})
        self._written, self._written_at = found, now

    def _put(self, uow: UnitOfWork, values: Row) -> None:
        row = uow.one(_OWN, id=self._id)
        if row is not None:
            uow.update(ServerProcess, row, values)
            return
        about = {"role": self._role, "host": socket.gethostname()[:200], "pid": os.getpid()}
        uow.insert(ServerProcess, {"id": self._id, "started_at": self._started_at, **about, **values})

    def _remove(self) -> None:
        with self._db.write(Scope.system(), origin="system") as uow:
            uow.execute(_LEAVE, id=self._id)
