"""Delivery after the commit, in this process.

Subscribers run one after another on one thread, each in a unit of work of its own, so that a slow or
failing one delays no request and undoes nobody else's work. Tests start no thread and call `drain`.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from ..errors import StaleRow
from .types import Event, Subscriber

if TYPE_CHECKING:
    from ..persistence.uow import Database
    from ..plugins.guard import Guard

log = logging.getLogger("pronaflow.events")

ATTEMPTS = 3
"""How often a subscriber is run that others are in the way of."""


class Dispatcher:
    """Runs subscribers and after-commit actions.

    Arguments:
        guard: runs the subscribers, and tells at delivery time whether their plugin is on in a workspace.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._subscribers: list[tuple[str, Subscriber]] = []
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._db: Database | None = None

    def attach(self, db: Database, subscribers: list[tuple[str, Subscriber]]) -> None:
        """Learn the database and the `(plugin id, subscriber)` pairs, in order of start."""
        self._db = db
        self._subscribers = subscribers

    def committed(self, events: list[Event], actions: list[Callable[[], None]]) -> None:
        """Take what a unit of work left behind."""
        for action in actions:
            self._queue.put(action)
        for event in events:
            for plugin_id, subscriber in self._subscribers:
                if subscriber.wants(event.type):
                    self._queue.put(lambda p=plugin_id, s=subscriber, e=event: self._deliver(p, s, e))  # type: ignore[misc]

    def drain(self) -> None:
        """Run everything that waits, on this thread, until nothing is left."""
        while True:
            try:
                action = self._queue.get_nowait()
            except queue.Empty:
                return
            if action is not None:
                _run(action)

    def start(self) -> None:
        """Deliver on a thread of its own from now on."""
        self._thread = threading.Thread(target=self._loop, name="pronaflow-events", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Deliver what waits, then end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _loop(self) -> None:
        while (action := self._queue.get()) is not None:
            _run(action)

    def _deliver(self, plugin_id: str, subscriber: Subscriber, event: Event) -> None:
        from ..persistence.scope import Scope

        if self._db is None or not self._guard.is_on(plugin_id, event.workspace_id):
            return
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with (
                    self._db.write(Scope.system(event.workspace_id), origin="system") as uow,
                    self._guard.watching(plugin_id, f"subscriber {subscriber.name}"),
                ):
                    subscriber.run(uow, event)
                return
            except (StaleRow, OperationalError) as error:
                log.warning(
                    "%s.%s met %s at event %s", plugin_id, subscriber.name, type(error).__name__, event.id
                )
                if attempt == ATTEMPTS:
                    raise
            except Exception:
                words = "%s.%s failed at event %s (%s)"
                log.exception(words, plugin_id, subscriber.name, event.id, event.type)
                return


def _run(action: Callable[[], None]) -> None:
    """One action must not end the thread that runs all others."""
    try:
        action()
    except Exception:
        log.exception("work after a commit failed")
