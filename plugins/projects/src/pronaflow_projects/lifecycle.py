"""The status machine of a project (modules.md 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import Conflict, InvalidRequest, Row, invalid

from .governance import STRICT

STATUSES = ("not_started", "active", "in_review", "on_hold", "completed", "cancelled")
ALIASES = {
    "planning": "not_started",
    "in_progress": "active",
    "review": "in_review",
    "hold": "on_hold",
    "paused": "on_hold",
    "done": "completed",
    "canceled": "cancelled",
}
INITIAL = ("not_started", "active")
"""What a project can be created as."""

WRITABLE = frozenset({"not_started", "active", "in_review"})
"""Statuses in which the content of a project may change (modules.md 4.4 rule 10)."""

MOVES: Mapping[str, frozenset[str]] = {
    "not_started": frozenset({"active", "on_hold", "cancelled"}),
    "active": frozenset({"in_review", "on_hold", "completed", "cancelled"}),
    "on_hold": frozenset({"active", "cancelled"}),
    "in_review": frozenset({"completed", "active", "cancelled"}),
    "completed": frozenset({"active"}),
    "cancelled": frozenset({"active"}),
}
_STRICT_BARS = {("active", "completed")}
"""Moves that strict mode does not know: it completes only what was reviewed."""

TRACES = {"completion_date": "completed", "cancellation_reason": "cancelled"}
"""What a move leaves behind, and the status that it leads to."""


def first(mode: str | None) -> str:
    """The status of a new project that names none: in strict mode it is planned before it starts."""
    return "not_started" if mode == STRICT else "active"


def allowed(project: Row) -> list[str]:
    """Statuses that a project can move to now."""
    moves = MOVES[project["status"]]
    if project["governance_mode"] == STRICT:
        moves = moves - {to for start, to in _STRICT_BARS if start == project["status"]}
    return sorted(moves)


def move(project: Row, body: Mapping[str, Any], today: Any) -> Row:
    """The changes that a wanted status brings; empty where the project stands there already.

    Arguments:
        body: with `status`, and optionally `completion_date` and `cancellation_reason`.
        today: completion date unless one is given.

    Raises:
        InvalidRequest: the machine has no such move; `details.allowed` lists those it has.
        ValidationFailed: a cancellation without a reason.
    """
    wanted = body["status"]
    if wanted == project["status"]:
        return {}
    choices = allowed(project)
    if wanted not in choices:
        raise InvalidRequest(
            f"A project cannot go from {project['status']} to {wanted}",
            details={"field": "status", "from": project["status"], "allowed": choices},
        )
    reason = body.get("cancellation_reason")
    if wanted == "cancelled" and not reason:
        raise invalid("cancellation_reason", "Say why the project is cancelled.", "required")
    return {
        "status": wanted,
        "completion_date": (body.get("completion_date") or today) if wanted == "completed" else None,
        "cancellation_reason": reason if wanted == "cancelled" else None,
    }


def check_traces(project: Row, body: Mapping[str, Any], moved: Row) -> None:
    """Refuse to write traces by hand, other than those that the project has already.

    Arguments:
        body: the patch; moved: from `move`, empty where nothing moves.

    Raises:
        ValidationFailed: it does.
    """
    after = {**project, **moved}
    for name, status in TRACES.items():
        if moved.get("status") != status and body.get(name, after[name]) != after[name]:
            raise invalid(name, f"Comes with the move to {status} only.")


def unarchived(project: Row) -> Row:
    """A project that is not archived: nobody changes one that is, or comes into it (security.md 2.8).

    Raises:
        Conflict: it is; `details.project_status` tells so.
    """
    if project["lifecycle"] == "archived":
        raise Conflict("The project is archived", details={"project_status": "archived"})
    return project


def writable(project: Row, *, on_hold: bool = False) -> Row:
    """A project that may change now.

    Arguments:
        on_hold: whether a project on hold counts as one.

    Raises:
        Conflict: it may not; `details.project_status` tells why.
    """
    status = "archived" if project["lifecycle"] == "archived" else project["status"]
    if status not in WRITABLE and not (on_hold and status == "on_hold"):
        raise Conflict(
            f"The project is {status.replace('_', ' ')}: reopen it first", details={"project_status": status}
        )
    return project
