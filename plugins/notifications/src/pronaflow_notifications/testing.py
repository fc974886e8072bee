"""How tests make records and requests of this plugin that its document does not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pronaflow_kernel.api import Principal, Scope
from pronaflow_kernel.testing import LEFT_OUT, Party, Unsupplied

from .delivery.unsubscribing import Unsubscribing

URL = "/api/v1/notifications"


def _notification(party: Party) -> str:
    """An alert, said of the party's workspace: tokens that are bound to it see it too."""
    kernel, user_id = party.world.kernel, party.person.id
    with kernel.db.write(Scope(Principal.system(), party.workspace_id)) as uow:
        uow.publish(kernel.event_types["mfa.enabled"], user_id, {"user_id": user_id})
    party.world.drain()
    return str(party.person.get(URL).data[0]["id"])


def _event(party: Party) -> str:
    """Something that happened in the workspace, of what its log shows the caller."""
    reply = party.person.get("/api/v1/events", workspace_id=party.workspace_id, limit=1)
    if reply.status != 200 or not reply.data:
        raise Unsupplied(f"the event log shows {party.name} nothing")
    return str(reply.data[0]["id"])


def _mute(party: Party) -> str:
    """Alerts of the party's that are muted, in vain."""
    return str(party.person.put(f"{URL}/mutes", {"type": "security_alert"}).data["id"])


MAKERS: Mapping[str, Callable[[Party], str]] = {"notification": _notification, "mute": _mute, "event": _event}
"""By kind; the contract suite and the walks find them here."""


def _addressed(party: Party) -> dict[str, Any]:
    """A channel with an address, at which nobody is."""
    return {"channel": "webhook", "url": f"http://127.0.0.1:9/{party.mark}"}


def _reached(party: Party) -> dict[str, Any]:
    """A channel that the caller has given an address for."""
    party.create("notifications_set_notification_channel")
    return {"channel": "webhook"}


def _linked(party: Party) -> dict[str, Any]:
    """The secret part of the link in a digest."""
    parcel = {"user_id": party.person.id, "digest": True, "items": []}
    return {"token": Unsubscribing(party.world.kernel.contexts["notifications"]).token(parcel)}


def _heard(party: Party) -> dict[str, Any]:
    """An event type and a handler type that there are, and nothing that the handler does not take."""
    return {"event_type": "workspace.created", "handler_type": "log", "config": LEFT_OUT}


def _typed(party: Party) -> dict[str, Any]:
    """An event type that there is."""
    return {"event_type": "workspace.*"}


REQUESTS: Mapping[str, Callable[[Party], dict[str, Any]]] = {
    "notifications_set_notification_channel": _addressed,
    "notifications_test_notification_channel": _reached,
    "notifications_remove_notification_channel": _reached,
    "notifications_read_unsubscribe_link": _linked,
    "notifications_unsubscribe": _linked,
    "notifications_create_event_consumer": _heard,
    "notifications_update_event_consumer": _heard,
    "notifications_list_events": _typed,
    "notifications_list_event_types": _typed,
}
"""Values by operation id."""

REFUSED: Mapping[str, int] = {
    "notifications_test_notification_channel": 400,
    "notifications_open_stream": 503,
}
"""Nobody takes the test, and a server within a test keeps no streams; each is refused after all else."""
