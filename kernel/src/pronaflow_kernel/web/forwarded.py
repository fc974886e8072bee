"""Who sent a request, and whether HTTPS brought it: what the proxies in front of the server say of it.

A proxy adds what it saw to the end of `X-Forwarded-For` and `X-Forwarded-Proto`; anybody may have written
what stands before. So the operator says how many proxies there are, and exactly so many values are counted
from the end. `X-Forwarded-Host`, `-Port` and `-Prefix` are never read: no answer depends on them, since links
in mails start with the setting `public_url`. The web server leaves these headers alone, so that one place
decides under each of them. (werkzeug's ProxyFix takes any text for an address: one with the client's port, as
some proxies write it, would give every connection a rate limit of its own.)
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import KernelError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from ..settings import Settings

BESIDE = ("/health", "/health/live", "/health/ready", "/metrics")
"""What supervisors and scrapers ask from beside the server, where no HTTPS is."""


class HttpsRequired(KernelError):
    """A plain request in production (403). It is not led to HTTPS: its token has been seen already."""

    status, code = 403, "HTTPS_REQUIRED"
    default_message = "This server answers over HTTPS only: use https:// in the address"


def from_proxies(inner: WSGIApplication, hops: int) -> WSGIApplication:
    """Let `REMOTE_ADDR` and `wsgi.url_scheme` be those of the client.

    Arguments:
        hops: how many proxies are trusted. Fewer values than that mean that the request came past one of
            them: then nothing they say counts.
    """

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        client = _address(_from_end(environ.get("HTTP_X_FORWARDED_FOR"), hops))
        if client is not None:
            environ["REMOTE_ADDR"] = client
        scheme = _from_end(environ.get("HTTP_X_FORWARDED_PROTO"), hops, alone=True)
        if scheme is not None:
            environ["wsgi.url_scheme"] = "https" if scheme.lower() == "https" else "http"
        return inner(environ, start_response)

    return application if hops else inner


def refuse_plain(environ: WSGIEnvironment, settings: Settings) -> None:
    """Refuse a request that did not come over HTTPS, in production (OWASP ASVS 5.0, 4.1.2).

    Raises:
        HttpsRequired: it did not.
    """
    if settings.production and environ["wsgi.url_scheme"] != "https" and environ["PATH_INFO"] not in BESIDE:
        raise HttpsRequired


def _from_end(value: str | None, hops: int, alone: bool = False) -> str | None:
    """The value that the outermost trusted proxy added.

    Arguments:
        alone: whether a single value is that proxy's, since the others behind it pass theirs on.
    """
    values = [part.strip() for part in value.split(",")] if value else []
    if alone and len(values) == 1:
        return values[0]
    return values[-hops] if len(values) >= hops else None


def _address(text: str | None) -> str | None:
    """An IP address without the port that some proxies add; None for anything else."""
    if text is None:
        return None
    bare = text.partition("]")[0][1:] if text.startswith("[") else text
    bare = bare.partition(":")[0] if bare.count(":") == 1 else bare
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return None
