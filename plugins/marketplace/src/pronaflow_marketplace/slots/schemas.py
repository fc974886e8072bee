"""What fills places in pages, as it is asked for and shown."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import Id, Schema, Text

PLACES = ("task:editor", "task:sidebar", "project:tab", "dashboard:widget", "settings:section", "nav:item")
"""Those of the pages of PronaFlow; pages of other plugins have their own."""


class SlotsQuery(Schema):
    """Which places of which workspace."""

    workspace_id = Id(load_default=None)
    slot = Text(
        81, load_default=None, metadata={"description": f"One place alone, such as {', '.join(PLACES)}"}
    )


class SlotOut(Schema):
    """An element that a plugin fills a place with."""

    slot = fields.String(metadata={"description": "The place, such as task:editor"})
    plugin_id = fields.String()
    plugin_name = fields.String()
    element = fields.String(metadata={"description": "Name of the custom element"})
    module_url = fields.String(
        metadata={
            "description": "Address of the JavaScript module that defines it; another one for other code"
        }
    )
    order = fields.Integer()
    configuration = fields.Dict(metadata={"description": "Of the plugin in this workspace"})
