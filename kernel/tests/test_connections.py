"""Clients that are slow, many or not to be understood: raw sockets against the real server."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import repeat
from typing import Any

import pytest

from pronaflow_kernel.web.connections import BYTES_PER_SECOND, LINGER_SECONDS, Bounds, Channel, FileBounds
from pronaflow_kernel.web.server import Server


def echo(environ, start_response):
    if environ["PATH_INFO"] == "/endless":
        start_response("200 OK", [])
        return repeat(b"x" * 65536)
    body = environ["wsgi.input"].read()
    told = json.dumps([environ["REQUEST_METHOD"], environ["PATH_INFO"], body.decode("latin-1")]).encode()
    start_response("200 OK", [("Content-Length", str(len(told)))])
    return [told]


@contextmanager
def serving(**bounds: Any) -> Iterator[tuple[str, int]]:
    server = Server(echo, "127.0.0.1", 0, threads=2, bounds=Bounds(**bounds))
    running = threading.Thread(target=server.run)
    running.start()
    try:
        yield "127.0.0.1", int(server.url.rpartition(":")[2])
    finally:
        server.stop()
        running.join(60)


@pytest.fixture(scope="module")
def address():
    with serving(body_bytes=100_000) as found:
        yield found


def conversation(address, sent: bytes) -> bytes:
    """All that the server says to what is sent, until it closes the connection."""
    said = b""
    with socket.create_connection(address, timeout=60) as connection, suppress(ConnectionError):
        connection.sendall(sent)
        while told := connection.recv(65536):
            said += told
    return said


def request(*lines: str, body: str = "", first: str = "POST /echo HTTP/1.1") -> bytes:
    return "\r\n".join([first, *lines, "", body]).encode("latin-1")


HOST = "Host: here"

NOT_ONE_REQUEST = {
    "both lengths": request(HOST, "Content-Length: 4", "Transfer-Encoding: chunked", body="0\r\n\r\n"),
    "two lengths that differ": request(HOST, "Content-Length: 4", "Content-Length: 5", body="abcd"),
    "two lengths in one line": request(HOST, "Content-Length: 4, 4", body="abcd"),
    "a length with a sign": request(HOST, "Content-Length: +4", body="abcd"),
    "a length in hexadecimal": request(HOST, "Content-Length: 0x4", body="abcd"),
    "a negative length": request(HOST, "Content-Length: -1"),
    "a space before the colon": request(HOST, "Content-Length : 4", body="abcd"),
    "a length in a bare line feed": request(HOST, "X: y\nContent-Length: 4", body="abcd"),
    "NUL in a header": request(HOST, "X: a\0b"),
    "a header without a name": request(HOST, ": x"),
    "chunked in HTTP/1.0": request(
        HOST, "Transfer-Encoding: chunked", first="POST / HTTP/1.0", body="0\r\n\r\n"
    ),
    "chunks that have no length": request(HOST, "Transfer-Encoding: chunked", body="zz\r\nabc\r\n0\r\n\r\n"),
    "a chunk longer than it says": request(HOST, "Transfer-Encoding: chunked", body="1\r\nabc\r\n0\r\n\r\n"),
    "no host": request("X: y"),
    "two hosts": request(HOST, "Host: there"),
    "no address": request(HOST, first="GET http://[x HTTP/1.1"),
    "no request line": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
}


@pytest.mark.parametrize("sent", NOT_ONE_REQUEST.values(), ids=NOT_ONE_REQUEST)
def test_what_could_be_read_in_two_ways_is_refused_and_the_connection_closed(address, sent):
    head, _, body = conversation(address, sent).partition(b"\r\n\r\n")

    assert head.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
    assert b"Connection: close" in head
    assert json.loads(body)["error"]["code"] == "INVALID_REQUEST", "one answer only, in the envelope"


@pytest.mark.parametrize("coding", ["gzip", "identity", "chunked, gzip", "xchunked", "\x85chunked"])
def test_no_transfer_encoding_but_chunked_is_read(address, coding):
    head, _, body = conversation(
        address, request(HOST, f"Transfer-Encoding: {coding}", body="0\r\n\r\n")
    ).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 501 ")
    assert json.loads(body)["error"]["message"] == "Of transfer encodings only chunked is read"


def test_what_follows_a_refused_request_is_not_taken_for_another_one(address):
    smuggled = "0\r\n\r\nGET /admin HTTP/1.1\r\nHost: here\r\n\r\n"
    sent = request(HOST, "Content-Length: 6", "Transfer-Encoding: chunked", body=smuggled)

    assert b"/admin" not in conversation(address, sent)


def test_a_chunked_body_arrives_whole(address):
    answer = conversation(
        address,
        request(
            HOST, "Transfer-Encoding: chunked", "Connection: close", body="3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"
        ),
    )

    assert answer.endswith(b'["POST", "/echo", "abcd"]')


def test_headers_above_the_limit_are_refused(address):
    answer = conversation(address, request(HOST, f"X-Long: {'x' * 16_384}"))

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 431 ")
    assert json.loads(body)["error"]["code"] == "HEADERS_TOO_LARGE"


def test_headers_up_to_the_limit_are_read(address):
    assert b"200 OK" in conversation(address, request(HOST, f"X-Long: {'x' * 16_000}", "Connection: close"))


@pytest.mark.parametrize(
    "sent",
    [
        request(HOST, "Content-Length: 100001"),
        request(HOST, "Transfer-Encoding: chunked", body=f"186a1\r\n{'x' * 100_001}\r\n0\r\n\r\n"),
    ],
    ids=["announced", "chunked"],
)
def test_a_body_that_no_route_reads_is_refused_before_the_application(address, sent):
    answer = conversation(address, sent)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"PAYLOAD_TOO_LARGE" in answer


def test_who_reads_only_when_all_is_sent_gets_the_refusal_all_the_same(address):
    connection = http.client.HTTPConnection(*address, timeout=60)
    with closing(connection):
        connection.request("POST", "/echo", b"x" * 20_000_000)
        assert connection.getresponse().status == 413


@pytest.fixture(scope="module")
def files():
    takes = FileBounds(lambda method, path: (method, path) == ("POST", "/files"), bytes=1_000_000)
    with serving(body_bytes=1000, files=takes) as found:
        yield found


class TestFiles:
    """Bodies that are larger, where a route takes files."""

    @pytest.mark.parametrize(
        ("first", "status"),
        [("POST /files", 200), ("PUT /files", 413), ("POST /files/x", 413), ("POST /echo", 413)],
    )
    @pytest.mark.parametrize("chunked", [False, True])
    def test_other_routes_take_no_more_than_before(self, files, first, status, chunked):
        body = "x" * 900_000
        length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
        sent = f"{len(body):x}\r\n{body}\r\n0\r\n\r\n" if chunked else body
        asked = request(HOST, "Connection: close", length, body=sent, first=f"{first} HTTP/1.1")
        assert conversation(files, asked).startswith(f"HTTP/1.1 {status} ".encode())

    def test_what_is_too_large_for_any_file_is_refused_before_it_comes(self, files):
        with socket.create_connection(files, timeout=60) as connection:
            length = "Content-Length: 1000001"
            connection.sendall(request(HOST, length, "Expect: 100-continue", first="POST /files HTTP/1.1"))
            assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_refusal_has_the_headers_of_every_answer_and_repeats_nothing(address):
    answer = conversation(address, request(HOST, "Authorization: Bearer canary\ncanary"))

    head = answer.partition(b"\r\n\r\n")[0].decode().lower()
    for line in (
        "content-type: application/json",
        "x-content-type-options: nosniff",
        "cache-control: no-store",
        "content-security-policy: default-src 'none'; frame-ancestors 'none'",
        "x-request-id: ",
    ):
        assert line in head
    assert "server:" not in head and b"waitress" not in answer
    assert b"canary" not in answer


def test_64_slow_headers_and_64_slow_bodies_do_not_stop_others():
    with serving() as address, ExitStack() as stack:
        for sent in (b"GET /slow HTTP/1.1\r\nHost: he", request(HOST, "Content-Length: 1000", body="a")):
            for _ in range(64):
                stack.enter_context(socket.create_connection(address, timeout=60)).sendall(sent)
        seconds = []
        for _ in range(20):
            began = time.monotonic()
            assert quick(address) == 200
            seconds.append(time.monotonic() - began)

    assert sorted(seconds)[10] < 0.5


def quick(address) -> int:
    connection = http.client.HTTPConnection(*address, timeout=60)
    try:
        connection.request("GET", "/quick")
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_silent_and_a_slow_connection_are_closed_and_an_idle_one_too():
    with serving(slow_client_seconds=1) as address, ExitStack() as stack:
        connections = [stack.enter_context(socket.create_connection(address, timeout=60)) for _ in range(3)]
        connections[0].sendall(b"GET / HTTP/1.1\r\n")
        connections[1].sendall(request(HOST, "Content-Length: 10", body="a"))

        assert [connection.recv(1) for connection in connections] == [b"", b"", b""]


def test_clients_that_do_not_take_their_answers_keep_no_worker():
    with serving(slow_client_seconds=1) as address, ExitStack() as stack:
        for _ in range(2):  # as many as there are workers
            stuck = stack.enter_context(socket.create_connection(address, timeout=60))
            stuck.sendall(request(HOST, first="GET /endless HTTP/1.1"))
            assert stuck.recv(12) == b"HTTP/1.1 200"

        assert quick(address) == 200


def test_at_the_limit_of_connections_one_more_waits_until_another_is_gone():
    with serving(connections=10) as address, ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(address, timeout=60)) for _ in range(12)]
        waiting = socket.create_connection(address, timeout=60)
        stack.enter_context(waiting)
        waiting.sendall(request(HOST, "Connection: close", first="GET / HTTP/1.1"))
        for connection in held:
            connection.close()

        assert waiting.recv(12) == b"HTTP/1.1 200"


class Half:
    """A request of which so much has come."""

    def __init__(self, received: int) -> None:
        self.header_bytes_received, self.body_bytes_received = 200, received - 200


@pytest.mark.parametrize(
    ("seconds", "received", "closed"),
    [(59, 300, False), (62, 300, True), (62, 2 * BYTES_PER_SECOND, False), (3600, 10_000, True)],
)
def test_a_byte_a_minute_is_too_slow_and_a_slow_line_is_not(seconds, received, closed):
    channel = Channel.__new__(Channel)
    channel.request, channel.requests, channel._began = Half(received), [], 1000.0

    channel.close_if_slow(1000.0 + seconds, 60)

    assert channel.will_close is closed


def test_what_waits_behind_a_running_request_is_not_slow():
    channel = Channel.__new__(Channel)
    channel.request, channel.requests, channel._began = Half(300), ["running"], 1000.0

    channel.close_if_slow(2000.0, 60)
    channel.requests = []
    channel.close_if_slow(2059.0, 60)

    assert not channel.will_close


def test_who_has_heard_the_refusal_and_goes_on_sending_is_cut_off():
    channel = Channel.__new__(Channel)
    channel._heard = 1000.0

    channel.close_if_slow(1000.0 + LINGER_SECONDS, 60)
    assert not channel.will_close
    channel.close_if_slow(1001.0 + LINGER_SECONDS, 60)
    assert channel.will_close
