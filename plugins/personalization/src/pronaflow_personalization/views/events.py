"""What is announced of saved views."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import EventType, Id, Schema


class ViewPayload(Schema):
    """Which view; its name may be private."""

    workspace_id = Id()
    view_id = Id()
    shared = fields.Boolean()


def _view(name: str, summary: str) -> EventType:
    return EventType(name, "SavedView", ViewPayload, public=False, summary=summary)


VIEW_CREATED = _view("saved_view.created", "Somebody saved a view.")
VIEW_UPDATED = _view("saved_view.updated", "A saved view was changed.")
VIEW_DELETED = _view("saved_view.deleted", "A saved view was deleted.")

VIEW_EVENTS = (VIEW_CREATED, VIEW_UPDATED, VIEW_DELETED)
