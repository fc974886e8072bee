"""What sign-in through an outside provider needs of several settings together, asked at the start."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from .problems import Problem
from .schema import Settings

_LIBRARY = "needs a library that is not installed: pip install 'pronaflow-kernel[oidc]'"


def faults(settings: Settings) -> list[Problem]:
    """Everything that keeps `[oidc]` from working, as far as it shows without asking the provider."""
    found = [*_missing(settings), *_issuer(settings), *_scopes(settings)]
    return [Problem(settings.sources.get(name, "settings"), name, words) for name, words in found]


def _missing(settings: Settings) -> Iterator[tuple[str, str]]:
    for key in ("issuer", "client_id"):
        if not getattr(settings.oidc, key):
            yield f"oidc.{key}", "must be given: a provider has issuer and client_id"
    if find_spec("authlib") is None:
        yield "oidc.issuer", _LIBRARY


def _issuer(settings: Settings) -> Iterator[tuple[str, str]]:
    issuer = settings.oidc.issuer
    if not issuer:
        return
    parts = urlsplit(issuer)
    if parts.query or parts.fragment or "@" in parts.netloc:
        yield "oidc.issuer", "must not hold ?, # or a user name (OpenID Connect Discovery 1.0, 3)"
    inside = _inside(parts.hostname or "", settings.egress.allow)
    if inside is False:
        yield "oidc.issuer", "is in a private network that egress.allow does not open"
    elif parts.scheme != "https" and not (inside or settings.egress.allow_http):
        yield "oidc.issuer", "must start with https://; by http only addresses in egress.allow are reached"


def _inside(host: str, allow: tuple[str, ...]) -> bool | None:
    """Whether an address that is not public is open; None for public ones, and for names of other machines.

    What a name leads to is asked of the resolver at each request, and may change.
    """
    try:
        address = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return None
    if any(address in ip_network(text) for text in allow):
        return True
    return None if address.is_global else False


def _scopes(settings: Settings) -> Iterator[tuple[str, str]]:
    if "openid" not in settings.oidc.scopes:
        yield "oidc.scopes", "must hold openid (OpenID Connect Core 1.0, 3.1.2.1)"
