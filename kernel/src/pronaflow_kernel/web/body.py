"""Reading JSON bodies strictly: what is accepted here can be stored and shown again.

Limits of security.md 2.14: depth 32, arrays of 1,000, no NUL, no lone surrogates, no NaN, no duplicate
keys, integers within 64 bits. Malformed JSON is 400, a wrong content type 415, a value out of bounds 422.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Request

from ..errors import (
    MAX_PROBLEMS,
    InvalidRequest,
    PayloadTooLarge,
    Problem,
    UnsupportedMediaType,
    ValidationFailed,
)
from ..logs import mask

MAX_DEPTH = 32
MAX_ITEMS = 1000
LINGER = 4
"""So many times the limit is read of a body that is too large."""
CHUNK = 65_536
"""Bytes of it at once."""
MAX_KEY = 200
"""Characters of a key; no schema has a longer one."""
_Path = tuple["_Path", str | int] | None
"""Where a value stands, innermost part last; shared between siblings, so that it costs nothing."""
_INT64 = 2**63


def read_json(request: Request, limit: int, max_items: int = MAX_ITEMS) -> Any:
    """The parsed body of a request; `{}` for an empty body.

    Arguments:
        limit: bytes.
        max_items: length of the longest array.

    Raises:
        PayloadTooLarge, UnsupportedMediaType, InvalidRequest, ValidationFailed: as said above.
    """
    too_large = (request.content_length or 0) > limit
    raw = b"" if too_large else request.stream.read(limit + 1)
    if too_large or len(raw) > limit:
        throw_away(request, limit)
        raise PayloadTooLarge(f"The body may have {limit} bytes", details={"limit": limit})
    if not raw:
        return {}
    if request.content_encoding:
        raise UnsupportedMediaType("Compressed request bodies are not read")
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise UnsupportedMediaType("Send the body as application/json")
    return check_json(_parse(raw), max_items)


def throw_away(request: Request, limit: int) -> None:
    """Read on for a while, at most `LINGER` times `limit`.

    Somebody who still sends when the connection is closed may never read why (RFC 9112, section 9.6).
    """
    left = LINGER * limit
    while left > 0 and (read := request.stream.read(min(left, CHUNK))):
        left -= len(read)


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=_no_twins, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise InvalidRequest("The body is not valid UTF-8") from None
    except RecursionError:
        raise InvalidRequest("The body is nested too deeply") from None
    except ValueError as error:
        raise InvalidRequest(f"The body is not valid JSON: {error}") from None


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twin = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {mask(twin)!r} appears twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def check_json(value: Any, max_items: int = MAX_ITEMS) -> Any:
    """`value`, if everything in it is within bounds.

    Raises:
        InvalidRequest: nested more than 32 deep.
        ValidationFailed: with the texts, numbers and arrays out of bounds by their paths.
    """
    problems: list[Problem] = []
    stack: list[tuple[_Path, Any, int]] = [(None, value, 1)]
    while stack and len(problems) < MAX_PROBLEMS:
        path, item, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise InvalidRequest(f"The body is nested more than {MAX_DEPTH} levels deep")
        if isinstance(item, dict):
            for key, inner in item.items():
                fault = (
                    _text_fault(key) if len(key) <= MAX_KEY else f"A key has at most {MAX_KEY} characters."
                )
                if fault is not None:
                    problems.append(Problem(_words((path, key[:MAX_KEY])), fault))
                else:
                    stack.append(((path, key), inner, depth + 1))
        elif isinstance(item, list) and len(item) > max_items:
            problems.append(Problem(_words(path), f"At most {max_items} items.", "too_many"))
        elif isinstance(item, list):
            stack.extend(((path, index), inner, depth + 1) for index, inner in enumerate(item))
        elif (fault := _fault(item)) is not None:
            problems.append(Problem(_words(path), fault))
    if problems:
        raise ValidationFailed(problems)
    return value


def _words(path: _Path) -> str:
    """A path as `emails.3`; it is put together only where something is at fault."""
    parts: list[str] = []
    while path is not None:
        path, part = path
        parts.append(str(part))
    text: str = mask(".".join(reversed(parts)) or "_schema")
    return text.encode("utf-8", "replace").decode().replace("\x00", "\\0")


def _fault(item: Any) -> str | None:
    if isinstance(item, str):
        return _text_fault(item)
    if isinstance(item, int) and not -_INT64 <= item < _INT64:
        return "The number does not fit 64 bits."
    if isinstance(item, float) and item in (float("inf"), float("-inf")):
        return "The number is too large."
    return None


def _text_fault(text: str) -> str | None:
    if "\x00" in text:
        return "Text may not contain NUL."
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "Text may not contain lone surrogates."
    return None
