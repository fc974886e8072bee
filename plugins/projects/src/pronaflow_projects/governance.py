"""What strict mode asks of a project (modules.md 3.5).

While a project is not started it is being planned, and its managers plan freely. Once it is, its dates and
its lists are what was agreed on: they change through an approved change request alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import Conflict, Row

STRICT = "strict"

AGREED = ("start_date", "end_date")
"""Fields of a project that are agreed on."""


def is_agreed(mode: str, status: str) -> bool:
    """Whether what was planned changes through change requests alone.

    Arguments:
        mode, status: of the project.
    """
    return mode == STRICT and status != "not_started"


def check_direct(project: Row, changes: Mapping[str, Any]) -> None:
    """Refuse to change by hand what was agreed on.

    Raises:
        Conflict: as said; `details.fields` names what a change request must ask for.
    """
    if not is_agreed(project["governance_mode"], project["status"]):
        return
    fields = [name for name in AGREED if name in changes and changes[name] != project[name]]
    if fields:
        raise Conflict(
            "In strict mode the dates of a started project change through a change request",
            details={"field": fields[0], "fields": fields, "governance_mode": STRICT},
        )
