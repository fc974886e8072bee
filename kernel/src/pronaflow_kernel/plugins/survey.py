"""The installed plugins as far as they can be judged without running any of their code."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from .discovery import Candidate
from .lifecycle import PluginStatus, compatibility_fault, requirement_fault
from .order import start_order


def survey(
    candidates: Sequence[Candidate], disabled: Collection[str] = (), held: Mapping[str, str] | None = None
) -> dict[str, PluginStatus]:
    """The status of every plugin, in order of start; those that cannot start come last.

    Arguments:
        candidates: the installed plugins.
        disabled: ids that the settings switch off.
        held: ids that rest for another reason, and that reason.

    `ready` means only that nothing speaks against a plugin so far.
    """
    versions = {candidate.id: candidate.version for candidate in candidates}
    held = {**dict.fromkeys(disabled, "switched off by the settings"), **(held or {})}
    statuses = {c.id: _first_look(c, versions, held) for c in candidates}
    hopeful = {i: s.manifest for i, s in statuses.items() if s.state == "ready" and s.manifest}
    order, faults = start_order(hopeful, reasons(statuses))
    for plugin_id, reason in faults.items():
        statuses[plugin_id] = PluginStatus(statuses[plugin_id].candidate, "blocked", reason)
    return {plugin_id: statuses[plugin_id] for plugin_id in [*order, *sorted(statuses.keys() - set(order))]}


def reasons(statuses: Mapping[str, PluginStatus]) -> dict[str, str]:
    """For each plugin that does not run, the end of a sentence: "is failed (manifest: …)"."""
    return {i: f"is {s.state} ({s.reason})" for i, s in statuses.items() if s.state != "ready"}


def _first_look(candidate: Candidate, versions: Mapping[str, str], held: Mapping[str, str]) -> PluginStatus:
    if candidate.id in held:
        return PluginStatus(candidate, "disabled", held[candidate.id])
    if candidate.fault is not None or candidate.manifest is None:
        return PluginStatus(candidate, "failed", f"manifest: {candidate.fault}")
    if (fault := compatibility_fault(candidate.manifest)) is not None:
        return PluginStatus(candidate, "incompatible", fault)
    if (fault := requirement_fault(candidate.manifest, versions)) is not None:
        return PluginStatus(candidate, "blocked", fault)
    return PluginStatus(candidate, "ready")
