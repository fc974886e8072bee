"""What JSON schemas say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schemas = Mapping[str, dict[str, Any]]
"""JSON schemas by name."""


def types(schema: Mapping[str, Any]) -> set[str]:
    """The JSON types that a schema allows; empty where it allows any."""
    named = schema.get("type", [])
    return {named} if isinstance(named, str) else set(named)
