"""How a process dies at a point of its work: a file named after the point kills whoever comes by first."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Pool, event

from pronaflow_kernel.jobs.bus import Bus

FOLDER = "FAULTS_FOLDER"
"""Environment variable: the folder of the test's files."""

BELLS = "FAULTS_BELLS"
"""Environment variable: `chaos` lets each bell ring three times, late and out of order."""

_STATEMENTS = {
    "UPDATE core__event": "placed",
    "INSERT INTO core__job ": "handed_out",
    "DELETE FROM core__job ": "ended",
}
"""Beginnings of statements, and the points that are right after them, inside their transactions."""

LATE = 1.0
"""Most seconds that a bell is late."""


def folder() -> Path:
    """The folder of the test's files."""
    return Path(os.environ[FOLDER])


def kill() -> None:
    """End this process as SIGKILL does: nothing is finished, nothing is said."""
    os.kill(os.getpid(), signal.SIGKILL)


WAYS: dict[str, Callable[[], Any]] = {
    "kill": kill,
    "segfault": lambda: ctypes.string_at(0),
    "exit": lambda: os._exit(1),
}
"""Ways in which a handler takes its process with it."""


def meet(point: str) -> None:
    """Die here if a test asked for it; each request is for one death."""
    try:
        (folder() / f"die-{point}").unlink()
    except FileNotFoundError:
        return
    kill()


def install() -> None:
    """Set the points that are in the kernel, in this process."""
    event.listen(Engine, "after_cursor_execute", _after_statement)
    event.listen(Pool, "checkin", _after_commit)
    if os.environ.get(BELLS) == "chaos":
        _disturb_bells()


def _after_statement(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    if statement.startswith("INSERT INTO core__event "):
        connection.info["told"] = True
    for beginning, point in _STATEMENTS.items():
        if statement.startswith(beginning):
            meet(point)


def _after_commit(_connection: Any, record: Any) -> None:
    """The connection of a unit of work goes back before the bell rings."""
    if record.info.pop("told", False):
        meet("committed")


def _disturb_bells() -> None:
    ring = Bus.ring

    def ring_thrice(bus: Bus, queue_name: str) -> None:
        for _ in range(3):
            timer = threading.Timer(random.uniform(0, LATE), ring, (bus, queue_name))
            timer.daemon = True
            timer.start()

    Bus.ring = ring_thrice  # type: ignore[method-assign]
