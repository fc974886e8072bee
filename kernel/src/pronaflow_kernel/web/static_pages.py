"""The few pages of the kernel: `/docs` and `/redoc` over `/openapi.json`, `/setup` behind the one-time link.

Every file comes from this package and every page says so to the browser: its Content-Security-Policy allows
no other origin and no inline script. Addresses inside the pages are relative, so that the server may live
under a path of a proxy.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Response, send_from_directory
from werkzeug.exceptions import NotFound

STATIC = Path(__file__).parents[1] / "static"

YEAR = 365 * 24 * 3600

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of the kernel's own pages."""

_STYLES = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' "
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='"
)
"""The two style elements that ReDoc adds, by their hashes: an empty one, which it fills by script, and one of
a library in it. Another version may need another second one; the browser's console then tells which."""

REDOC_POLICY = f"{POLICY}; worker-src blob:".replace("style-src 'self'", f"style-src 'self' {_STYLES}")
"""The same for ReDoc, which searches in a worker from a blob."""


def blueprint(ui_folder: Callable[[str, str], Path | None], documented: bool = True) -> Blueprint:
    """A new Flask blueprint with the pages and their files; all of it is public.

    Arguments:
        ui_folder: of a plugin, as `InstalledPlugins.ui_folder`.
        documented: whether the pages that show the API are there.
    """
    pages = Blueprint("static_pages", __name__)

    def docs() -> Response:
        return _page("docs.html", POLICY)

    def redoc() -> Response:
        return _page("redoc.html", REDOC_POLICY)

    if documented:
        pages.get("/docs")(docs)
        pages.get("/redoc")(redoc)

    @pages.get("/setup")
    def setup() -> Response:
        return _page("setup.html", POLICY)

    @pages.get("/static/<path:name>")
    def static(name: str) -> Response:
        if name.endswith(".html"):  # a page has an address and a policy of its own
            raise NotFound
        return _file(name)

    @pages.get("/static/plugins/<plugin_id>/<digits>/<path:name>")
    def plugin_file(plugin_id: str, digits: str, name: str) -> Response:
        folder = ui_folder(plugin_id, digits)
        if folder is None:
            raise NotFound
        return _sent(folder, name, lasting=True)

    return pages


def _page(name: str, policy: str) -> Response:
    response = _file(name)
    response.headers["Content-Security-Policy"] = policy
    return response


def _file(name: str) -> Response:
    """A file with an ETag. Vendored ones carry their version in the address, so they never change."""
    return _sent(STATIC, name, lasting=name.startswith("vendor/"))


def _sent(folder: Path, name: str, *, lasting: bool) -> Response:
    response = send_from_directory(folder, name, max_age=YEAR if lasting else None)
    if lasting:
        response.cache_control.immutable = True
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
