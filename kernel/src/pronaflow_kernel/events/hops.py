"""How far an event is from whoever began: subscribers that answer events with events must not do so for ever.

What a person does is at hop 0. What a subscriber publishes about it is at hop 1, also when a job that it has
handed in publishes it, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

MOST = 8
"""Hops that an event may be away."""

_HOP: ContextVar[int] = ContextVar("pronaflow_hop", default=0)


class Loop(ValueError):
    """An event was to be published that is too many hops away; its job is given up."""


@contextmanager
def at(hop: int) -> Iterator[None]:
    """Let what the block publishes and hands in be at a hop."""
    token = _HOP.set(hop)
    try:
        yield
    finally:
        _HOP.reset(token)


def current() -> int:
    """The hop at which this thread or task is."""
    return _HOP.get()


def checked(event_type: str) -> int:
    """The same, for an event of this type.

    Raises:
        Loop: it is too far away.
    """
    if (hop := _HOP.get()) > MOST:
        raise Loop(
            f"loop: {event_type} would be {hop} hops away from whoever began, each the answer to another"
        )
    return hop
