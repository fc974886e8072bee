"""Whatever is raised becomes an answer in the error envelope; nothing unknown shows its insides."""

from __future__ import annotations

import logging
import sqlite3
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException

from ..errors import Conflict, KernelError, NotFound, ServiceUnavailable
from ..secrets import DecryptionError
from .answers import render_error
from .languages import ErrorLanguage, label

if TYPE_CHECKING:
    from ..kernel import Kernel

log = logging.getLogger("pronaflow.web")

_HTTP_CODES = {
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
}


def add_errors(app: Flask, kernel: Kernel, owners: dict[str, str]) -> None:
    """Whatever is raised becomes the seed's error envelope; nothing unknown shows its insides."""

    formats = [(i, c.error_format) for i, c in kernel.contributions.items() if c.error_format is not None]

    languages = ErrorLanguage(kernel)

    def answer(error: KernelError) -> Response:
        language = languages.choose()
        return label(shaped(languages.translated(error, language)), language)

    def shaped(error: KernelError) -> Response:
        for plugin_id, form in formats:
            if request.path.startswith(form.prefix) and kernel.switches.active(plugin_id):
                rendered: Response | None = form.answer(plugin_id, error, kernel.clock.now())
                if rendered is not None:
                    return rendered
        return render_error(error, kernel.clock.now())

    def known(error: KernelError) -> Response:
        """One of status 500 is a defect: its words are for the log."""
        return unknown(error) if error.status == 500 else answer(error)

    def http(error: HTTPException) -> Response:
        shown = KernelError(error.description or error.name)
        shown.status = error.code or 500
        shown.code = _HTTP_CODES.get(
            shown.status, "INVALID_REQUEST" if shown.status < 500 else "INTERNAL_ERROR"
        )
        if shown.status == 404:
            shown = NotFound("There is nothing at this address")
        response = answer(shown)
        response.headers.extend([h for h in error.get_headers() if h[0] == "Allow"])
        return response

    def integrity(error: IntegrityError) -> Response:
        """Two requests raced for the same unique value; the loser gets what a later one would."""
        if not _is_race(error):
            return unknown(error)
        return answer(Conflict("This exists already, or what it refers to was just deleted"))

    def unavailable(error: OperationalError) -> Response:
        if isinstance(error.orig, sqlite3.OperationalError):
            return busy(str(error.orig)) if _passes(error.orig) else unknown(error)
        return busy(type(error.orig).__name__)

    def exhausted(error: NoConnection) -> Response:
        """All connections are in use, and none came back in time."""
        return busy(str(error))

    def busy(why: str) -> Response:
        log.error("the database is busy or away: %s", why)
        return answer(ServiceUnavailable("The database is busy", headers={"Retry-After": "1"}))

    def unreadable(error: DecryptionError) -> Response:
        """A key was dropped before what it had encrypted was moved to another."""
        log.error("a stored secret cannot be read: %s (pronaflow secrets rotate tells which)", error)
        return answer(ServiceUnavailable("A stored secret cannot be read with the keys of this server"))

    def unknown(error: Exception) -> Response:
        whose = owners.get(request.blueprint or "", "core")
        # The rule and not the address, in which a caller may have put anything.
        log.error("unexpected error in %s %s of %s", request.method, request.url_rule, whose, exc_info=error)
        return answer(KernelError(details={"request_id": g.get("request_id")}))

    app.register_error_handler(KernelError, known)
    app.register_error_handler(DecryptionError, unreadable)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(IntegrityError, integrity)
    app.register_error_handler(OperationalError, unavailable)
    app.register_error_handler(NoConnection, exhausted)
    app.register_error_handler(Exception, unknown)


_TROUBLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}


def _passes(error: sqlite3.OperationalError) -> bool:
    """Whether SQLite could not do it for now: somebody holds a lock, or the disk cannot be written.

    Extended codes have the primary one in their lowest byte (sqlite.org/rescode.html).
    """
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _TROUBLE


def _is_race(error: IntegrityError) -> bool:
    """Whether a unique value or a reference was taken or removed by somebody faster."""
    kind, words = type(error.orig).__name__, str(error.orig)
    return kind in ("UniqueViolation", "ForeignKeyViolation") or words.startswith(
        ("UNIQUE constraint failed", "FOREIGN KEY constraint failed")
    )
