"""One client connection of the embedded server: what it may send, how long it may take, what it hears.

waitress reads requests without a thread, so slow clients cost no worker; here they also lose their connection
in time, and what is no proper HTTP is refused in the envelope of every other error. A request whose length
could be read in two ways is refused, since a proxy in front may have read it in the other one and taken what
follows for a request of somebody else (request smuggling; RFC 9112, sections 3.2, 6.1 and 11.2).
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask, WSGITask

from ..errors import HeadersTooLarge, InvalidRequest, KernelError, PayloadTooLarge
from ..ids import new_id
from .answers import render_error
from .headers import SECURITY
from .streaming import HOLD, Begin

BYTES_PER_SECOND = 500
"""How fast a request must arrive at least, after the time that every request has."""

LINGER_SECONDS = 5.0
"""How long a client whose request is refused may go on sending it, and read the answer meanwhile."""


UNTAKEN = 64 * 1024
"""Bytes of a stream that may wait for its client; whoever feeds it keeps the rest, or lets it go."""


@dataclass(frozen=True, slots=True)
class FileBounds:
    """Which requests bring files, and how large these are.

    Arguments:
        takes: whether what is sent by a method to a path is a file.
        bytes: of the largest body with a file.
    """

    takes: Callable[[str, str], bool]
    bytes: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """What clients may use of the server.

    Arguments:
        connections: open at once; one more waits until another is closed.
        slow_client_seconds: see the setting of that name.
        header_bytes: request line and headers together.
        body_bytes: above this a body is refused before the application sees it; its own limits are lower.
        files: where other bounds hold; such a body is kept on disk until the application reads it.
    """

    connections: int = 500
    slow_client_seconds: int = 60
    header_bytes: int = 16 * 1024
    body_bytes: int = 1024 * 1024
    files: FileBounds | None = None


def bound_files(adjustments: Any, files: FileBounds | None) -> None:
    """Let waitress's adjustments have others beside them, for requests that bring files."""
    if files is not None:
        larger = copy(adjustments)
        larger.max_request_body_size = files.bytes + 1
        adjustments.pronaflow_files = files, larger


def _with_file(adjustments: Any, method: str, path: str) -> Any:
    """The adjustments for a request with a file; None if it is another one."""
    files, larger = getattr(adjustments, "pronaflow_files", (None, None))
    return larger if files is not None and files.takes(method, path) else None


class Parser(HTTPRequestParser):
    """Reads a request, and refuses one whose length or host is ambiguous."""

    def received(self, data: bytes) -> int:
        """As waitress does it, but that whoever asks first is not told to send what is refused."""
        taken: int = super().received(data)
        if self.error is not None:
            self.expect_continue = False
        return taken

    def parse_header(self, header_plus: bytes) -> None:
        """As waitress does it, and stricter."""
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # of urllib, which waitress does not expect
            raise ParsingError("no address") from error
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Transfer-Encoding and Content-Length")
        if "TRANSFER_ENCODING" in self.headers:  # waitress has taken it out where it heeds it
            raise ParsingError("Transfer-Encoding in another version than HTTP/1.1")
        host = self.headers.get("HOST")
        if "," in (host or "") or (host is None and self.version == "1.1"):
            raise ParsingError("not exactly one Host")
        parsed: Any = self
        if self.body_rcv is not None and (larger := _with_file(self.adj, parsed.command, parsed.path)):
            self.adj = larger


class Task(WSGITask):
    """Tells the client of a stopping server not to send another request over this connection.

    An answer that is a stream ends this task, and goes on without one: see `_Outlet`.
    """

    begin: Begin | None = None  # takes the connection, where the application asks for that

    def build_response_header(self) -> bytes:
        """The head of the answer."""
        if isinstance(self.channel, Channel) and self.channel.last:
            self.set_close_on_finish()
        return super().build_response_header()

    def get_environment(self) -> dict[str, Any]:
        """As waitress makes it, with what holds the connection (`web.streaming`)."""
        environ: dict[str, Any] = super().get_environment()
        environ[HOLD] = self._hold
        return environ

    def _hold(self, begin: Begin) -> None:
        self.begin = begin

    def finish(self) -> None:
        """End the answer, or hand it over."""
        if self.begin is None or not isinstance(self.channel, Channel):
            super().finish()
            return
        self.write(b"")
        self.close_on_finish = False
        self.begin(self.channel.hold(self.chunked_response))


class Refusal(ErrorTask):
    """Answers what cannot be read as a request; nothing of it is repeated, since it may hold secrets."""

    def execute(self) -> None:
        """Send the error envelope and close the connection."""
        request: Any = self.request
        error = request.error
        if isinstance(self.channel, Channel):
            self.channel.refused = True
        answer = render_error(_refusals().get(error.code, KernelError()), datetime.now(UTC))
        self.status = f"{error.code} {error.reason}"
        self.response_headers = [*answer.headers, *SECURITY.items(), ("X-Request-Id", new_id())]
        self.set_close_on_finish()
        body = answer.get_data()
        self.content_length = len(body)
        self.write(body)


class Channel(HTTPChannel):
    """One client connection, which knows whether it still has something to finish."""

    task_class = Task
    error_task_class = Refusal
    parser_class = Parser
    last = False  # whether the request it has now is its last one
    refused = False  # whether it is to hear why nothing more is read of it
    _heard: float | None = None  # when it has heard it, on the monotonic clock
    _began = 0.0  # when the request that is being received began, on the monotonic clock
    _sent = (0.0, 0.0)  # waitress's time of the last bytes that went, and since when it has been that
    _outlet: _Outlet | None = None  # of the stream that the last answer is

    def hold(self, chunked: bool) -> _Outlet:
        """Keep the connection for a stream, which is the last answer on it.

        Arguments:
            chunked: whether the head of the answer says so of its body.
        """
        channel: Any = self
        with channel.requests_lock:
            del channel.requests[1:]
        self._outlet = _Outlet(self, chunked)
        return self._outlet

    def end_stream(self) -> None:
        """End the stream, if there is one, so that its client asks another server."""
        if self._outlet is not None:
            self._outlet.close()

    def received(self, data: bytes) -> bool:
        """Take what the client sent, and note when a request begins."""
        if self._heard is not None or self._outlet is not None:
            return False
        before = self.request
        taken: bool = super().received(data)
        if self.request is not before:
            self._began = time.monotonic()
        return taken

    def handle_write(self) -> None:
        """Send what there is, and close the connection where that is due.

        Whoever was refused may be sending still. Closing would reset the connection, by which a client loses
        the answer, or does not look for it (RFC 9112, section 9.6): so only this side of it is closed, and
        what comes is thrown away.
        """
        if self._outlet is not None:
            with self.outbuf_lock:  # waitress expects nobody to write while no request runs
                super().handle_write()
            return
        if not (self.refused and self.close_when_flushed):
            super().handle_write()
            return
        self.close_when_flushed = False  # by which waitress would close both sides
        super().handle_write()
        if self.total_outbufs_len:
            self.close_when_flushed = True
        elif self.connected and self.socket is not None:
            self.refused, self.request, self._heard = False, None, time.monotonic()
            with suppress(OSError):  # the client has closed it
                self.socket.shutdown(socket.SHUT_WR)

    def idle(self) -> bool:
        """Whether no request is being received, waiting or running here, and nothing is left to send."""
        return not (self.requests or self.request or self.total_outbufs_len or self.close_when_flushed)

    def close_if_slow(self, now: float, patience: float) -> None:
        """Close the connection if its client takes too long to send a request, also if a byte at a time.

        Arguments:
            now: on the monotonic clock.
            patience: seconds that every request has, beside those that its size allows.
        """
        if self._heard is not None and now - self._heard > LINGER_SECONDS:
            self.will_close = True
        request = self.request
        if request is None:
            return
        if self.requests:  # nothing is read while another one is answered
            self._began = now
        received = request.header_bytes_received + request.body_bytes_received
        if now - self._began > patience + received / BYTES_PER_SECOND:
            self.will_close = True

    def close_if_stuck(self, now: float, patience: float) -> None:
        """Close the connection if its client takes none of the answer: a worker may wait for that.

        At once, since waitress closes only what can be written to.

        Arguments:
            now: on the monotonic clock; called once a second.
            patience: seconds without a byte.
        """
        if self._outlet is not None and not self.total_outbufs_len:
            self.last_activity = time.time()  # else waitress would close a stream that is silent
        if not self.total_outbufs_len or self.last_activity != self._sent[0]:
            self._sent = self.last_activity, now
        elif now - self._sent[1] > patience:
            self.handle_close()


class _Outlet:
    """Where a stream goes on: the sending side of a channel, which no thread holds.

    What is sent is left to the thread that serves all connections, so that a slow client delays nobody.

    Arguments:
        channel: of the client.
        chunked: whether the bytes are sent in chunks (RFC 9112, section 7.1).
    """

    def __init__(self, channel: Channel, chunked: bool) -> None:
        self._channel, self._chunked = channel, chunked
        self._ended = False
        self.flush: Callable[[], None] = channel.server.pull_trigger

    @property
    def open(self) -> bool:
        """Whether the client is still there, as far as anybody has noticed."""
        channel = self._channel
        return bool(channel.connected) and not (self._ended or channel.will_close or channel.last)

    def send(self, data: bytes) -> bool:
        """See `streaming.Outlet`."""
        if self._channel.total_outbufs_len > UNTAKEN:
            return False
        with suppress(ClientDisconnected):
            self._channel.write_soon(b"%X\r\n%b\r\n" % (len(data), data) if self._chunked else data)
        return True

    def close(self) -> None:
        """End the answer."""
        if self._ended:
            return
        self._ended = True
        if self._chunked:
            with suppress(ClientDisconnected):
                self._channel.write_soon(b"0\r\n\r\n")
        self._channel.close_when_flushed = True
        self.flush()


def _refusals() -> dict[int, KernelError]:
    """What is said for each status with which waitress refuses."""
    unsupported = KernelError("Of transfer encodings only chunked is read")
    unsupported.status, unsupported.code = 501, "INVALID_REQUEST"
    return {
        400: InvalidRequest("This is not a request of HTTP/1.1 that can be read in one way only"),
        413: PayloadTooLarge("The body is larger than any route reads"),
        431: HeadersTooLarge("Request line and headers are too long"),
        501: unsupported,
    }
