"""What an answer tells, so that two answers can be compared to the letter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..people import Reply

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_KEY = re.compile(r'"[A-Z][A-Z0-9]{1,5}-\d+"')
"""Keys for people such as WEB-12: a caller who was made anew has projects of other keys."""

Told = tuple[int, list[str], str]
"""Status, headers and body, ids left out."""

_FREE = re.compile(
    r"date|x-request-id|content-length|set-cookie|retry-after|server-timing|(x-)?ratelimit-.*", re.IGNORECASE
)
"""Headers that differ between any two answers."""


def blank(reply: Reply, changed: bool = False) -> Told:
    """What an answer tells, ids left out.

    Arguments:
        changed: whether numbers may differ, since something was made or changed.
    """
    body = reply.body.decode("utf-8", "replace")
    shown = ID.sub("<id>", body)
    # The tag is made of the bytes: with ids in them, it differs whenever they do.
    free = changed or shown != body
    headers = sorted(_header(name, text, free) for name, text in reply.headers.items())
    return reply.status, headers, re.sub(r"\d+", "<n>", _KEY.sub('"<key>"', shown)) if changed else shown


def _header(name: str, text: str, free: bool) -> str:
    if _FREE.fullmatch(name) or (free and name.lower() == "etag"):
        return name
    return f"{name}: {ID.sub('<id>', text)}"


def shape(body: str) -> str:
    """A body without its values, for answers that hold something new each time."""
    return re.sub(r'(?<=[:\[,])(?:"[^"]*"|[^"{}\[\],]+)(?=[,}\]])', "<value>", body)
