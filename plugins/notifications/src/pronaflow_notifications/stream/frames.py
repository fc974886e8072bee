"""What goes over the wire: server-sent events (WHATWG HTML, 9.2), each a few lines and an empty one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .position import Position

RETRY_MS = 3000
"""Milliseconds after which a client whose stream has ended opens another one."""

HELLO = f"retry: {RETRY_MS}\n\n".encode()
"""What each stream begins with."""

HEARTBEAT = b": still here\n\n"
"""A comment, which clients pass over; sending it finds out whether anybody is there."""


def line(data: Mapping[str, Any]) -> str:
    """Data as they stand in an event; the same for all its readers."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def frame(event: str, data: str, position: Position | None = None) -> bytes:
    """One event.

    Arguments:
        event: its name.
        data: from `line`.
        position: becomes the `id` from which the client goes on; without one its last id stays.
    """
    kept = "" if position is None else f"id: {position}\n"
    return f"event: {event}\n{kept}data: {data}\n\n".encode()


def reset(reason: str, position: Position) -> bytes:
    """Tell a client that it has missed something: it reads its lists anew, and goes on from here.

    Arguments:
        reason: `too_old`, `unknown` or `too_slow`.
    """
    return frame("reset", line({"reason": reason}), position)


def unread_count(unread: int, position: Position | None = None) -> bytes:
    """Tell how many notifications are unread."""
    return frame("unread_count", line({"unread_count": unread}), position)
