"""Bodies that a document's operations accept: all that is required and every text that is free."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from .schemas import types

PASSWORD = "Quiet-Meadow7!x"
_numbers = count(1)

BY_NAME: dict[str, Callable[[str], Any]] = {
    "role": lambda mark: "viewer",
    "username": lambda mark: f"{mark}_{next(_numbers)}",
}
"""Values of the kernel's own words, which a schema does not tell."""

BY_FORMAT: dict[str, Callable[[str], Any]] = {
    "email": lambda mark: f"{mark}{next(_numbers)}@example.com",
    "url": lambda mark: f"https://example.com/{mark}",
    "password": lambda mark: PASSWORD,
    "date": lambda mark: "2026-06-01",
    "date-time": lambda mark: "2026-06-01T09:00:00Z",
}


def filled(properties: Mapping[str, dict[str, Any]], required: frozenset[str], mark: str) -> dict[str, Any]:
    """Values for what a body must have, for every text that its sender chooses freely and for all examples.

    A field whose schema has `examples` gets the first of them: so a plugin tells which values go together
    (`metadata={"examples": ["cancelled"]}`).

    Arguments:
        properties: schemas by name, ids left out.
        mark: a word that every free text holds.
    """
    found = {}
    for name, schema in properties.items():
        if schema.get("readOnly") or schema.get("format") == "uuid":
            continue
        if name in required or schema.get("examples") or _holds_text(name, schema):
            found[name] = value(name, schema, mark)
    return found


def _holds_text(name: str, schema: dict[str, Any]) -> bool:
    """Whether people choose a text in it, as opposed to one of a few words or of a given form."""
    kinds = types(schema)
    if "array" in kinds:
        return _holds_text(name, schema["items"])
    if "object" in kinds:
        return any(_holds_text(inner, each) for inner, each in schema.get("properties", {}).items())
    fixed = "enum" in schema or "pattern" in schema or schema.get("format") not in (None, "email", "url")
    return "string" in kinds and not fixed


def value(name: str, schema: Mapping[str, Any], mark: str) -> Any:
    """A value for one field."""
    kinds = types(schema)
    if schema.get("examples"):
        return schema["examples"][0]
    if name in BY_NAME:
        return BY_NAME[name](mark)
    if "enum" in schema:
        return schema["enum"][0]
    if "array" in kinds:
        return [value(name, schema["items"], mark)]
    if "object" in kinds:
        return filled(schema.get("properties", {}), frozenset(schema.get("required", ())), mark)
    if "string" in kinds:
        if schema.get("format") in BY_FORMAT:
            return BY_FORMAT[schema["format"]](mark)
        return f"{mark} {next(_numbers)}"[: schema.get("maxLength", 100)]
    if "boolean" in kinds:
        return True
    return schema.get("minimum", 1)
