"""The HTTP server of the embedded way to run: waitress, with an orderly end.

waitress alone stops by cancelling what waits and by leaving its workers after five seconds, and it answers
SIGTERM by dying. Here the first SIGTERM or SIGINT closes the listening sockets, lets the requests that have
begun finish and flush, closes idle connections, and then `serve` returns. A second signal ends the process
at once: nothing that was acknowledged can be lost by that, since the database holds it already.
"""

from __future__ import annotations

import errno
import logging
import math
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

from waitress import wasyncore
from waitress.server import BaseWSGIServer, create_server
from waitress.task import ThreadedTaskDispatcher

from .connections import Bounds, Channel, bound_files

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger(__name__)

T = TypeVar("T")

GRACE_SECONDS = 30.0
"""How long running requests may take to finish after the first signal."""


RECEIVE_BYTES = 64 * 1024
"""Bytes that are read from a connection at once."""


class PortInUse(RuntimeError):
    """Another process listens on the port already; the message names the port and what to do."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host} is in use by another process. "
            f"Stop that process, or choose another port: --port {port + 1 if port < 65535 else 8000}"
        )
        self.host = host
        self.port = port


class Server:
    """A WSGI application behind listening sockets, which can be told to stop from any thread.

    Arguments:
        app: the WSGI application; called in several threads at once.
        host: address or name to listen on; a name with several addresses listens on all of them.
        port: TCP port; 0 takes any free one (see `url`).
        threads: how many requests run at once.
        bounds: what clients may use.

    Raises:
        PortInUse: the port is taken.
        OSError: the address cannot be listened on for another reason (no such address, no permission).
    """

    def __init__(
        self, app: WSGIApplication, host: str, port: int, threads: int, bounds: Bounds | None = None
    ) -> None:
        self._bounds = bounds or Bounds()
        self._next_look = 0.0
        self._map: dict[int, Any] = {}
        self._stop = threading.Event()
        self._dispatcher = ThreadedTaskDispatcher()
        try:
            create_server(
                app,
                map=self._map,
                _dispatcher=self._dispatcher,
                host=host,
                port=port,
                threads=threads,
                ident=None,
                connection_limit=self._bounds.connections,
                channel_timeout=self._bounds.slow_client_seconds,
                cleanup_interval=max(1, self._bounds.slow_client_seconds // 4),
                max_request_header_size=self._bounds.header_bytes,
                max_request_body_size=self._bounds.body_bytes + 1,
                recv_bytes=RECEIVE_BYTES,
                clear_untrusted_proxy_headers=False,  # the application decides which of them count
            )
        except OSError as error:
            wasyncore.close_all(self._map)
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(host, port) from error
            raise
        self._dispatcher.set_thread_count(threads)
        self._listeners = self._open(BaseWSGIServer)
        for listener in self._listeners:
            listener.channel_class = Channel
            bound_files(listener.adj, self._bounds.files)
        self.url = _base_url(host, int(self._listeners[0].getsockname()[1]))
        """Where a browser on this machine finds the server, without a slash at the end."""

    def stop(self) -> None:
        """Ask `run` to end in an orderly way. May be called from any thread or signal handler, repeatedly."""
        self._stop.set()
        self._listeners[0].pull_trigger()

    def run(self, grace: float = GRACE_SECONDS) -> int:
        """Serve until `stop` is called, then finish what has begun.

        Arguments:
            grace: seconds that running requests may take after `stop`.

        Returns:
            How many connections were cut off in the middle of a request because the grace was over.
        """
        try:
            while not self._stop.is_set():
                self._poll(1.0)
                self._drop_slow_clients(time.monotonic())
            self._refuse_new_connections()
            return self._finish(time.monotonic() + grace)
        finally:
            self._dispatcher.shutdown(timeout=0)
            wasyncore.close_all(self._map)

    def _drop_slow_clients(self, now: float) -> None:
        """Once a second, however often the loop turns."""
        if now < self._next_look:
            return
        self._next_look = now + 1.0
        for channel in self._open(Channel):
            channel.close_if_slow(now, self._bounds.slow_client_seconds)
            channel.close_if_stuck(now, self._bounds.slow_client_seconds)

    def _poll(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._map, count=1)

    def _open(self, kind: type[T]) -> list[T]:
        return [entry for entry in self._map.values() if isinstance(entry, kind)]

    def _refuse_new_connections(self) -> None:
        for number, entry in list(self._map.items()):
            if isinstance(entry, BaseWSGIServer):
                _accept_waiting(number, entry, self._bounds.connections)
                wasyncore.dispatcher.close(entry)  # its own close() would also end the wake-up pipe
        channels = self._open(Channel)
        for channel in channels:
            channel.end_stream()
            channel.last = True
        log.info("Stopping: no new connections; %d open ones may finish their requests", len(channels))

    def _finish(self, deadline: float) -> int:
        self._poll(0)  # read what clients have sent already
        while (channels := self._open(Channel)) and (left := deadline - time.monotonic()) > 0:
            for channel in channels:
                if channel.idle():
                    channel.close_when_flushed = True
            self._poll(min(left, 1.0))
        # Requests whose clients have left run on without a connection.
        self._dispatcher.shutdown(timeout=max(0, math.ceil(deadline - time.monotonic())))
        if channels:
            log.warning("Stopping: cut off %d requests that did not finish in time", len(channels))
        return len(channels)


def serve(
    app: WSGIApplication,
    host: str = "127.0.0.1",
    port: int = 8000,
    threads: int = 8,
    on_ready: Callable[[str], None] | None = None,
    grace: float = GRACE_SECONDS,
    bounds: Bounds | None = None,
) -> int:
    """Serve an application in the main thread until SIGTERM or SIGINT.

    Arguments:
        app: the WSGI application.
        host, port, threads: see `Server`.
        on_ready: called once with the base URL when connections are accepted.
        grace: seconds that running requests may take after the first signal; a second signal ends the
            process at once.
        bounds: what clients may use.

    Returns:
        How many requests were cut off because they took longer than the grace; 0 after a clean stop.

    Raises:
        PortInUse: the port is taken.
        OSError: the address cannot be listened on for another reason.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns about every request that waits
    server = Server(app, host, port, threads, bounds)
    with _stopping_on_signals(server.stop):
        if on_ready is not None:
            on_ready(server.url)
        return server.run(grace)


@contextmanager
def _stopping_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` at the first SIGTERM or SIGINT and leave the second one to the operating system."""
    signals = (signal.SIGTERM, signal.SIGINT)

    def first(_number: int, _frame: FrameType | None) -> None:
        for number in signals:
            signal.signal(number, signal.SIG_DFL)
        stop()

    before = {number: signal.signal(number, first) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _accept_waiting(number: int, listener: BaseWSGIServer, most: int) -> None:
    """Take the connections that the operating system has completed already; closing would reset them."""
    waiting = select.poll()  # select() takes no descriptor above 1023
    waiting.register(number, select.POLLIN)
    for _ in range(most):
        if not waiting.poll(0):
            return
        listener.handle_accept()


def _base_url(host: str, port: int) -> str:
    if host in ("", "0.0.0.0", "::", "*"):
        host = "127.0.0.1"
    try:
        socket.inet_pton(socket.AF_INET6, host)
    except OSError:
        return f"http://{host}:{port}"
    return f"http://[{host}]:{port}"
