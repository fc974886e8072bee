"""Events of the plugins of a workspace."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Row, Schema


class PluginPayload(Schema):
    """What all of them say; never the configuration, which may hold what is secret."""

    workspace_id = Id()
    installation_id = Id()
    plugin = fields.String()
    plugin_version = fields.String()


def _event(word: str, summary: str) -> EventType:
    return EventType(f"plugin.{word}", "PluginInstallation", PluginPayload, public=False, summary=summary)


PLUGIN_INSTALLED = _event("installed", "A workspace installed a plugin.")
PLUGIN_CONFIGURED = _event("configured", "A plugin of a workspace was configured.")
PLUGIN_UPDATED = _event("updated", "A workspace agreed to a new version of a plugin.")
PLUGIN_ACTIVATED = _event("activated", "A plugin was switched on again in a workspace.")
PLUGIN_DEACTIVATED = _event("deactivated", "A plugin was switched off in a workspace.")
PLUGIN_UNINSTALLED = _event("uninstalled", "A workspace uninstalled a plugin.")

PLUGIN_EVENTS = (
    PLUGIN_INSTALLED,
    PLUGIN_CONFIGURED,
    PLUGIN_UPDATED,
    PLUGIN_ACTIVATED,
    PLUGIN_DEACTIVATED,
    PLUGIN_UNINSTALLED,
)


def plugin_payload(row: Row) -> dict[str, object]:
    """The payload for an installation."""
    return {
        "workspace_id": row["workspace_id"],
        "installation_id": row["id"],
        "plugin": row["plugin_id"],
        "plugin_version": row["version_seen"],
    }
