"""Comparing a manifest with the code: what an operator reads before installing must be what runs after it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from .lifecycle import Contribution
from .manifest import Manifest
from .specs import KERNEL, Spec


def differences(
    manifest: Manifest,
    contribution: Contribution,
    implemented: Iterable[str],
    specs: Mapping[str, Spec],
    absent: Collection[str],
) -> list[str]:
    """How `plugin.toml` differs from what the code registers, a sentence a key; empty if it is true.

    Arguments:
        implemented: names of the hooks that the plugin implements.
        specs: of all hooks that exist.
        absent: hooks of plugins that are not there; what a manifest says of them cannot be judged and passes.
    """
    patterns = {pattern for subscriber in contribution.subscribers for pattern in subscriber.events}
    hooks = {shown for name in implemented if (shown := _shown(specs[name])) is not None}
    pairs: list[tuple[str, Collection[str], Collection[str]]] = [
        ("hooks", set(manifest.hooks) - set(absent), hooks),
        ("commands", manifest.commands, {command.name for command in contribution.commands}),
        ("events.emits", manifest.emits, {event.name for event in contribution.event_types}),
        ("events.listens", manifest.listens, patterns),
    ]
    found = [words for key, declared, actual in pairs for words in _compared(key, declared, actual)]
    missing = {permission.scope for permission in contribution.permissions} - set(manifest.permissions)
    return [*found, *_compared("permissions", (), missing)]


def absent_hooks(manifest: Manifest, present: Collection[str]) -> set[str]:
    """The hooks `plugin_id:hook` of a manifest whose plugins are not there.

    Arguments:
        present: ids of the plugins that have started.
    """
    known = {manifest.id, *present}
    return {hook for hook in manifest.hooks if ":" in hook and hook.partition(":")[0] not in known}


def unknown_scopes(manifest: Manifest, known: Collection[str]) -> list[str]:
    """The scopes under `permissions` that nobody knows; not judged where a plugin in `uses` may know them."""
    return [] if manifest.uses else sorted(set(manifest.permissions) - set(known))


def _shown(spec: Spec) -> str | None:
    """A hook as manifests name it; None for those of the kernel that only say what a plugin brings."""
    if spec.owner != KERNEL:
        return f"{spec.owner}:{spec.name}"
    return None if spec.prefix == "provide" else spec.name


def _compared(key: str, declared: Collection[str], actual: Collection[str]) -> Iterator[str]:
    if lacking := sorted(set(actual) - set(declared)):
        yield f"`{key}` does not name {', '.join(lacking)}, which the code brings"
    if invented := sorted(set(declared) - set(actual)):
        yield f"`{key}` names {', '.join(invented)}, which the code does not bring"
