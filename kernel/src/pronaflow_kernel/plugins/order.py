"""Who starts when: after everything it requires, uses or implements hooks of, ties by id."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from .manifest import Manifest


def start_order(
    manifests: Mapping[str, Manifest], others: Mapping[str, str] | None = None
) -> tuple[list[str], dict[str, str]]:
    """Ids in order of start, and the reason for each plugin that can never start.

    Arguments:
        manifests: of the plugins that nothing speaks against so far.
        others: installed plugins that do not run, and why.

    A plugin fails here when it requires something that is not there, or stands in a circle; so does
    everything that requires it, with the chain in words.
    """
    faults: dict[str, str] = {}
    order: list[str] = []
    remaining = dict(manifests)
    while True:
        graph = {
            plugin: sorted({*m.requires, *m.uses, *_hook_owners(m)} & remaining.keys() - {plugin})
            for plugin, m in sorted(remaining.items())
        }
        try:
            order = _sorted(graph)
            break
        except CycleError as error:
            circle = error.args[1]
            for plugin in set(circle):
                faults[plugin] = f"requirements go in a circle: {' -> '.join(circle)}"
                remaining.pop(plugin, None)
    stopped = {**(others or {}), **{plugin: _blocked(reason) for plugin, reason in faults.items()}}
    for plugin in order:
        reason = blocked_by(manifests[plugin], manifests.keys() - faults.keys(), stopped)
        if reason:
            faults[plugin], stopped[plugin] = reason, _blocked(reason)
    return [plugin for plugin in order if plugin not in faults], faults


def blocked_by(manifest: Manifest, present: set[str], reasons: Mapping[str, str]) -> str | None:
    """Why a plugin cannot start without those it requires; None if all are present."""
    for needed in manifest.requires:
        if needed not in present:
            return f"requires {needed}, which {reasons.get(needed, 'is not installed')}"
    return None


def _hook_owners(manifest: Manifest) -> set[str]:
    """The plugins whose hooks a plugin implements; these must be known when it starts."""
    return {hook.partition(":")[0] for hook in manifest.hooks if ":" in hook}


def _blocked(reason: str) -> str:
    """The end of a sentence about a plugin, as `survey.reasons` makes them."""
    return f"is blocked ({reason})"


def _sorted(graph: Mapping[str, list[str]]) -> list[str]:
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    order: list[str] = []
    ready: list[str] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()])
        plugin = ready.pop(0)
        order.append(plugin)
        sorter.done(plugin)
    return order
