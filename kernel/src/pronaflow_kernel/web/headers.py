"""The security headers of every answer (security.md 2.11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Request, Response

if TYPE_CHECKING:
    from ..settings import Settings

HSTS = "max-age=31536000"
"""A year of HTTPS for this host; the names below it are not ours to decide."""

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What an answer has unless its route says otherwise. A page of another origin may still read it where CORS
allows that: `Cross-Origin-Resource-Policy` holds for requests without CORS only (Fetch, section 3.7)."""


def secured(settings: Settings) -> Callable[[Request, Response], None]:
    """What puts the headers on an answer."""
    production = settings.production

    def secure(request: Request, response: Response) -> None:
        said = {name.lower() for name, _ in response.headers}  # one pass, where each setdefault makes its own
        for name, value in SECURITY.items():
            if name.lower() not in said:
                response.headers.add(name, value)
        if production and request.scheme == "https":
            response.headers["Strict-Transport-Security"] = HSTS

    return secure
