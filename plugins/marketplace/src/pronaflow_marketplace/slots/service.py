"""What the plugins of a workspace fill places in pages with (ADR 061)."""

from __future__ import annotations

from pronaflow_kernel.api import Context, Reader, Row

from ..installations.queries import ALL_HERE
from ..installations.service import RUNNING


class Slots:
    """The elements that pages show.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def all(self, reader: Reader, slot: str | None) -> list[Row]:
        """Those of the scope's workspace, in the order in which they stand.

        Arguments:
            slot: one place alone.
        """
        configured = {row["plugin_id"]: row["configuration"] for row in reader.all(ALL_HERE)}
        off = self._ctx.plugins.off(reader)
        found: list[Row] = [
            {
                "slot": place,
                "plugin_id": plugin_id,
                "plugin_name": plugin.manifest.name,
                "element": told.element,
                "module_url": plugin.file_url(told.module),
                "order": told.order,
                "configuration": configured.get(plugin_id, {}),
            }
            for plugin_id, plugin in self._ctx.plugins.all().items()
            for place, told in plugin.manifest.ui_slots.items()
            if slot in (None, place) and plugin_id not in off and plugin.state in RUNNING
        ]
        return sorted(found, key=lambda row: (row["slot"], row["order"], row["plugin_id"]))
