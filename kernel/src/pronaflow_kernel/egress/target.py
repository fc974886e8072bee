"""The address of an outgoing request, parsed once.

What comes out is what is asked of the resolver, of the rules and of the other side; nothing parses the text
again, so that no two parsers can differ about the host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import urlsplit

from .errors import EgressRefused

PORTS = {"http": 80, "https": 443}
"""Ports of the schemes."""

MAX_BYTES = 8192
"""Longest address; servers refuse longer ones as well."""

# RFC 3986 without the backslash, which browsers take for a slash.
_ADDRESS = re.compile(r"[\x21-\x5b\x5d-\x7e]+")
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes.

    Arguments:
        scheme: `http` or `https`.
        host: name in lower case, or an IP address as it was written, without brackets.
        port: number.
        path: with the query, as sent.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Value of the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def parse(url: str) -> Target:
    """The target of an address.

    Raises:
        EgressRefused: it is no http or https address, or it carries a user name.
    """
    if len(url) > MAX_BYTES:
        raise EgressRefused(f"The address is longer than {MAX_BYTES} characters")
    if not _ADDRESS.fullmatch(url):
        raise EgressRefused(
            "The address holds characters that no address has: write them percent-encoded, "
            "and in host names as xn--"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise EgressRefused("This is not an address") from None
    if parts.scheme not in PORTS:
        raise EgressRefused("The address must start with https:// or http://")
    if "@" in parts.netloc:
        raise EgressRefused("The address must not carry a user name or a password")
    host = _host(parts.hostname or "", bracketed="[" in parts.netloc)
    query = f"?{parts.query}" if parts.query else ""
    return Target(
        parts.scheme, host, PORTS[parts.scheme] if port is None else port, (parts.path or "/") + query
    )


def _host(text: str, *, bracketed: bool) -> str:
    """A host name, or an IP address; IPv4 in whatever form the resolver understands.

    Raises:
        EgressRefused: it is neither.
    """
    if bracketed:
        try:
            return IPv6Address("" if "%" in text else text).compressed
        except ValueError:
            raise EgressRefused("The address names no host") from None
    name = text.removesuffix(".")
    if not _NAME.fullmatch(name):
        raise EgressRefused("The address names no host")
    return name
