"""Preferences about notifications over HTTP (first seed, module 7)."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Blueprint, Reader, Row, UnitOfWork

from .schemas import PreferencesOut, PreferencesPatch
from .service import PreferenceService


def build(service: PreferenceService) -> Blueprint:
    """The caller's preferences."""
    blp = Blueprint(
        "notifications",
        url_prefix="/api/v1/notifications/preferences",
        tag="Notifications",
        name="notification_preferences",
    )
    change: dict[str, Any] = {
        "permission": "notifications.update",
        "body": PreferencesPatch,
        "returns": PreferencesOut,
    }

    @blp.endpoint("GET", "", permission="notifications.read", returns=PreferencesOut)
    def get_preferences(reader: Reader) -> Row:
        """Get how you want to hear of what happens."""
        return service.get(reader)

    @blp.endpoint("PATCH", "", **change)
    def update_preferences(uow: UnitOfWork, body: dict[str, Any]) -> Row:
        """Change how you want to hear of what happens; what is left out stays, null brings a default back."""
        return service.change(uow, body)

    @blp.endpoint("PUT", "", **change, documented=False)
    def put_preferences(uow: UnitOfWork, body: dict[str, Any]) -> Row:
        """Change how you want to hear of what happens; what earlier drafts of the API called it."""
        return service.change(uow, body)

    return blp
