"""Notifications over HTTP (first seed, module 7)."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Answer, Blueprint, Page, Reader, Row, UnitOfWork

from .schemas import NotificationOut, NotificationQuery, UnreadOut
from .service import NotificationService

READ, UPDATE = "notifications.read", "notifications.update"
ONE = "/<id:notification_id>"


def build(service: NotificationService) -> Blueprint:
    """The caller's notifications."""
    blp = Blueprint(
        "notifications",
        url_prefix="/api/v1/notifications",
        tag="Notifications",
        summary="What you are told, over all your workspaces",
    )
    _add_reading(blp, service)
    _add_marks(blp, service)
    return blp


def _add_reading(blp: Blueprint, service: NotificationService) -> None:
    @blp.endpoint("GET", "", permission=READ, query=NotificationQuery, returns=NotificationOut, many=True)
    def list_notifications(reader: Reader, query: dict[str, Any]) -> Page:
        """List your notifications, of all your workspaces, newest first.

        Texts are in the language of your preferences. Several events of one kind about one thing that come
        within minutes are one notification, as long as it is unread.
        """
        return service.page(reader, query)

    @blp.endpoint("GET", "/unread-count", permission=READ, returns=UnreadOut)
    def count_unread(reader: Reader) -> Row:
        """Tell how many of your notifications are unread."""
        return {"unread_count": service.unread(reader)}

    @blp.endpoint("GET", ONE, permission=READ, returns=NotificationOut)
    def get_notification(reader: Reader, notification_id: str) -> Row:
        """Get a notification, and why it came to you."""
        return service.get(reader, notification_id)

    @blp.endpoint("DELETE", ONE, permission=UPDATE, status=204)
    def delete_notification(uow: UnitOfWork, notification_id: str) -> None:
        """Delete a notification."""
        service.delete(uow, notification_id)


def _add_marks(blp: Blueprint, service: NotificationService) -> None:
    @blp.endpoint("PATCH", f"{ONE}/read", permission=UPDATE, returns=NotificationOut)
    def mark_read(uow: UnitOfWork, notification_id: str) -> Row:
        """Mark a notification as read."""
        return service.mark(uow, notification_id, read=True)

    @blp.endpoint("POST", f"{ONE}/read", permission=UPDATE, returns=NotificationOut, documented=False)
    def mark_read_by_post(uow: UnitOfWork, notification_id: str) -> Row:
        """Mark a notification as read; what earlier drafts of the API called it."""
        return service.mark(uow, notification_id, read=True)

    @blp.endpoint("PATCH", f"{ONE}/unread", permission=UPDATE, returns=NotificationOut)
    def mark_unread(uow: UnitOfWork, notification_id: str) -> Row:
        """Mark a notification as unread."""
        return service.mark(uow, notification_id, read=False)

    @blp.endpoint("POST", "/mark-all-read", permission=UPDATE)
    def mark_all_read(uow: UnitOfWork) -> Answer:
        """Mark all your notifications as read, and tell how many were not."""
        return _all_read(service.mark_all(uow))

    @blp.endpoint("POST", "/read-all", permission=UPDATE, documented=False)
    def read_all(uow: UnitOfWork) -> Answer:
        """Mark all your notifications as read; what earlier drafts of the API called it."""
        return _all_read(service.mark_all(uow))


def _all_read(count: int) -> Answer:
    return Answer(message="All notifications marked as read", beside={"count": count})
