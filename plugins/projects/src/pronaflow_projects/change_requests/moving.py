"""Moves of change requests, and their end when a project leaves strict mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import Row, UnitOfWork

from .events import MOVED, payload_of
from .machine import check_move
from .models import ChangeRequest
from .queries import PENDING


def move(uow: UnitOfWork, request: Row, wanted: str, values: Mapping[str, Any] | None = None) -> Row:
    """Move a request and tell of it; the answer is the row as it is now.

    Arguments:
        values: what the move writes beside the status.

    Raises:
        InvalidRequest: the machine has no such move.
    """
    check_move(request, wanted)
    update = uow.update(ChangeRequest, request, {"status": wanted, **(values or {})})
    only = {"status": update.changes["status"]}
    payload = payload_of(update.row)
    uow.publish(MOVED[wanted], request["id"], payload, changes=only, container_id=request["project_id"])
    return update.row


def cancel_pending(uow: UnitOfWork, project_id: str) -> None:
    """Cancel what nobody has decided on: in simple mode nobody needs to be asked (modules.md 3.5)."""
    for request in uow.all(PENDING, project_id=project_id):
        move(uow, request, "cancelled")
