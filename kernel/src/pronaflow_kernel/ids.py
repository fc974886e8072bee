"""Ids: UUIDv7 (RFC 9562) as lower-case dashed text, so that they sort by time and need no conversion."""

from __future__ import annotations

import re
from typing import Any

from uuid_utils import uuid7

_FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")


def new_id() -> str:
    """A new id."""
    return str(uuid7())


def as_id(value: Any) -> str | None:
    """`value` as a canonical id, or None where it is none. Upper case is accepted."""
    if not isinstance(value, str):
        return None
    lowered = value.lower()
    return lowered if _FORM.match(lowered) else None
