"""How tests make records and requests of this plugin that its document does not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pronaflow_kernel.testing import Party, mailed_token


def _invited(party: Party) -> dict[str, Any]:
    """The token of an invitation that somebody else mails to the caller."""
    host = Party(party.world, party.makers, party.mark, name=party.name)
    host.create("workspaces_invite", email=party.person.email)
    return {"token": mailed_token(party, party.person.email)}


def _visitor(party: Party) -> dict[str, Any]:
    """The caller has been in a workspace."""
    party.create("workspaces_record_access", workspace_id=party.workspace_id)
    return {}


REQUESTS: Mapping[str, Callable[[Party], dict[str, Any]]] = {
    "workspaces_open_invitation": _invited,
    "workspaces_accept_invitation": _invited,
    "workspaces_decline_invitation": _invited,
    "workspaces_get_last_accessed": _visitor,
}
"""Values by operation id."""
