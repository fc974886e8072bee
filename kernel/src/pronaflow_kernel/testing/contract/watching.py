"""What a plugin does past the kernel while it runs: connections, processes, threads, files, engines.

An audit hook looks at the stack: the innermost frame of the kernel or of the plugin decides whose act it is,
so that what the kernel does for a plugin is the kernel's. A guard rail for mistakes: code that hides its
frames, or a C library that opens sockets itself, is not seen.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import Connection, Engine, event

from ..walk import Party
from .probe import EFFECTS, THREAD, _writes
from .subject import Subject

_KERNEL = str(Path(__file__).parents[2])
_TESTING = str(Path(__file__).parents[1])


class _Watch:
    """What was noticed of one plugin since it was watched; only one is at a time."""

    current: _Watch | None = None
    installed = False

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.found: dict[str, None] = {}

    def note(self, words: str, frame: FrameType | None) -> None:
        """Keep what the plugin did itself."""
        while frame is not None:
            name = frame.f_code.co_filename
            if name.startswith(self.folder):
                place = Path(name).relative_to(Path(self.folder).parent)
                self.found[f"{place}:{frame.f_lineno} {words}"] = None
                return
            if name.startswith("<frozen importlib") or (
                name.startswith(_KERNEL) and not name.startswith(_TESTING)
            ):
                return
            frame = frame.f_back


def _hear(name: str, args: tuple[Any, ...]) -> None:
    watch = _Watch.current
    if watch is not None and name in EFFECTS:
        watch.note(EFFECTS[name], sys._getframe(1))
    elif watch is not None and name == "open" and _writes(args):
        watch.note(f"writes the file {args[0]}", sys._getframe(1))


def _executed(connection: Connection, *_: Any) -> None:
    """Readers and units of work mark their connections with their scope; one without is somebody's own."""
    if _Watch.current is not None and "scope" not in connection.get_execution_options():
        _Watch.current.note("uses an engine past its reader or unit of work", sys._getframe(1))


@contextmanager
def watched(folder: Path) -> Iterator[dict[str, None]]:
    """What code below a folder does by itself inside the block, as sentences in order of first time."""
    if not _Watch.installed:
        sys.addaudithook(_hear)  # for good: there is no way to take one back
        _Watch.installed = True
    watch, start = _Watch(str(folder)), threading.Thread.start

    def started(thread: threading.Thread) -> None:
        """Python 3.11 has no audit event for threads."""
        watch.note(EFFECTS[THREAD], sys._getframe(1))
        start(thread)

    event.listen(Engine, "before_cursor_execute", _executed)
    _Watch.current, threading.Thread.start = watch, started  # type: ignore[method-assign, assignment]
    try:
        yield watch.found
    finally:
        _Watch.current, threading.Thread.start = None, start  # type: ignore[method-assign]
        event.remove(Engine, "before_cursor_execute", _executed)


def problems(subject: Subject) -> Iterator[str]:
    """What the plugin did by itself while all that calls it was used once."""
    with watched(subject.package_folder) as found:
        _use(subject)
    for each in found:
        yield f"{each}: leave it to the kernel (ctx.http, ctx.files, ctx.db, events)"


def _use(subject: Subject) -> None:
    """Send every operation of the plugin; of all others too, where they may call its hooks."""
    contribution = subject.world.kernel.hooks.implemented(subject.id)
    listens = any(not name.startswith("provide_") for name in contribution) or subject.manifest.listens
    operations = (subject.makers.operations if listens else subject.operations).values()
    party: Party | None = None
    for operation in operations:
        party = party or subject.party("watched")
        request = party.request(operation.id)
        if "ext" in operation.query:
            request["query"]["ext"] = subject.id
        party.send(operation, request)
        subject.world.drain()
        if operation.method != "GET":
            party = None
