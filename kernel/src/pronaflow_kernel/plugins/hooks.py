"""Asking the plugins, in the kernel's terms instead of pluggy's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

from .. import hookspecs
from .base import Plugin
from .guard import guarded

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..persistence.uow import Reader, Row, UnitOfWork


class Hooks:
    """The run-time questions.

    Arguments:
        active: whether a plugin is switched on at this moment.
    """

    def __init__(self, active: Callable[[str], bool]) -> None:
        self._active = active
        self._manager = pluggy.PluginManager("pronaflow")
        self._manager.add_hookspecs(hookspecs)
        self._extenders: list[tuple[str, Any]] = []

    def register(self, plugin_id: str, plugin: Plugin) -> None:
        """Take a plugin's implementations.

        Raises:
            pluggy.PluginValidationError: an implementation asks for an argument that its hook has not, or
                implements a hook that does not exist.
        """
        namespace = guarded(plugin_id, plugin, self._active)
        self._manager.register(namespace, name=plugin_id)
        self._manager.check_pending()
        if hasattr(namespace, "extend_payload"):
            self._extenders.append((plugin_id, namespace.extend_payload))

    def provide(self, plugin_id: str, name: str) -> Any:
        """One plugin's answer to a `provide_*` hook; None if it does not implement it."""
        implementation = getattr(self._manager.get_plugin(plugin_id), name, None)
        return None if implementation is None else implementation()

    def names(self, plugin_id: str) -> list[str]:
        """Names of the hooks that a plugin implements."""
        plugin = self._manager.get_plugin(plugin_id)
        return sorted(caller.name for caller in self._manager.get_hookcallers(plugin) or ())

    @property
    def objects_to_permissions(self) -> bool:
        """Whether any plugin implements `check_permission`; spares the call where none does."""
        return bool(self._manager.hook.check_permission.get_hookimpls())

    @property
    def extends(self) -> bool:
        """Whether any plugin implements `extend_payload`."""
        return bool(self._extenders)

    def check_permission(self, reader: Reader, permission: str, container_id: str | None) -> None:
        """Let the plugins object to what the roles allow."""
        self._manager.hook.check_permission(reader=reader, permission=permission, container_id=container_id)

    def check_change(
        self, uow: UnitOfWork, resource: str, row: Row | None, changes: Mapping[str, Any]
    ) -> None:
        """Let the plugins object to a change before it is written."""
        self._manager.hook.check_change(uow=uow, resource=resource, row=row, changes=changes)

    def extend_payload(
        self, reader: Reader, resource: str, rows: Sequence[Row], only: set[str] | None = None
    ) -> dict[str, dict[str, Any]]:
        """What the plugins add to records: record id to `{plugin id: data}`.

        Arguments:
            only: ask these plugins alone (lists, `?ext=`); None asks all.
        """
        extensions: dict[str, dict[str, Any]] = {row["id"]: {} for row in rows}
        for plugin_id, extend in self._extenders:
            if only is not None and plugin_id not in only:
                continue
            for record_id, data in (extend(reader=reader, resource=resource, rows=rows) or {}).items():
                if record_id in extensions:
                    extensions[record_id][plugin_id] = data
        return extensions
