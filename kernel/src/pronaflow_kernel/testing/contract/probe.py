"""A process that imports a plugin and tells what that did: run by `side_effects`, with JSON on its input.

In:  {"path": [...], "first": [modules], "package": "...", "folder": "...", "module": "..."}
Out: a JSON list of sentences.

Only the standard library is imported before the hook is in place, and `first` for what the plugin stands on.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

THREAD = "_thread.start_new_thread"

EFFECTS = {
    "socket.connect": "opens a connection",
    "socket.bind": "opens a socket",
    "socket.getaddrinfo": "looks a host up",
    "socket.gethostbyname": "looks a host up",
    "sqlite3.connect": "opens a database",
    "subprocess.Popen": "starts a process",
    "os.system": "starts a process",
    "os.exec": "starts a process",
    "os.fork": "starts a process",
    "os.posix_spawn": "starts a process",
    THREAD: "starts a thread",
    "os.remove": "removes a file",
    "os.rename": "renames a file",
    "os.mkdir": "makes a folder",
    "os.rmdir": "removes a folder",
    "os.putenv": "changes the environment",
}
"""Audit events (Python's audit event table) and what they mean."""


Note = Callable[..., None]
"""Takes words, the frame at which it happened, and whether only the plugin's own call counts."""

_SYSTEM = {os.__file__, "<frozen os>"}


def main() -> None:
    """Import as asked and print what happened."""
    asked = json.load(sys.stdin)
    sys.path[:] = asked["path"]
    for module in asked["first"]:
        importlib.import_module(module)
    found: list[str] = []

    def note(words: str, frame: FrameType | None, direct: bool = False) -> None:
        place = _place(frame, asked["folder"], direct)
        if place is not None and f"{place} {words}" not in found:
            found.append(f"{place} {words}")

    _watch(note)
    for module in (asked["package"], asked["module"]):
        importlib.import_module(module)
    print(json.dumps(list(found)))  # noqa: T201
    sys.stdout.flush()
    os._exit(0)  # whatever was registered for the end must not speak up now


def _place(frame: FrameType | None, folder: str, direct: bool) -> str | None:
    """File and line of the plugin's code that is running; None where another import runs inside of it.

    Arguments:
        direct: whether it must have called `os` itself: libraries look at the environment on their own.
    """
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(folder):
            return f"{os.path.relpath(name, os.path.dirname(folder))}:{frame.f_lineno}"
        if name.startswith("<frozen importlib") or (direct and name not in _SYSTEM):
            return None
        frame = frame.f_back
    return None


def _watch(note: Note) -> None:
    """Note what audit events tell, and what they do not: the environment, exit handlers, signals."""

    def hear(event: str, args: tuple[Any, ...]) -> None:
        if event in EFFECTS:
            note(EFFECTS[event], sys._getframe(1))
        elif event == "open" and _writes(args):
            note(f"writes the file {args[0]}", sys._getframe(1))

    def instead(words: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*args: Any, **kwargs: Any) -> Any:
            note(words, sys._getframe(1))
            return call(*args, **kwargs)

        return noted

    # Python 3.11 has no audit event for threads.
    threading.Thread.start = instead(EFFECTS[THREAD], threading.Thread.start)  # type: ignore[method-assign]
    atexit.register = instead("registers something for the end of the process", atexit.register)
    signal.signal = instead("takes over a signal", signal.signal)
    os.environ = _Environment(os.environ, note)  # type: ignore[assignment]  # noqa: B003
    sys.addaudithook(hear)


def _writes(args: tuple[Any, ...]) -> bool:
    _, mode, flags = args
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return bool(isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


class _Environment:
    """`os.environ` that tells who reads it."""

    def __init__(self, real: Any, note: Note) -> None:
        self.__dict__.update(_real=real, _note=note)

    def __getattr__(self, name: str) -> Any:
        self._note("reads the environment", sys._getframe(1), True)
        return getattr(self._real, name)

    def get(self, key: str, default: Any = None) -> Any:
        self._note(f"reads the environment variable {key}", sys._getframe(1), True)
        return self._real.get(key, default)

    def __getitem__(self, key: str) -> str:
        self._note(f"reads the environment variable {key}", sys._getframe(1), True)
        value: str = self._real[key]
        return value

    def __setitem__(self, key: str, value: str) -> None:
        self._note(f"changes the environment variable {key}", sys._getframe(1), True)
        self._real[key] = value

    def __contains__(self, key: object) -> bool:
        self._note("reads the environment", sys._getframe(1), True)
        return key in self._real

    def __iter__(self) -> Iterator[str]:
        self._note("reads the environment", sys._getframe(1), True)
        return iter(self._real)

    def __len__(self) -> int:
        return len(self._real)


if __name__ == "__main__":
    main()
