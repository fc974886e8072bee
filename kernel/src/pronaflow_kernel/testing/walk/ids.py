"""Ids anywhere in a request: by themselves, in lists, and in objects inside a body.

A key says where an id stands: `task_id`, `task_ids[]`, `rows[].task_id`, `person.user_id`. With `[+]` in
place of `[]` it is added behind what the list has already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from .schemas import Schemas, types

_STEP = re.compile(r"\[[+]?\]|[^.\[\]]+")


def keys(schemas: Schemas, before: str = "") -> Iterator[str]:
    """Every key of an id in what has these schemas."""
    for name, schema in schemas.items():
        yield from _keys(schema, f"{before}{name}")


def _keys(schema: Mapping[str, Any], key: str) -> Iterator[str]:
    kinds = types(schema)
    if schema.get("format") == "uuid":
        yield key
    elif "array" in kinds:
        yield from _keys(schema.get("items", {}), f"{key}[]")
    elif "object" in kinds:
        yield from keys(schema.get("properties", {}), f"{key}.")


def schema_of(schemas: Schemas, key: str) -> Mapping[str, Any] | None:
    """The schema of the id under a key; None where there is none."""
    first, *rest = _STEP.findall(key)
    found: Mapping[str, Any] | None = schemas.get(first)
    for step in rest:
        if found is None:
            return None
        found = found.get("items") if step.startswith("[") else found.get("properties", {}).get(step)
    return found


def name_of(key: str) -> str:
    """What an id is called: `task_id` of `task_ids[]` and of `rows[].task_id`."""
    name: str = [step for step in _STEP.findall(key) if not step.startswith("[")][-1]
    return name if key.endswith(name) else re.sub(r"s$", "", name)


def first_of(key: str) -> str:
    """The field of the request that holds the id."""
    found: str = _STEP.findall(key)[0]
    return found


def more(key: str) -> str | None:
    """The same key, behind what the first list on the way has already; None where no list is."""
    return key.replace("[]", "[+]", 1) if "[]" in key else None


def get(values: Any, key: str) -> Any:
    """The id under a key; of a list, the first one."""
    for step in _STEP.findall(key):
        values = values[0] if step == "[]" else values[-1] if step == "[+]" else values[step]
    return values


def put(values: Any, key: str, value: str) -> None:
    """Set the id under a key; what it stands in is made where it is missing."""
    name, *rest = _STEP.findall(key)
    if not rest:
        values[name] = value
    elif rest[0].startswith("["):
        before = values.get(name) or []
        values[name] = _listed(list(before), rest[0] == "[+]", rest[1:], value)
    else:
        values[name] = values.get(name) or {}
        put(values[name], ".".join(rest), value)


def _listed(items: list[Any], added: bool, inner: list[str], value: str) -> list[Any]:
    """A list with an id in it, in its first item or in one more."""
    if not inner:
        return [*items, value] if added else [value]
    item = deepcopy(items[0]) if items else {}
    put(item, ".".join(inner), value)
    return [*items, item] if added else [item, *items[1:]]
