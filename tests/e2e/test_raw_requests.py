"""What is no proper HTTP, or much too much of it, is refused at the socket, and the server goes on."""

from __future__ import annotations

import socket
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

LOGIN = (
    b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
)
MEBIBYTE = 1024 * 1024


def get(path: bytes) -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def chunks(*parts: bytes) -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))
    return LOGIN + b"Transfer-Encoding: chunked\r\n\r\n" + body


def sized(length: bytes, body: bytes) -> bytes:
    return LOGIN + b"Content-Length: " + length + b"\r\n\r\n" + body


REFUSED = {
    "no HTTP": (b"HELO example.com\r\n\r\n", {400, 404}),
    "NUL in the path": (get(b"/api/v1/%00"), {404}),
    "bytes that are no text": (get(b"/api/v1/\xff\xfe"), {400, 404}),
    "escapes that are no text": (get(b"/api/v1/%FF%FE"), {404}),
    "a path of 9 KB": (get(b"/" + b"x" * 9000), {400}),
    "a path out of the root": (get(b"/../../etc/passwd"), {404}),
    "a path out of the pages": (get(b"/static/..%2f..%2fapi.py"), {404}),
    "another server's address": (get(b"http://other.example/api/v1/nothing"), {404}),
    "headers without end": (b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * MEBIBYTE + b"\r\n\r\n", {400, 431}),
    "a negative length": (sized(b"-1", b""), {400}),
    "a length that is none": (sized(b"ten", b""), {400}),
    "two lengths": (sized(b"2\r\nContent-Length: 3", b"{} "), {400}),
    "length and chunks": (sized(b"2\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"), {400, 422}),
    "broken chunks": (LOGIN + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", {400}),
    "chunks of JSON": (chunks(b'{"email"', b": 7}"), {422}),
    "chunks beyond the limit": (chunks(*[b" " * MEBIBYTE] * 9), {413}),
    "a body beyond the limit": (sized(b"%d" % (9 * MEBIBYTE), b" " * 9 * MEBIBYTE), {413}),
    "a body of a terabyte": (sized(b"1099511627776", b""), {413}),
    "an encoding that nobody reads": (LOGIN + b"Transfer-Encoding: gzip\r\n\r\n", {400, 501}),
    "an unknown method": (b"BREW / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", {404, 405}),
}


def answer(server, request):
    """All that the server sends before it closes the connection."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)  # it may have heard enough before the end
        received = b""
        with suppress(ConnectionResetError):
            while part := connection.recv(65536):
                received += part
        return received


@pytest.mark.parametrize(("request_", "statuses"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused(quickstart, request_, statuses):
    status_line, _, rest = answer(quickstart, request_).partition(b"\r\n")
    assert status_line.startswith(b"HTTP/1."), status_line
    assert int(status_line.split()[1]) in statuses, rest
    assert b"Traceback" not in rest
    assert b"root:" not in rest
    assert answer(quickstart, get(b"/health/live")).startswith(b"HTTP/1.1 200")
