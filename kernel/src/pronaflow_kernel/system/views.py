"""What is told of plugins and hooks, to operators by the command line and to administrators over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..plugins.processes import FigureMap

if TYPE_CHECKING:
    from werkzeug.routing import Rule

    from ..kernel import Kernel
    from ..plugins.hooks import Implementation
    from ..plugins.lifecycle import Contribution, PluginStatus
    from ..plugins.specs import Spec

_NAMED = ("permissions", "resources", "event_types", "subscribers", "jobs", "commands", "health_checks")
"""Kinds of things that a plugin brings and that have a `name`."""


def plugin_row(status: PluginStatus) -> dict[str, Any]:
    """A plugin in a list: which it is and how it fares."""
    return {
        "id": status.id,
        "name": status.manifest.name if status.manifest else status.id,
        "version": status.candidate.version,
        "state": status.state,
        "reason": status.reason,
    }


def routes_of(kernel: Kernel, plugin_id: str, rules: Iterable[Rule]) -> Iterator[dict[str, str]]:
    """What the plugin's blueprints declare.

    Arguments:
        rules: of the Flask application, which alone can tell the addresses.
    """
    own: dict[str, Any] = {}
    for owner, blueprint in kernel.blueprints:
        own |= blueprint.declared if owner == plugin_id else {}
    for rule in rules:
        if rule.endpoint in own:
            route = own[rule.endpoint]
            yield {"method": route.method, "path": rule.rule, "permission": route.permission}


def brought_by(brought: Contribution) -> dict[str, list[str]]:
    """Names of what a plugin brings, by kind; kinds of which it brings nothing are left out."""
    names: dict[str, list[str]] = {
        kind: [str(each.name) for each in getattr(brought, kind)] for kind in _NAMED if getattr(brought, kind)
    }
    if brought.services:
        names["services"] = [protocol.__name__ for protocol in brought.services]
    if brought.models is not None:
        names["tables"] = sorted(brought.models.tables)
    return names


def figures_of(plugin_id: str, known: FigureMap) -> list[dict[str, Any]]:
    """How a plugin's hooks and subscribers fare, by name."""
    own = sorted((hook, each) for (owner, hook), each in known.items() if owner == plugin_id)
    return [{"hook": hook, **asdict(each)} for hook, each in own]


def hook_row(kernel: Kernel, spec: Spec) -> dict[str, Any]:
    """A hook in a list."""
    return {
        "hook": spec.name,
        "owner": spec.owner,
        "since": spec.since,
        "implementations": len(kernel.hooks.implementations(spec.name)),
        "deprecated": spec.deprecated,
        "removed_in": spec.removed_in,
    }


def hook_detail(kernel: Kernel, spec: Spec, known: FigureMap) -> dict[str, Any]:
    """All there is to tell of a hook; its implementations in order of call."""
    return {
        **asdict(spec),
        "signature": spec.signature,
        "semantics": asdict(spec.semantics),
        "implementations": [
            implementation_row(kernel, each, known) for each in kernel.hooks.implementations(spec.name)
        ],
    }


def implementation_row(kernel: Kernel, implementation: Implementation, known: FigureMap) -> dict[str, Any]:
    """Who implements a hook, where, and how that goes in all servers together."""
    measured = known.get((implementation.plugin_id, implementation.hook))
    return {
        "plugin": implementation.plugin_id,
        "state": kernel.state(implementation.plugin_id, known).state,
        "function": implementation.function,
        "file": implementation.file,
        "line": implementation.line,
        "calls": measured.calls if measured else 0,
        "failures": measured.failures if measured else 0,
        "p95_ms": measured.p95_ms if measured else None,
        "breaker": measured.breaker if measured else None,
        "last_error": measured.last_error if measured else None,
    }
