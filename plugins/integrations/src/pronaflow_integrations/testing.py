"""How tests make records and requests of this plugin that its document does not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pronaflow_kernel.testing import LEFT_OUT, Party

from .connections.apps import GITHUB


def _delivery(party: Party) -> str:
    """A message to the webhook; nobody takes it, so that it may be sent again."""
    made = party.create("integrations_test_webhook")
    party.world.drain()
    return str(made["id"])


SETTINGS: Mapping[str, Any] = {
    f"integrations.{service}_client_{part}": f"{service}-{part}"
    for service in ("github", "google")
    for part in ("id", "secret")
}
"""Two services are registered, and Slack is not."""

MAKERS: Mapping[str, Callable[[Party], str]] = {"delivery": _delivery}
"""By kind; the contract suite and the walks find them here."""


def _hooked(party: Party) -> dict[str, Any]:
    """Events that there are, and an address that nobody is at."""
    address = "https://hooks.example.com/pronaflow"
    return {"subscribed_events": {"workspace.deleted": True}, "url": address, "secret": LEFT_OUT}


def _registered(party: Party) -> dict[str, Any]:
    """A service that `SETTINGS` registers."""
    return {"app_id": GITHUB.id}


def _returning(party: Party) -> dict[str, Any]:
    """To the page that there is without a setting."""
    return {**_registered(party), "redirect_uri": LEFT_OUT}


def _account(party: Party) -> dict[str, Any]:
    """One whose tokens do not end: the day of the document has passed on some clocks of tests."""
    return {"oauth_app_id": GITHUB.id, "access_token": "token", "expires_at": LEFT_OUT}


def _for_a_year(party: Party) -> dict[str, Any]:
    """No day on which it ends: that of the document has passed on some clocks of tests."""
    return {"expires_at": LEFT_OUT}


REQUESTS: Mapping[str, Callable[[Party], dict[str, Any]]] = {
    "integrations_create_token": _for_a_year,
    "integrations_rotate_token": _for_a_year,
    "integrations_get_oauth_app": _registered,
    "integrations_authorize_oauth_app": _returning,
    "integrations_create_oauth_connection": _account,
    "integrations_create_webhook": _hooked,
    "integrations_update_webhook": _hooked,
}
"""Values by operation id."""

REFUSED: Mapping[str, int] = {"integrations_finish_oauth_connection": 400}
"""The service would have to send a browser back first."""
