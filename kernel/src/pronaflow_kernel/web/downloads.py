"""Files as answers: saved by the browser, never shown by it (security.md 2.15).

A file that a user uploaded may be a page with a script in it. It must not run under the server's address, so
that each download is an attachment, keeps its declared type and stands in a sandbox.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from flask import Response

_UNSAFE = frozenset('"\\/:*?<>|;%')
_LONGEST = 150


@dataclass(frozen=True, slots=True)
class Download:
    """A file that a handler answers with.

    Arguments:
        name: what the browser saves it as; anything that users write.
        media_type: e.g. `text/csv; charset=utf-8`.
        content: the bytes, or pieces of them; an open file is closed at the end.
        size: bytes, if known.
    """

    name: str
    media_type: str
    content: bytes | Iterable[bytes]
    size: int | None = None


def send(file: Download, status: int) -> Response:
    """The answer that carries a file."""
    response = Response(file.content, status=status, content_type=file.media_type)
    if file.size is not None:
        response.content_length = file.size
    response.headers["Content-Disposition"] = disposition(file.name)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def disposition(name: str) -> str:
    """`Content-Disposition` of a file (RFC 6266): a plain name for old programs and the true one in UTF-8."""
    shown = "".join(c for c in name if unicodedata.category(c)[0] != "C" and c not in "/\\")[:_LONGEST]
    shown = shown.strip(" .") or "download"
    plain = unicodedata.normalize("NFKD", shown).encode("ascii", "ignore").decode()
    plain = "".join("_" if c in _UNSAFE else c for c in plain).strip(" .") or "download"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(shown, safe='')}"
