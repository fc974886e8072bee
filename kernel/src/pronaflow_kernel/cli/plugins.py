"""`pronaflow plugins`: which are installed, how they fare and why, and the operator's switches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .check import check
from .compat import compat
from .failures import Failure, unknown_plugin
from .installing import install
from .output import emit, json_option, note, table
from .publishing import publish, withdraw
from .removal import restore, uninstall
from .scaffold import new
from .state import State, config_option, state_of

if TYPE_CHECKING:
    from ..kernel import Kernel
    from ..plugins.lifecycle import PluginStatus
    from ..plugins.switching import Thrown

F = TypeVar("F", bound=Callable[..., Any])

cascade_option = click.option("--cascade", is_flag=True, help="Switch the others that must follow, too.")


def workspace_option(words: str) -> Callable[[F], F]:
    """The option `--workspace`, with what it means for a command."""
    return click.option("--workspace", metavar="ID", help=words)


@click.group()
def plugins() -> None:
    """List plugins, see how they fare, switch them."""


plugins.add_command(check)
plugins.add_command(compat)
plugins.add_command(install)
plugins.add_command(new)
plugins.add_command(publish)
plugins.add_command(withdraw)
plugins.add_command(uninstall)
plugins.add_command(restore)


@plugins.command("list")
@workspace_option("Show what is on in this workspace.")
@json_option
@config_option
@click.pass_context
def list_(ctx: click.Context, workspace: str | None, as_json: bool) -> None:
    """List the plugins and why those that do not run do not.

    A plugin is degraded where its breaker is open in any server that runs.
    """
    statuses, _ = _look(state_of(ctx), workspace)
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
        "routes": _routes(kernel, plugin) if kernel else [],
        "traceback": status.trace or None,
    }
    emit(data, as_json, lambda: _shown(data))


@plugins.command()
@click.argument("plugin")
@workspace_option("Switch it on for this workspace only.")
@cascade_option
@json_option
@config_option
@click.pass_context
def enable(ctx: click.Context, plugin: str, workspace: str | None, cascade: bool, as_json: bool) -> None:
    """Switch a PLUGIN on.

    Running servers follow within a second.
    """
    from .switching import switchboard, welcome

    state = state_of(ctx)
    with switchboard(state) as board:
        thrown = board.throw(plugin, True, workspace, cascade)
    welcome(state, thrown, workspace)
    _tell(thrown, workspace, as_json)


@plugins.command()
@click.argument("plugin")
@workspace_option("Switch it off for this workspace only.")
@cascade_option
@json_option
@config_option
@click.pass_context
def disable(ctx: click.Context, plugin: str, workspace: str | None, cascade: bool, as_json: bool) -> None:
    """Switch a PLUGIN off; its data stays.

    Running servers follow within a second.
    """
    from .switching import switchboard

    with switchboard(state_of(ctx)) as board:
        thrown = board.throw(plugin, False, workspace, cascade)
    _tell(thrown, workspace, as_json)


def _look(state: State, workspace: str | None = None) -> tuple[list[PluginStatus], Kernel | None]:
    """How the plugins fare; without a kernel, what can be said all the same."""
    from .installed import assembled, everywhere

    kernel, words = assembled(state)
    if kernel is not None:
        if workspace is not None:
            from ..plugins.switching import check_workspace

            check_workspace(kernel.db, workspace)
        return kernel.states(everywhere(kernel), workspace), kernel
    if workspace is not None:
        raise Failure(f"What is on in a workspace is not known. {words}")
    note(f"Whether the plugins would run is not known. {words}\n")
    return list(_unstarted()), None


def _unstarted() -> Iterator[PluginStatus]:
    from .installed import survey

    for status in survey().values():
        if status.state == "ready":
            status.state = "unknown"
        yield status


def _row(status: PluginStatus) -> dict[str, Any]:
    from ..system.views import plugin_row

    return plugin_row(status)


def _routes(kernel: Kernel, plugin_id: str) -> list[dict[str, str]]:
    """What the plugin's blueprints declare."""
    from ..system.views import routes_of
    from ..web.app import create_app

    return list(routes_of(kernel, plugin_id, create_app(kernel).url_map.iter_rules()))


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


def _tell(thrown: Sequence[Thrown], workspace: str | None, as_json: bool) -> None:
    data = [{"id": each.plugin_id, "enabled": each.enabled, "changed": each.changed} for each in thrown]
    where = f" in the workspace {workspace}" if workspace else ""
    lines = [
        f"{each.plugin_id} {'is now' if each.changed else 'was'} {'on' if each.enabled else 'off'}{where}"
        for each in thrown
    ]
    emit(data, as_json, "\n".join(lines))
