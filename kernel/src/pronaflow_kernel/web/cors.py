"""Which pages of other origins may read the answers: those of `cors.origins`, and nobody else (Fetch, 3.2).

Credentials are never allowed: the API takes a bearer token and no cookie, so a page of another origin has
nothing to send that it does not hold itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, Request, Response

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

REQUEST_HEADERS = ", ".join(
    (
        "Authorization",
        "Content-Type",
        "Idempotency-Key",
        "If-Match",
        "If-None-Match",
        "X-Request-Id",
        "X-Workspace-Id",
    )
)
"""What a page may send besides what browsers always allow."""

EXPOSED_HEADERS = ", ".join(
    (
        "ETag",
        "Idempotency-Replayed",
        "Location",
        "Retry-After",
        "X-RateLimit-Limit",
        "X-RateLimit-Policy",
        "X-RateLimit-Remaining",
        "X-RateLimit-Reset",
        "X-RateLimit-Tier",
        "X-Request-Id",
    )
)
"""What a page may read besides the body."""

MAX_AGE = "7200"
"""Seconds that a browser may keep the answer to a preflight; none keeps it longer."""


class Cors:
    """The rule.

    Arguments:
        app: tells which methods an address has.
        origins: exact origins.
    """

    def __init__(self, app: Flask, origins: Sequence[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    def preflight(self, request: Request) -> Response | None:
        """The answer to a browser that asks before it sends; None for any other request.

        It needs no credential, since browsers send none here, and nothing of the database.
        """
        asked = request.headers.get("Access-Control-Request-Method")
        if request.method != "OPTIONS" or asked is None or "Origin" not in request.headers:
            return None
        response = Response(status=204)
        if request.headers["Origin"] in self._origins:
            response.headers["Access-Control-Allow-Methods"] = ", ".join(self._methods(request))
            response.headers["Access-Control-Allow-Headers"] = REQUEST_HEADERS
            response.headers["Access-Control-Max-Age"] = MAX_AGE
        response.headers.add("Vary", "Access-Control-Request-Headers, Access-Control-Request-Method")
        return response

    def allow(self, request: Request, response: Response) -> None:
        """Let the page that asked read the answer, if it may; tell caches that this depends on who asked."""
        if not self._origins:
            return
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin in self._origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS

    def _methods(self, request: Request) -> list[str]:
        """Those of an address; none where there is nothing."""
        adapter = self._app.create_url_adapter(request)
        allowed = set(adapter.allowed_methods()) if adapter is not None else set()
        return [method for method in METHODS if method in allowed]
