"""Which part of a file a request wants (RFC 9110, 13.1.5 and 14).

One part is answered; of several the whole file is, as a server may. What is no range of bytes is ignored.
"""

from __future__ import annotations

import re
from datetime import datetime

from flask import Request
from werkzeug.http import parse_if_range_header

from ..errors import RangeNotSatisfiable

_ONE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)


def wanted(request: Request, size: int, tag: str | None, modified: datetime | None) -> range | None:
    """The bytes that a request wants; None for all of them.

    Arguments:
        size: of the file in bytes.
        tag: its ETag with the quotes; modified: when it was changed; both as they are sent.

    Raises:
        RangeNotSatisfiable: it has none of these bytes.
    """
    asked = _ONE.fullmatch(request.headers.get("Range", ""))
    if asked is None or request.method != "GET" or not _still(request, tag, modified):
        return None
    first, last = asked.groups()
    if not first and not last:
        return None
    if not first:  # the last so many
        found = range(max(0, size - int(last)), size)
    elif last and int(last) < int(first):
        return None
    else:
        found = range(int(first), size if not last else min(int(last) + 1, size))
    if not found:
        raise RangeNotSatisfiable(
            f"The file has {size} bytes", details={"size": size}, headers={"Content-Range": f"bytes */{size}"}
        )
    return found


def _still(request: Request, tag: str | None, modified: datetime | None) -> bool:
    """Whether the file is the one of which the caller has the other part, if it says which that is."""
    text = request.headers.get("If-Range")
    if text is None:
        return True
    known = parse_if_range_header(text)
    if known.date is not None:
        return known.date == modified
    return text.strip() == tag
