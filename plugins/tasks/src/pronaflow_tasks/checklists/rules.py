"""What a change of an item means, without a database (modules.md 4.4, rule 1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pronaflow_kernel.api import Row, invalid

MOST = 200
"""How many items one task may have."""


def with_status(item: Row | None, changes: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Changes in which `status`, `is_completed` and `completed_at` say the same; the second is no column.

    Arguments:
        item: as it is; None for a new one.

    Raises:
        ValidationFailed: `status` and `is_completed` contradict one another.
    """
    found = dict(changes)
    ticked = found.pop("is_completed", None)
    old = item["status"] if item else "todo"
    status = found.get("status", old)
    if ticked is not None and "status" not in found and ticked != (status == "completed"):
        status = found["status"] = "completed" if ticked else "todo"
    if ticked is not None and ticked != (status == "completed"):
        raise invalid("is_completed", f"Contradicts the status {status}.", "contradiction")
    if status != old:
        found["completed_at"] = now if status == "completed" else None
    return found
