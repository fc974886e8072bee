"""Who stands on whom among plugins, directly and through others, as their manifests say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .manifest import Manifest


def requirements(manifests: Mapping[str, Manifest], plugin_id: str) -> set[str]:
    """Ids of everything that a plugin requires, known or not."""
    found: set[str] = set()
    waiting = [plugin_id]
    while waiting:
        manifest = manifests.get(waiting.pop())
        new = manifest.requires.keys() - found if manifest else set()
        found |= new
        waiting += new
    return found


def with_dependants(manifests: Mapping[str, Manifest], plugin_ids: Collection[str]) -> frozenset[str]:
    """The ids and those of all plugins that require one of them."""
    found = set(plugin_ids)
    while more := {i for i, m in manifests.items() if i not in found and found & m.requires.keys()}:
        found |= more
    return frozenset(found)
