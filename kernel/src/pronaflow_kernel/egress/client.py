"""The one client for requests that the server itself makes (security.md of the design, SSRF).

Each request is parsed once, resolved once, checked, and sent to the address that was checked, with the name
for SNI, certificate and `Host`. Redirects are answers like any other. Nothing is read from the environment.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, TypedDict, Unpack
from urllib.parse import urlsplit

import orjson

from ..errors import CapabilityDenied
from ..settings import Settings
from .addresses import Address, listed, reachable
from .errors import BlockedAddress, EgressError, EgressFailed, EgressRefused, EgressTimeout
from .target import Target, parse

if TYPE_CHECKING:
    from .flight import Flight

log = logging.getLogger("pronaflow.egress")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
RESOLVE_SECONDS = 3.0
CONNECT_SECONDS = 5.0
MAX_BYTES = 64 * 1024
"""How much of an answer is read unless the caller says otherwise."""

_FRAMING = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive"}
)
_LEAST_HIGH_PORT = 1024
_STORES = {"database_url": 5432, "redis_url": 6379}

Resolver = Callable[[str, int], Sequence[str]]
"""From host and port to IP addresses; raises OSError where there are none."""


class Options(TypedDict, total=False):
    """What a request may say besides method and address.

    `headers`: by name; those that frame the message are the client's. `body`: bytes, or `json`: data that
    becomes the body. `timeout`: seconds for everything, at most `egress.timeout`. `max_bytes`: how much of
    the answer's body is read, 64 KiB by default.
    """

    headers: Mapping[str, str]
    body: bytes
    json: Any
    timeout: float
    max_bytes: int


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What another server answered.

    Arguments:
        status: of any kind; a redirect is not followed.
        headers: by name in lower case.
        body: its first bytes, as sent; complete: whether that is all of it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON data.

        Raises:
            EgressFailed: it is none, or longer than was read.
        """
        try:
            return orjson.loads(self.body if self.complete else b"")
        except orjson.JSONDecodeError:
            raise EgressFailed("The answer is not JSON, or it is too long") from None


class Egress:
    """Sends requests to other machines, inside the operator's rules.

    Arguments:
        settings: the section `egress`, and what runs beside this server.
        resolve: replaces the system's resolver; tls: its trust in certificates.
    """

    def __init__(
        self, settings: Settings, resolve: Resolver | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._egress = settings.egress
        self._allow = tuple(ip_network(text) for text in settings.egress.allow)
        self._ours = _own_places(settings)
        self._resolve = resolve or system_resolver
        self._given_tls = tls

    def request(self, method: str, url: str, **options: Unpack[Options]) -> HttpReply:
        """Send a request and wait for the answer.

        Raises:
            EgressRefused: a rule forbids it.
            EgressFailed: there was no answer.
            ValueError: the caller's method, headers or body are no HTTP.
        """
        return self.send(method, parse(url), **options)

    def send(self, method: str, target: Target, **options: Unpack[Options]) -> HttpReply:
        """`request` to an address that is parsed already."""
        from .wire import Request, exchange

        headers, body = _content(method, options)
        total = min(options.get("timeout", self._egress.timeout), self._egress.timeout)
        began = time.monotonic()
        addresses = self._checked(target, min(total, RESOLVE_SECONDS))
        left = total - (time.monotonic() - began)
        if left <= 0:
            raise EgressTimeout(f"{target.host} did not answer in time")
        request = Request(
            method, headers, body, min(CONNECT_SECONDS, left), left, options.get("max_bytes", MAX_BYTES)
        )
        received = exchange(target, [str(address) for address in addresses], request, self._tls)
        return HttpReply(received.status, received.headers, received.body, received.complete)

    def check(self, target: Target) -> None:
        """Refuse an address to which no request would go, before somebody relies on it.

        A host that nobody knows passes: it may be known when it is needed.

        Raises:
            EgressRefused: a rule forbids it.
        """
        with contextlib.suppress(EgressFailed):
            self._checked(target, RESOLVE_SECONDS)

    def for_plugin(self, plugin_id: str, network: Sequence[str]) -> PluginHttp:
        """What a plugin holds as `ctx.http`.

        Arguments:
            network: from its manifest.
        """
        return PluginHttp(self, plugin_id, network)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._given_tls or ssl.create_default_context()

    def _checked(self, target: Target, seconds: float) -> list[Address]:
        """The addresses of a target, each of which may be reached.

        One that may not closes the whole host: which of them is taken is not in our hands.
        """
        found = self._addresses(target.host, target.port, seconds)
        for address in found:
            if not reachable(address, self._allow):
                log.info("refused a request to %s: egress.allow does not open %s", target.host, address)
                raise _blocked(target.host)
            if self._is_ours(address, target.port):
                log.info("refused a request to %s: this server or its database is there", target.host)
                raise _blocked(target.host)
        inside = all(listed(address, self._allow) for address in found)
        if target.scheme == "http" and not (inside or self._egress.allow_http):
            raise EgressRefused("The address must start with https://")
        if target.port not in self._egress.ports and not (inside and target.port >= _LEAST_HIGH_PORT):
            ports = ", ".join(map(str, self._egress.ports))
            raise EgressRefused(f"Requests go to the ports {ports}, not to {target.port}")
        return found

    def _addresses(self, host: str, port: int, seconds: float) -> list[Address]:
        """What the resolver knows of a host, asked in a thread of its own because it takes no timeout.

        Nobody need be asked about a host that is an address.
        """
        with contextlib.suppress(ValueError):
            return [ip_address(host)]
        answers: queue.SimpleQueue[Sequence[str] | OSError] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                answers.put(OSError(str(error)))

        threading.Thread(target=ask, name="resolve", daemon=True).start()
        try:
            answer = answers.get(timeout=seconds)
        except queue.Empty:
            raise EgressTimeout(f"{host} was not found in time") from None
        if isinstance(answer, OSError) or not answer:
            raise EgressFailed(f"There is no host called {host}")
        try:
            return [ip_address(text) for text in dict.fromkeys(answer)]
        except ValueError:
            raise _blocked(host) from None

    def _is_ours(self, address: Address, port: int) -> bool:
        """Whether this server, its database or its Redis listens there."""
        for host, own_port in self._ours:
            with contextlib.suppress(EgressError):  # what has no address is not in the way
                if port == own_port and address in self._addresses(host, port, RESOLVE_SECONDS):
                    return True
        return False


class PluginHttp:
    """`ctx.http`: the hosts that the manifest names under `network`, and no others.

    Arguments:
        egress: sends.
        plugin_id: whose it is.
        network: exact host names, `*.example.com` for every name under it, `*` for addresses that users
            choose.
    """

    def __init__(self, egress: Egress, plugin_id: str, network: Sequence[str]) -> None:
        self._egress = egress
        self._plugin_id = plugin_id
        self._network = tuple(pattern.lower() for pattern in network)

    def request(self, method: str, url: str, **options: Unpack[Options]) -> HttpReply:
        """Send a request and wait for the answer; see `Options`.

        Raises:
            CapabilityDenied: the manifest does not name the host.
            EgressRefused: a rule of the operator forbids it.
            EgressFailed: there was no answer.
            ValueError: method, headers or body are no HTTP.
        """
        return self._egress.send(method, self._allowed(url), **options)

    def flight(self, most: int) -> Flight:
        """For many requests at once.

        Arguments:
            most: that may be in the air.
        """
        from .flight import Flight  # it brings threads, which few processes need

        return Flight(self, most)

    def check(self, url: str) -> str:
        """The host of an address that somebody gives for later requests, in lower case.

        A host that nobody knows passes: it may be known when it is needed.

        Raises:
            CapabilityDenied, EgressRefused: as `request` would.
        """
        target = self._allowed(url)
        self._egress.check(target)
        return target.host

    def _allowed(self, url: str) -> Target:
        target = parse(url)
        if not any(_matches(target.host, pattern) for pattern in self._network):
            raise CapabilityDenied(
                f"plugin {self._plugin_id!r} may not send requests to {target.host}: "
                f'add network = ["{target.host}"] to its plugin.toml'
            )
        return target


def system_resolver(host: str, port: int) -> list[str]:
    """What the system knows of a host, IPv4 and IPv6."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[0]) for *_, place in found]


@cache
def _user_agent() -> str:
    """Kept, because looking the version up reads a file, which took a third of what a request costs."""
    return f"PronaFlow/{version('pronaflow-kernel')}"


def _blocked(host: str) -> BlockedAddress:
    return BlockedAddress(f"This server does not send requests to {host}")


def _matches(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    return pattern in ("*", host)


def _content(method: str, options: Options) -> tuple[dict[str, str], bytes | None]:
    """Headers and body of a request.

    Raises:
        ValueError: the method is none, or a header is the client's to set.
    """
    if method not in METHODS:
        raise ValueError(f"{method!r} is no method; there are {', '.join(sorted(METHODS))}")
    headers = {"User-Agent": _user_agent()}
    body = options.get("body")
    if "json" in options:
        headers["Content-Type"] = "application/json"
        body = orjson.dumps(options["json"], option=orjson.OPT_UTC_Z)
    given = {name.title(): value for name, value in options.get("headers", {}).items()}
    framing = sorted(name for name in given if name.lower() in _FRAMING)
    if framing:
        raise ValueError(f"{', '.join(framing)} cannot be set: the client writes it")
    return {**headers, **given}, body


def _own_places(settings: Settings) -> list[tuple[str, int]]:
    """Hosts and ports of this server and of what it stores its data in."""
    host = "localhost" if settings.server.host in ("0.0.0.0", "::") else settings.server.host
    places = [(host, settings.server.port)]
    for name, port in _STORES.items():
        parts = urlsplit(getattr(settings, name) or "")
        if parts.hostname is not None:
            places.append((parts.hostname, parts.port or port))
    return places
