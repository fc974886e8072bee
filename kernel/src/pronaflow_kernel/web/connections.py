"""One client connection of the embedded server: what it may send, how long it may take, what it hears.

waitress reads requests without a thread, so slow clients cost no worker; here they also lose their connection
in time, and what is no proper HTTP is refused in the envelope of every other error. A request whose length
could be read in two ways is refused, since a proxy in front may have read it in the other one and taken what
follows for a request of somebody else (request smuggling; RFC 9112, sections 3.2, 6.1 and 11.2).
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask, WSGITask

from ..errors import HeadersTooLarge, InvalidRequest, KernelError, PayloadTooLarge
from ..ids import new_id
from .answers import render_error
from .headers import SECURITY

BYTES_PER_SECOND = 500
"""How fast a request must arrive at least, after the time that every request has."""

LINGER_SECONDS = 5.0
"""How long a client whose request is refused may go on sending it, and read the answer meanwhile."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What clients may use of the server.

    Arguments:
        connections: open at once; one more waits until another is closed.
        slow_client_seconds: see the setting of that name.
        header_bytes: request line and headers together.
        body_bytes: above this a body is refused before the application sees it; its own limits are lower.
    """

    connections: int = 500
    slow_client_seconds: int = 60
    header_bytes: int = 16 * 1024
    body_bytes: int = 1024 * 1024


class Parser(HTTPRequestParser):
    """Reads a request, and refuses one whose length or host is ambiguous."""

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


class Task(WSGITask):
    """Tells the client of a stopping server not to send another request over this connection."""

    def build_response_header(self) -> bytes:
        """The head of the answer."""
        if isinstance(self.channel, Channel) and self.channel.last:
            self.set_close_on_finish()
        return super().build_response_header()


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

    def received(self, data: bytes) -> bool:
        """Take what the client sent, and note when a request begins."""
        if self._heard is not None:
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
        if not self.total_outbufs_len or self.last_activity != self._sent[0]:
            self._sent = self.last_activity, now
        elif now - self._sent[1] > patience:
            self.handle_close()


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
