"""Values that a schema does not allow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .schemas import types

HUGE = 10**400
"""An integer that JSON can hold and no database."""

NOT_A = {
    "string": [7, 1.5, True, [], {}],
    "integer": ["x", "", "1.5", "9" * 30, "9" * 5000, [], {}, 2**63, -(2**63) - 1, HUGE, 1e300],
    "number": ["x", "", "NaN", "Infinity", "1e999", [], {}, HUGE],
    "boolean": ["maybe", "", 7, [], {}],
    "array": ["x", 7, {}, {"0": "x"}],
    "object": [7, True, []],
}
"""By JSON type."""

BEYOND = ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"]
"""Times that are in no year of the calendar, once they are in UTC."""

NOT_OF_FORMAT = {
    "uuid": [
        "",
        "x",
        "0" * 36,
        "{00000000-0000-0000-0000-000000000000}",
        "00000000-0000-0000-0000-00000000000g",
    ],
    "date": ["", "x", "2026-13-45", "0000-00-00", "99999-01-01", "2026-01-01T25:00:00Z", *BEYOND],
    "date-time": ["", "x", "2026-02-30T00:00:00Z", *BEYOND],
    "email": ["", "x", "x@", "@example.com", "a@b\r\nBcc: c@example.com"],
    "url": ["x", "javascript:alert(1)", "http://", "ftp://example.com"],
}
"""Texts, by format."""

UNSTORABLE = ["a\0b", "\ud800", "a\udfffb"]
"""Texts that JSON can hold and no database."""


def wrong(schema: dict[str, Any]) -> Iterator[Any]:
    """Values that a body must not have under a key of this schema."""
    kinds = types(schema)
    if "null" not in kinds:
        yield None
    for kind in kinds - {"null"}:
        yield from NOT_A[kind]
    if "string" in kinds:
        yield from texts(schema)
    if "array" in kinds:
        yield from ([value] for value in wrong(schema["items"]))
        if "maxItems" in schema:
            yield ["x"] * (schema["maxItems"] + 1)
    for name, inner in schema.get("properties", {}).items() if "object" in kinds else ():
        yield from ({name: value} for value in wrong(inner))


def texts(schema: dict[str, Any]) -> Iterator[str]:
    """Texts that are refused, in a body or a query."""
    yield from NOT_OF_FORMAT.get(schema.get("format", ""), ())
    yield UNSTORABLE[0]
    if "enum" in schema:
        yield from ("", "nonsense")
    if "pattern" in schema:
        yield next(text for text in ("!", " ") if not re.match(schema["pattern"], text))
    if schema.get("minLength", 0) > 0:
        yield ""
    if "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)


def wrong_parameters(schema: dict[str, Any]) -> Iterator[str]:
    """Texts that a query must not have under a key of this schema."""
    kinds = types(schema)
    if "string" in kinds:
        yield from texts(schema)
    for kind in kinds & {"integer", "number", "boolean"}:
        yield from (value for value in NOT_A[kind] if isinstance(value, str))
