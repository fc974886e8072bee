"""What the routes for system administrators do.

A switch is thrown in units of work of its own, so that it holds whatever the plugin does when it hears of it;
those routes are declared as reading ones.
"""

from __future__ import annotations

from dataclasses import asdict
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from flask import current_app

from ..errors import NotFound
from ..logs import mask
from ..persistence.uow import Reader, Row
from ..plugins.processes import FigureMap, figures
from ..plugins.switching import tell, throw
from ..web.answers import Answer, Page
from . import views

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..kernel import Kernel


class Handlers:
    """The handlers, one a route.

    Arguments:
        kernel: the assembled application.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def list_plugins(self, reader: Reader) -> Page:
        """List all installed plugins, how they fare and why."""
        known = figures(reader)
        return _whole([self._row(plugin_id, known) for plugin_id in self._kernel.plugins])

    def get_plugin(self, reader: Reader, plugin_id: str) -> Row:
        """Show what a plugin is and brings, how it fares, and the traceback of a failure."""
        self._check(plugin_id)
        known = figures(reader)
        status = self._kernel.plugins[plugin_id]
        brought = self._kernel.contributions.get(plugin_id)
        return {
            **self._row(plugin_id, known),
            "distribution": status.candidate.distribution,
            "traceback": status.trace or None,
            "routes": list(views.routes_of(self._kernel, plugin_id, current_app.url_map.iter_rules())),
            "hooks": self._kernel.hooks.implemented(plugin_id) if brought else [],
            "figures": views.figures_of(plugin_id, known),
            "contributions": views.brought_by(brought) if brought else {},
        }

    def enable_plugin(self, reader: Reader, plugin_id: str, body: Row) -> Answer:
        """Switch a plugin on, for the whole server or for a workspace; running servers follow in a second."""
        return self._switch(True, plugin_id, body)

    def disable_plugin(self, reader: Reader, plugin_id: str, body: Row) -> Answer:
        """Switch a plugin off, for the whole server or for a workspace; its data stays."""
        return self._switch(False, plugin_id, body)

    def list_hooks(self, reader: Reader) -> Page:
        """List the hooks of the kernel and of the plugins that run."""
        return _whole([views.hook_row(self._kernel, spec) for spec in self._kernel.hooks.specs().values()])

    def get_hook(self, reader: Reader, name: str) -> Row:
        """Show what a hook is for, who implements it in which order, and how that goes."""
        specs = self._kernel.hooks.specs()
        if name not in specs:
            raise NotFound(_unknown("hook", name, specs))
        return views.hook_detail(self._kernel, specs[name], figures(reader))

    def _switch(self, enabled: bool, plugin_id: str, body: Row) -> Answer:
        self._check(plugin_id)
        kernel, workspace_id = self._kernel, body["workspace_id"]
        thrown = throw(
            kernel.db,
            kernel.switches,
            plugin_id,
            enabled,
            workspace_id=workspace_id,
            cascade=body["cascade"],
        )
        failed = tell(kernel, thrown, workspace_id)
        rows = [{"id": each.plugin_id, "enabled": enabled, "changed": each.changed} for each in thrown]
        words = [f"{each} failed when it was told that it is on: {error}" for each, error in failed.items()]
        return Answer(rows, "; ".join(words) or None)

    def _row(self, plugin_id: str, known: FigureMap) -> dict[str, Any]:
        status = self._kernel.state(plugin_id, known)
        return {
            **views.plugin_row(status),
            "manifest": asdict(status.manifest) if status.manifest else None,
        }

    def _check(self, plugin_id: str) -> None:
        if plugin_id not in self._kernel.plugins:
            raise NotFound(_unknown("plugin", plugin_id, self._kernel.plugins))


def _whole(rows: list[Row]) -> Page:
    """A list on one page: there are never more plugins and hooks than fit."""
    return Page(rows, 1, max(len(rows), 1), len(rows), total_exact=True, next_cursor=None)


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    """That there is no such thing, with the nearest one that is."""
    near = get_close_matches(name[:100], list(known), n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"There is no {what} {mask(name[:100])!r}{hint}"
