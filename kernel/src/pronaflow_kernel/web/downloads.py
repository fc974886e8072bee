"""Files as answers: saved by the browser, never shown by it (security.md 2.15).

A file that a user uploaded may be a page with a script in it. It must not run under the server's address, so
that each download is an attachment, keeps its declared type and stands in a sandbox.

A stored file is answered in parts where the caller asks for one (`ranges`), and not at all where the caller
has it already. It is never in memory whole: waitress and gunicorn get the open file itself, by which a slow
client costs no worker of waitress; others get one piece after the other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from typing import BinaryIO
from urllib.parse import quote

from flask import Response, request

from .preconditions import unless_known
from .ranges import wanted

PIECE = 256 * 1024
"""Bytes of a file that are read at once."""

_UNSAFE = frozenset('"\\/:*?<>|;%')
_LONGEST = 150


@dataclass(frozen=True, slots=True)
class Download:
    """A file that a handler answers with.

    Arguments:
        name: what the browser saves it as; anything that users write.
        media_type: e.g. `text/csv; charset=utf-8`.
        content: the bytes, or pieces of them (an open file is closed at the end); or what opens it at a byte,
            of which so many are then read.
        size: bytes, if known; needed where `content` opens it.
        sha256: digest of the content, which is its ETag.
        modified: when it came to be.
    """

    name: str
    media_type: str
    content: bytes | Iterable[bytes] | Callable[[int, int], BinaryIO]
    size: int | None = None
    sha256: str | None = None
    modified: datetime | None = None


def send(file: Download, status: int) -> Response:
    """The answer that carries a file, or as much of it as the caller wants."""
    if callable(file.content):
        return _send_stored(file, file.content, status)
    response = _dressed(Response(file.content, status=status), file)
    if file.size is not None:
        response.content_length = file.size
    return response


def _send_stored(file: Download, opened: Callable[[int, int], BinaryIO], status: int) -> Response:
    response, size = _dressed(Response(status=status), file), file.size or 0
    response.accept_ranges = "bytes"
    if file.sha256 is not None:
        response.set_etag(file.sha256)
    if file.modified is not None:
        response.last_modified = file.modified.replace(microsecond=0)
    if (known := _known(response)) is not None:
        return known
    part = wanted(request, size, response.headers.get("ETag"), response.last_modified)
    if part is not None:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    start, length = (0, size) if part is None else (part.start, len(part))
    if request.method != "HEAD":
        _fill(response, opened(start, length), length)
    response.content_length = length
    return response


def _dressed(response: Response, file: Download) -> Response:
    """The response with what keeps a browser from showing it."""
    response.content_type = file.media_type
    response.headers["Content-Disposition"] = disposition(file.name)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _known(response: Response) -> Response | None:
    """304 where the caller has the file already (RFC 9110, 13.2.2)."""
    if "If-None-Match" in request.headers:
        answer = unless_known(request, response)
        return None if answer is response else answer
    since, modified = request.if_modified_since, response.last_modified
    if since is None or modified is None or modified > since:
        return None
    kept = {name: response.headers[name] for name in ("ETag", "Last-Modified") if name in response.headers}
    return Response(status=304, headers=kept)


def _fill(response: Response, stream: BinaryIO, length: int) -> None:
    """Let the server take the content from an open file, or read it piece by piece."""
    wrapper = request.environ.get("wsgi.file_wrapper")
    if wrapper is not None and isinstance(stream, FileIO):
        response.direct_passthrough = True  # else the server would not know it for a file
        response.response = wrapper(stream, PIECE)
    else:
        response.response = _pieces(stream, length)
        response.call_on_close(stream.close)


def _pieces(stream: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0 and (piece := stream.read(min(length, PIECE))):
        length -= len(piece)
        yield piece


def disposition(name: str) -> str:
    """`Content-Disposition` of a file (RFC 6266): a plain name for old programs and the true one in UTF-8."""
    shown = "".join(c for c in name if unicodedata.category(c)[0] != "C" and c not in "/\\")[:_LONGEST]
    shown = shown.strip(" .") or "download"
    plain = unicodedata.normalize("NFKD", shown).encode("ascii", "ignore").decode()
    plain = "".join("_" if c in _UNSAFE else c for c in plain).strip(" .") or "download"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(shown, safe='')}"
