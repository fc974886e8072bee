"""What people are told of event consumers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import Event, Reader

from . import queries


def notification_types() -> list[Mapping[str, Any]]:
    """Part of the answer to `provide_notification_types`."""
    return [
        {
            "type": "event_consumer_disabled",
            "event": "event_consumer.disabled",
            "title": "An event consumer was switched off",
            "message": "The event consumer for {event_type} ({handler_type}) was switched off. {reason}",
            "summary": "An event consumer that you made does not work any more",
            "priority": "high",
            "recipients": _recipients,
            "reasons": {
                "creator": "You made the event consumer.",
                "admin": "You run the workspace, and whoever made the event consumer does not.",
            },
            "action_url": "/event-consumers/{consumer_id}",
        }
    ]


def _recipients(reader: Reader, event: Event) -> Mapping[str, str]:
    """Who made it; those who run the workspace where that is none of them any more."""
    running = {row["user_id"] for row in reader.all(queries.RUNNING)}
    creator = event.payload["user_id"]
    return {creator: "creator"} if creator in running else dict.fromkeys(running, "admin")
