"""How tests make records and requests of this plugin that its document does not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from pronaflow_kernel.api import Scope, new_id
from pronaflow_kernel.testing import Party, Unsupplied

from .own_data.models import DONE, ErasureRequest


def _audit_log(party: Party) -> str:
    """The newest entry of the party's workspace."""
    found = party.person.get("/api/v1/audit-logs", workspace_id=party.workspace_id, page_size=1)
    return str(found.data[0]["id"])


def _data_export(party: Party) -> str:
    """A file with the party's data."""
    place = {"X-Workspace-Id": party.workspace_id}
    party.person.request("POST", "/api/v1/compliance/my-data/exports", headers=place)
    party.world.drain()
    return str(party.person.get("/api/v1/compliance/my-data/exports").data[0]["id"])


def _erasure(party: Party) -> str:
    """Somebody who was forgotten, as the party's administrator wanted."""
    values = {
        "user_id": new_id(),
        "asked_by": party.administrator.id,
        "status": DONE,
        "certificate": {"rows": []},
    }
    with party.world.kernel.db.write(Scope.system()) as uow:
        return str(uow.insert(ErasureRequest, {**values, "created_at": uow.now})["id"])


MAKERS: Mapping[str, Callable[[Party], str]] = {
    "audit_log": _audit_log,
    "data_export": _data_export,
    "erasure": _erasure,
}
"""By kind; the contract suite and the walks find them here."""

BESIDE: Mapping[str, None] = {"tasks": None}
"""Without records of others there is nothing to archive, and nothing to throw away."""


def _made(kind: str, party: Party) -> str | None:
    """A new record of the caller's; None where their role lets them make none."""
    with suppress(Unsupplied):
        return party.makers.make(kind, party)
    return None


def _thrown_away(party: Party) -> dict[str, Any]:
    """A task of the caller's, another one each time: what lies in the trash is refused."""
    task = _made("task", party)
    return {"resource_type": "task", **({"resource_id": task} if task else {})}


def _archived(party: Party) -> dict[str, Any]:
    """A project of the caller's that is archived."""
    project = _made("project", party)
    if project is None:
        return {}
    party.person.post(f"/api/v1/archive/projects/{project}/archive", {"reason": party.mark})
    return {"project_id": project}


def _archived_beside(party: Party) -> dict[str, Any]:
    """Something to list; the request names nothing."""
    _archived(party)
    return {}


def _thrown_away_item(party: Party) -> dict[str, Any]:
    """Something of the caller's in the trash."""
    item = _made("trash_item", party)
    return {"trash_item_id": item} if item else {}


def _january(party: Party) -> dict[str, Any]:
    """A month."""
    return {"start_date": "2026-01-01", "end_date": "2026-01-31"}


REQUESTS: Mapping[str, Callable[[Party], dict[str, Any]]] = {
    "archiving_move_to_trash": _thrown_away,
    "archiving_restore_trash_item": _thrown_away_item,
    "archiving_unarchive_project": _archived,
    "archiving_list_archive_history_of_project": _archived,
    "archiving_list_archived_projects": _archived_beside,
    "archiving_export_compliance": _january,
}
"""Values by operation id."""

REFUSED: Mapping[str, int] = dict.fromkeys(
    (
        "archiving_list_erasures",
        "archiving_get_erasure",
        "archiving_download_certificate",
        "archiving_erase_user",
    ),
    403,
)
"""Only administrators of the system may do these, and who walks is none."""
