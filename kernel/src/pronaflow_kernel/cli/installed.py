"""The installed plugins as far as they can be judged without running any of their code."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from ..persistence.chains import Chain
from ..plugins.discovery import Candidate, discover
from ..plugins.lifecycle import PluginStatus, compatibility_fault, requirement_fault
from ..plugins.order import start_order


def survey(disabled: Collection[str] = ()) -> dict[str, PluginStatus]:
    """The status of every installed plugin, in order of start; those that cannot start come last.

    Arguments:
        disabled: ids that the settings switch off.

    `ready` means only that nothing speaks against a plugin so far.
    """
    candidates = {candidate.id: candidate for candidate in discover()}
    statuses = {
        plugin_id: _first_look(candidate, candidates, disabled) for plugin_id, candidate in candidates.items()
    }
    hopeful = {i: s.manifest for i, s in statuses.items() if s.state == "ready" and s.manifest}
    order, faults = start_order(hopeful)
    for plugin_id, reason in faults.items():
        statuses[plugin_id] = PluginStatus(candidates[plugin_id], "blocked", reason)
    return {plugin_id: statuses[plugin_id] for plugin_id in [*order, *sorted(statuses.keys() - set(order))]}


def _first_look(
    candidate: Candidate, candidates: dict[str, Candidate], disabled: Collection[str]
) -> PluginStatus:
    if candidate.id in disabled:
        return PluginStatus(candidate, "disabled", "switched off by the settings")
    if candidate.fault is not None or candidate.manifest is None:
        return PluginStatus(candidate, "failed", f"manifest: {candidate.fault}")
    if (fault := compatibility_fault(candidate.manifest)) is not None:
        return PluginStatus(candidate, "incompatible", fault)
    versions = {other.id: other.version for other in candidates.values()}
    if (fault := requirement_fault(candidate.manifest, versions)) is not None:
        return PluginStatus(candidate, "blocked", fault)
    return PluginStatus(candidate, "ready")


def database_missing(url: str) -> bool:
    """Whether a SQLite database is still to be made, which merely looking at it must not do."""
    from sqlalchemy import make_url

    parsed = make_url(url)
    return parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists()


def requirements(statuses: Mapping[str, PluginStatus], plugin_id: str) -> set[str]:
    """Everything that a plugin requires, directly and through others."""
    found: set[str] = set()
    waiting = [plugin_id]
    while waiting:
        status = statuses.get(waiting.pop())
        manifest = status.manifest if status else None
        new = set(manifest.requires) - found if manifest else set()
        found |= new
        waiting += new
    return found


def chain_of(status: PluginStatus) -> Chain:
    """The migrations of a plugin."""
    return Chain(status.id, status.candidate.package)
