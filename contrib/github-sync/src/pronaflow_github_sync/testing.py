"""How tests make requests of this plugin that its document does not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pronaflow_kernel.testing import Party


def _installed(party: Party) -> dict[str, Any]:
    """In a workspace that has the plugin."""
    party.world.kernel.switches.set("github_sync", True, party.workspace_id)
    return {"repository": "octocat/hello-world"}


def _linked(party: Party) -> dict[str, Any]:
    """A project that is linked."""
    body = _installed(party)
    project_id = party.id_of("project")
    party.person.put(f"/api/v1/github-sync/{project_id}", body)
    return {"project_id": project_id}


REQUESTS: Mapping[str, Callable[[Party], dict[str, Any]]] = {
    "github_sync_link_github_repository": _installed,
    "github_sync_get_github_link": _linked,
    "github_sync_unlink_github_repository": _linked,
    "github_sync_sync_github_repository": _linked,
}
"""Values by operation id; the contract suite and the walks find them here."""
