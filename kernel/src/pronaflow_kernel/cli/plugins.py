"""`pronaflow plugins`: which are installed, how they fare and why, and the operator's switches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from .compat import compat
from .failures import Failure, unknown_plugin
from .output import emit, json_option, note, table
from .removal import restore, uninstall
from .scaffold import new
from .state import State, config_option, state_of

if TYPE_CHECKING:
    from ..kernel import Kernel
    from ..plugins.lifecycle import PluginStatus

cascade_option = click.option("--cascade", is_flag=True, help="Switch the others that must follow, too.")


@click.group()
def plugins() -> None:
    """List plugins, see how they fare, switch them."""


plugins.add_command(compat)
plugins.add_command(new)
plugins.add_command(uninstall)
plugins.add_command(restore)


@plugins.command("list")
@json_option
@config_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the plugins and why those that do not run do not."""
    statuses, _ = _look(state_of(ctx))
    rows = [_row(status) for status in statuses]
    cells = [(row["id"], row["version"], row["state"], row["reason"]) for row in rows]
    emit(rows, as_json, lambda: table(("PLUGIN", "VERSION", "STATE", "REASON"), cells))


@plugins.command()
@click.argument("plugin")
@json_option
@config_option
@click.pass_context
def show(ctx: click.Context, plugin: str, as_json: bool) -> None:
    """Show what a PLUGIN is, brings and needs.

    Of a plugin that failed also the traceback.
    """
    statuses, kernel = _look(state_of(ctx))
    known = {status.id: status for status in statuses}
    if plugin not in known:
        raise unknown_plugin(plugin, known)
    status = known[plugin]
    data = {
        **_row(status),
        "distribution": status.candidate.distribution,
        "manifest": asdict(status.manifest) if status.manifest else None,
        "routes": list(_routes(kernel, plugin)) if kernel else [],
        "traceback": status.trace or None,
    }
    emit(data, as_json, lambda: _shown(data))


@plugins.command()
@click.argument("plugin")
@cascade_option
@json_option
@config_option
@click.pass_context
def enable(ctx: click.Context, plugin: str, cascade: bool, as_json: bool) -> None:
    """Switch a PLUGIN on.

    Running servers follow within a second.
    """
    from .installed import requirements

    kernel = _switchable(ctx, plugin)
    off = kernel.switches.off()
    needed = sorted(requirements(kernel.plugins, plugin) & off)
    _refuse_overruled(kernel, [plugin, *needed])
    if needed and not cascade:
        words = f"{plugin} requires {', '.join(needed)}, which {_are(needed)} off"
        raise Failure(f"{words}; --cascade switches {_them(needed)} on too")
    _switch(kernel, [*needed, plugin], True, as_json)


@plugins.command()
@click.argument("plugin")
@cascade_option
@json_option
@config_option
@click.pass_context
def disable(ctx: click.Context, plugin: str, cascade: bool, as_json: bool) -> None:
    """Switch a PLUGIN off; its data stays.

    Running servers follow within a second.
    """
    from .installed import requirements

    kernel = _switchable(ctx, plugin)
    off = kernel.switches.off()
    followers = [
        each
        for each in kernel.plugins
        if each not in off and each != plugin and plugin in requirements(kernel.plugins, each)
    ]
    if followers and not cascade:
        words = f"{', '.join(followers)} {'requires' if len(followers) == 1 else 'require'} {plugin}"
        raise Failure(f"{words}; --cascade switches {_them(followers)} off too")
    _switch(kernel, [*followers, plugin], False, as_json)


def _look(state: State) -> tuple[list[PluginStatus], Kernel | None]:
    """How the plugins fare in a server that starts now; without one, what can be said all the same."""
    from .installed import assembled

    kernel, words = assembled(state)
    if kernel is None:
        note(f"Whether the plugins would run is not known. {words}\n")
        return list(_unstarted()), None
    return list(_switched(kernel)), kernel


def _unstarted() -> Iterator[PluginStatus]:
    from .installed import survey

    for status in survey().values():
        if status.state == "ready":
            status.state = "unknown"
        yield status


def _switched(kernel: Kernel) -> Iterator[PluginStatus]:
    off = kernel.switches.off()
    for status in kernel.plugins.values():
        if status.state == "ready" and status.id in off:
            status.state, status.reason = "disabled", "switched off by an operator"
        yield status


def _row(status: PluginStatus) -> dict[str, Any]:
    return {
        "id": status.id,
        "name": status.manifest.name if status.manifest else status.id,
        "version": status.candidate.version,
        "state": status.state,
        "reason": status.reason,
    }


def _routes(kernel: Kernel, plugin_id: str) -> Iterator[dict[str, str]]:
    """What the plugin's blueprints declare; only Flask can tell the addresses."""
    from ..web.app import create_app

    own: dict[str, Any] = {}
    for owner, blueprint in kernel.blueprints:
        own |= blueprint.declared if owner == plugin_id else {}
    for rule in create_app(kernel).url_map.iter_rules():
        if rule.endpoint in own:
            route = own[rule.endpoint]
            yield {"method": route.method, "path": rule.rule, "permission": route.permission}


def _shown(data: dict[str, Any]) -> str:
    manifest = data["manifest"] or {}
    state = f"{data['state']}: {data['reason']}" if data["reason"] else data["state"]
    lines = [
        ("id", data["id"]),
        ("state", state),
        ("version", f"{data['version']} ({data['distribution']})"),
        *((key, _listed(value)) for key, value in manifest.items() if value and key != "id"),
    ]
    text = "\n".join(f"{key:<14}{value}" for key, value in lines)
    if data["routes"]:
        cells = [(route["method"], route["path"], route["permission"]) for route in data["routes"]]
        text += "\n\n" + table(("METHOD", "PATH", "PERMISSION"), cells)
    return f"{text}\n\n{data['traceback']}" if data["traceback"] else text


def _listed(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {inner}" for key, inner in value.items())
    return ", ".join(value) if isinstance(value, (list, tuple)) else str(value)


def _switchable(ctx: click.Context, plugin_id: str) -> Kernel:
    kernel = state_of(ctx).kernel()
    if plugin_id not in kernel.plugins:
        raise unknown_plugin(plugin_id, kernel.plugins)
    return kernel


def _refuse_overruled(kernel: Kernel, plugin_ids: list[str]) -> None:
    held = [each for each in plugin_ids if each in kernel.settings.plugins.disabled]
    if held:
        place = kernel.settings.sources.get("plugins.disabled", "the settings")
        raise Failure(f"The settings keep {', '.join(held)} off, and they win: see {place}")


def _switch(kernel: Kernel, plugin_ids: list[str], enabled: bool, as_json: bool) -> None:
    before = {plugin_id: kernel.switches.active(plugin_id) for plugin_id in plugin_ids}
    for plugin_id in plugin_ids:
        kernel.switches.set(plugin_id, enabled)
        status = kernel.plugins[plugin_id]
        if enabled and status.state != "ready":
            note(f"{plugin_id} does not run all the same, it is {status.state}: {status.reason}")
    data = [{"id": i, "enabled": enabled, "changed": was != enabled} for i, was in before.items()]
    word = "on" if enabled else "off"
    lines = [f"{each['id']} {'is now' if each['changed'] else 'was'} {word}" for each in data]
    emit(data, as_json, "\n".join(lines))


def _are(plugin_ids: list[str]) -> str:
    return "is" if len(plugin_ids) == 1 else "are"


def _them(plugin_ids: list[str]) -> str:
    return "it" if len(plugin_ids) == 1 else "them"
