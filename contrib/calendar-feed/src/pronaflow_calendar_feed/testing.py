"""How tests make requests of this plugin that its document does not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pronaflow_kernel.testing import Party

from .feeds import PATH


def _installed(party: Party) -> dict[str, Any]:
    """In a workspace that has the plugin."""
    party.world.kernel.switches.set("calendar_feed", True, party.workspace_id)
    return {}


def _made(party: Party) -> dict[str, Any]:
    """A calendar of the party's."""
    _installed(party)
    party.person.post(PATH, {}, workspace_id=party.workspace_id)
    return {}


def _addressed(party: Party) -> dict[str, Any]:
    """The address of one."""
    _installed(party)
    url = party.person.post(PATH, {}, workspace_id=party.workspace_id).data["url"]
    return {"secret": url.rpartition("/")[2].removesuffix(".ics")}


REQUESTS: Mapping[str, Callable[[Party], dict[str, Any]]] = {
    "calendar_feed_get_calendar_feed": _made,
    "calendar_feed_make_calendar_feed": _installed,
    "calendar_feed_end_calendar_feed": _made,
    "calendar_feed_read_calendar_feed": _addressed,
}
"""Values by operation id; the contract suite and the walks find them here."""
