"""Connections that are held for streams: no thread waits behind them, and they end in an orderly way."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from pronaflow_kernel.web.connections import UNTAKEN
from pronaflow_kernel.web.server import Server
from pronaflow_kernel.web.streaming import HOLD, Outlet


class Holding:
    """An application whose `/stream` is held, and whatever it holds."""

    def __init__(self) -> None:
        self.outlets: list[Outlet] = []
        self.held = threading.Condition()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        return self._hold(environ[HOLD]) if environ["PATH_INFO"] == "/stream" else [b"answer"]

    def _hold(self, hold: Callable[[Callable[[Outlet], None]], None]) -> Iterator[bytes]:
        hold(self._begin)
        yield from ()

    def _begin(self, outlet: Outlet) -> None:
        with self.held:
            self.outlets.append(outlet)
            self.held.notify_all()

    def wait(self, count: int) -> list[Outlet]:
        """The outlets, once there are so many."""
        with self.held:
            assert self.held.wait_for(lambda: len(self.outlets) == count, 30)
        return self.outlets


@pytest.fixture
def app() -> Holding:
    return Holding()


@pytest.fixture
def server(app: Holding) -> Iterator[Server]:
    """A server of a single thread."""
    made = Server(app, "127.0.0.1", 0, threads=1)
    thread = threading.Thread(target=made.run)
    thread.start()
    yield made
    with contextlib.suppress(OSError):  # a test has stopped it
        made.stop()
    thread.join(30)
    assert not thread.is_alive()


@pytest.fixture
def open_stream(server: Server) -> Iterator[Callable[[], http.client.HTTPResponse]]:
    """Opens a stream and answers the head of it."""
    connections: list[http.client.HTTPConnection] = []

    def begin() -> http.client.HTTPResponse:
        connections.append(connect(server))
        connections[-1].request("GET", "/stream")
        return connections[-1].getresponse()

    yield begin
    for connection in connections:
        connection.close()


def connect(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)


def test_requests_are_answered_by_the_one_thread_while_streams_are_open(
    app: Holding, server: Server, open_stream: Callable[[], http.client.HTTPResponse]
) -> None:
    responses = [open_stream() for _ in range(20)]
    connection = connect(server)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"answer"
    connection.close()

    for outlet in app.wait(20):
        assert outlet.send(b"news")
    app.outlets[0].flush()
    assert {response.read(4) for response in responses} == {b"news"}


def test_all_connections_of_a_server_are_flushed_by_one_call(
    app: Holding, open_stream: Callable[[], http.client.HTTPResponse]
) -> None:
    responses = [open_stream(), open_stream()]
    assert len({outlet.flush for outlet in app.wait(2)}) == 1
    assert all(response.status == 200 for response in responses)


def test_it_ends_when_it_is_closed(app: Holding, open_stream: Callable[[], http.client.HTTPResponse]) -> None:
    response = open_stream()
    [outlet] = app.wait(1)
    outlet.send(b"last words")
    outlet.close()

    assert response.read() == b"last words"
    assert not outlet.open


def test_it_ends_when_the_server_stops(
    app: Holding, server: Server, open_stream: Callable[[], http.client.HTTPResponse]
) -> None:
    response = open_stream()
    app.wait(1)
    server.stop()

    assert response.read() == b""
    assert not app.outlets[0].open


def test_a_client_that_reads_nothing_is_sent_nothing_more(
    app: Holding, open_stream: Callable[[], http.client.HTTPResponse]
) -> None:
    response = open_stream()
    [outlet] = app.wait(1)
    sent, piece = 0, b"x" * 16 * 1024
    while outlet.send(piece):  # until the system's buffers and ours are full
        sent += len(piece)
        assert sent < 64 * 1024 * 1024

    assert outlet.open
    assert sent > UNTAKEN
    response.close()
