"""The sections that plugins have in the settings of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from marshmallow import fields

from pronaflow_kernel.api import Context, Row, Schema, load


class Sections:
    """Holds sections to what their plugins provide by `provide_workspace_settings`.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._hooks = ctx.hooks

    def effective(self, stored: Mapping[str, Any]) -> dict[str, Row]:
        """All sections by plugin, with the defaults of what is not stored.

        What is stored for a plugin that is not there is kept and not shown.
        """
        return {
            plugin_id: {**defaults, **stored.get(plugin_id, {})}
            for plugin_id, defaults in self._defaults.items()
        }

    def merged(self, stored: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Row]:
        """What is to be stored: None brings the defaults of a section, or of a key in it, back.

        Raises:
            ValidationFailed: a plugin without a section, or values that its schema refuses.
        """
        load(self._checks, {"plugins": {name: self._given(name, part) for name, part in changes.items()}})
        after = dict(stored)
        for plugin_id, part in changes.items():
            section = {**after.get(plugin_id, {}), **part} if part is not None else {}
            after[plugin_id] = {name: value for name, value in section.items() if value is not None}
        return {plugin_id: section for plugin_id, section in after.items() if section}

    def _given(self, plugin_id: str, part: Mapping[str, Any] | None) -> Row | None:
        """The part of a section that is a value, or is none that the plugin knows."""
        if part is None:
            return None
        known = self._defaults.get(plugin_id, {})
        return {name: value for name, value in part.items() if value is not None or name not in known}

    @cached_property
    def _schemas(self) -> dict[str, type[Schema]]:
        """Asked for at first use, when all plugins are there."""
        return dict(self._hooks.ask("provide_workspace_settings"))

    @cached_property
    def _defaults(self) -> dict[str, Row]:
        return {plugin_id: schema().dump(schema().load({})) for plugin_id, schema in self._schemas.items()}

    @cached_property
    def _checks(self) -> Any:
        parts: dict[str, Any] = {
            plugin_id: fields.Nested(schema(partial=True), allow_none=True)
            for plugin_id, schema in self._schemas.items()
        }
        return Schema.from_dict({"plugins": fields.Nested(Schema.from_dict(parts))})()
