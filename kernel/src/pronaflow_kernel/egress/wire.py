"""One request over one connection to an address that was checked; the only module that imports urllib3.

urllib3 follows redirects, retries and reads proxies from the environment in its pools and managers; a bare
connection of it does none of that.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from socket import socket

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError
from urllib3.response import BaseHTTPResponse

from .deadline import Watch
from .errors import EgressFailed, EgressTimeout
from .target import Target


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and how long and large the answer may be.

    Arguments:
        method, headers, body: as sent.
        connect: seconds for one connection; total: for everything.
        max_bytes: of the body that is read.
    """

    method: str
    headers: Mapping[str, str]
    body: bytes | None
    connect: float
    total: float
    max_bytes: int


@dataclass(frozen=True, slots=True)
class Received:
    """Status, headers in lower case, and the body: whole, or its first `max_bytes`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool


class _Watched(HTTPConnection):
    """A connection that a watch can cut, from before the TLS handshake on."""

    watch: Watch

    def _new_conn(self) -> socket:
        made = super()._new_conn()
        self.watch.hold(made)
        return made


class _Secure(_Watched, HTTPSConnection):
    """The same under TLS."""


def exchange(target: Target, addresses: Sequence[str], request: Request, tls: ssl.SSLContext) -> Received:
    """Send a request to the first of these addresses that takes the connection, and read the answer.

    Arguments:
        target: gives the name for SNI, certificate and `Host`.
        addresses: IP addresses that may be reached.

    Raises:
        EgressFailed: there is no valid answer.
        EgressTimeout: there is none in time.
    """
    with Watch(request.total) as watch:
        try:
            received = _first(target, addresses, request, tls, watch)
        except (HTTPError, HTTPException, OSError) as error:
            raise _failure(target, error, watch) from error
        # Where the length of the body is not told, the cut looks like its end.
        if watch.expired:
            raise EgressTimeout(f"{target.host} did not answer in time")
    return received


def _first(
    target: Target, addresses: Sequence[str], request: Request, tls: ssl.SSLContext, watch: Watch
) -> Received:
    *others, last = addresses
    for address in others:
        try:
            return _once(target, address, request, tls, watch)
        except (NewConnectionError, ConnectTimeoutError):
            continue  # nothing was sent yet
    return _once(target, last, request, tls, watch)


def _once(target: Target, address: str, request: Request, tls: ssl.SSLContext, watch: Watch) -> Received:
    connection = _connection(target, address, request.connect, tls)
    connection.watch = watch
    try:
        connection.connect()
        if connection.sock is not None:
            connection.sock.settimeout(request.total)
        connection.request(
            request.method,
            target.path,
            body=request.body,
            headers={"Accept-Encoding": "identity", **request.headers, "Host": target.authority},
            preload_content=False,
            decode_content=False,
        )
        return _read(connection.getresponse(), request.max_bytes)
    finally:
        connection.close()


def _connection(target: Target, address: str, timeout: float, tls: ssl.SSLContext) -> _Watched:
    if target.scheme == "http":
        return _Watched(address, target.port, timeout=timeout)
    return _Secure(address, target.port, timeout=timeout, ssl_context=tls, server_hostname=target.host)


def _read(response: BaseHTTPResponse, most: int) -> Received:
    """Read at most one byte more than is kept; compressed bodies stay so, since they may be bombs."""
    parts: list[bytes] = []
    left = most + 1
    while left and (part := response.read(left, decode_content=False)):
        parts.append(part)
        left -= len(part)
    body = b"".join(parts)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Received(response.status, headers, body[:most], complete=len(body) <= most)


def _failure(target: Target, error: Exception, watch: Watch) -> EgressFailed:
    late = isinstance(error, (ConnectTimeoutError, ReadTimeoutError, TimeoutError))
    # A refused connection is a kind of timeout to urllib3.
    if watch.expired or (late and not isinstance(error, NewConnectionError)):
        return EgressTimeout(f"{target.host} did not answer in time")
    if isinstance(error, ssl.SSLCertVerificationError):
        return EgressFailed(f"The certificate of {target.host} is not valid: {error.verify_message}")
    return EgressFailed(f"{target.host} could not be reached, or does not speak HTTP")
