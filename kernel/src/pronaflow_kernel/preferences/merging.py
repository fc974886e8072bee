"""Merging of preferences: JSON objects, key by key, where null takes a key away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Values = Mapping[str, Any]


def merged(values: Values, changes: Values) -> dict[str, Any]:
    """`values` with `changes`: objects are merged, None takes a key away, everything else replaces.

    Objects of which nothing is left go too, so that what was never chosen and what was taken back look alike.
    """
    after = dict(values)
    for key, change in changes.items():
        if isinstance(change, Mapping):
            inner = after.get(key)
            change = merged(inner if isinstance(inner, Mapping) else {}, change) or None
        after[key] = change
    return {key: value for key, value in after.items() if value is not None}


def leaves(values: Values, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is no object, with its dotted key."""
    for key, value in values.items():
        where = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            yield from leaves(value, where)
        else:
            yield where, value


def nested(values: Values) -> dict[str, Any]:
    """The reverse of `leaves`."""
    tree: dict[str, Any] = {}
    for where, value in values.items():
        *path, last = where.split(".")
        inner = tree
        for key in path:
            inner = inner.setdefault(key, {})
        inner[last] = value
    return tree


def differing(before: Values, after: Values) -> list[str]:
    """Dotted keys of which the value differs, sorted."""
    old, new = dict(leaves(before)), dict(leaves(after))
    return sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
