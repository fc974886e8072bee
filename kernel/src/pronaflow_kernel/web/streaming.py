"""Answers that do not end: the server holds the connection, and no thread waits behind it.

A handler answers a `Stream`. Once the head of the answer is on its way, `begin` gets an `Outlet`, into which
somebody puts bytes from then on, a thread of its own for all of them. Only a server that can hold connections
(`web.connections`) says so in the environment of a request; with any other one a stream would take a thread,
or a whole process, from all other requests, so there it is refused (docs/adr/047).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from flask import Response, g, request

from ..errors import ServiceUnavailable

if TYPE_CHECKING:
    from ..persistence.reader import Reader
    from ..persistence.scope import Scope

HOLD = "pronaflow.hold"
"""Where the WSGI environment holds what takes a `Begin`, if the server holds connections."""

RETRY_AFTER = 30
"""Seconds after which a refused client may try again; meanwhile it can poll."""

EVENT_STREAM = "text/event-stream"
"""Media type of server-sent events (WHATWG HTML, section 9.2)."""


class Outlet(Protocol):
    """The connection of one client, which takes bytes until it is closed; may be used by any thread.

    `flush` sends what was left, on all connections of the server, and returns at once.
    """

    flush: Callable[[], None]

    @property
    def open(self) -> bool:
        """Whether the client is still there."""
        ...

    def send(self, data: bytes) -> bool:
        """Leave bytes to be sent at the next `flush`.

        Returns:
            False, and nothing is sent, while the client has not taken enough of what came before.
        """
        ...

    def close(self) -> None:
        """End the answer after what was left to be sent."""
        ...


Begin = Callable[[Outlet], None]
"""Takes the outlet of a client whose answer has begun."""

Again = Callable[["Reader"], "Scope"]
"""From a reader to the scope in which whoever sent a request would be admitted once more.

Raises what refuses them: a `KernelError`.
"""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream that a handler answers with.

    Arguments:
        begin: called once, when the head of the answer is on its way.
        leave: called instead where it does not come to that.
    """

    begin: Begin
    leave: Callable[[], None]


def again() -> Again:
    """What tells whether the caller of the request at hand, which opens a stream, would still be admitted."""
    asked: Again = g.again
    return asked


def answer(stream: Stream) -> Response:
    """The answer that a stream begins with.

    Raises:
        ServiceUnavailable: this server holds no connections.
    """
    hold = request.environ.get(HOLD)
    if hold is None:
        stream.leave()
        raise ServiceUnavailable(
            "This server keeps no streams: `pronaflow stream` does, or ask again and again instead",
            headers={"Retry-After": str(RETRY_AFTER)},
        )
    response = Response(content_type=EVENT_STREAM, direct_passthrough=True)
    response.response = _Handover(stream, hold)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would collect what is to arrive at once
    return response


def document_stream(operation: dict[str, Any]) -> None:
    """Add to an operation that it answers a stream, and that a ticket opens it too."""
    content = {EVENT_STREAM: {"schema": {"type": "string"}}}
    operation["responses"]["200"] = {
        "description": "Server-sent events, until one side ends",
        "content": content,
    }
    operation["security"] = [*operation["security"], {"ticket": []}]


class _Handover:
    """The body of the answer, as WSGI asks for it: empty, but asking for it leaves the rest to the server."""

    def __init__(self, stream: Stream, hold: Callable[[Begin], None]) -> None:
        self._stream, self._hold = stream, hold
        self._held = False

    def __iter__(self) -> Iterator[bytes]:
        self._held = True
        self._hold(self._stream.begin)
        return iter(())

    def close(self) -> None:
        """Called by the server at the end of the request, whatever became of it."""
        if not self._held:
            self._stream.leave()
