"""How tests make records and requests of this plugin that its document does not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pronaflow_kernel.api import Principal, Scope

from .delivery.unsubscribing import Unsubscribing

URL = "/api/v1/notifications"


def _notification(party: Any) -> str:
    """An alert about the party's account."""
    kernel, user_id = party.world.kernel, party.person.id
    with kernel.db.write(Scope(Principal.system())) as uow:
        uow.publish(kernel.event_types["mfa.enabled"], user_id, {"user_id": user_id})
    party.world.drain()
    return str(party.person.get(URL).data[0]["id"])


def _mute(party: Any) -> str:
    """Alerts of the party's that are muted, in vain."""
    return str(party.person.put(f"{URL}/mutes", {"type": "security_alert"}).data["id"])


MAKERS: Mapping[str, Callable[[Any], str]] = {"notification": _notification, "mute": _mute}
"""By kind; the contract suite and the walks find them here."""


def _addressed(party: Any) -> dict[str, Any]:
    """A channel with an address, at which nobody is."""
    return {"channel": "webhook", "url": f"http://127.0.0.1:9/{party.mark}"}


def _reached(party: Any) -> dict[str, Any]:
    """A channel that the caller has given an address for."""
    party.create("notifications_set_notification_channel")
    return {"channel": "webhook"}


def _linked(party: Any) -> dict[str, Any]:
    """The secret part of the link in a digest."""
    parcel = {"user_id": party.person.id, "digest": True, "items": []}
    return {"token": Unsubscribing(party.world.kernel.contexts["notifications"]).token(parcel)}


REQUESTS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "notifications_set_notification_channel": _addressed,
    "notifications_test_notification_channel": _reached,
    "notifications_remove_notification_channel": _reached,
    "notifications_read_unsubscribe_link": _linked,
    "notifications_unsubscribe": _linked,
}
"""Values by operation id."""

REFUSED: Mapping[str, int] = {
    "notifications_test_notification_channel": 400,
    "notifications_open_stream": 503,
}
"""Nobody takes the test, and a server within a test keeps no streams; each is refused after all else."""
