"""What happened in a project, read from the ledger.

Every change writes there anyway: there is no second table that could tell something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import Context, Page, Reader, Row

from ..events import PROJECT_STATUS_CHANGED
from ..schemas import MONEY


class ActivityService:
    """The feed of a project and the history of its status.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def page(self, reader: Reader, project_id: str, query: Mapping[str, Any]) -> Page:
        """What happened in a project; of money only to those who may see it."""
        page = self._ctx.ledger.in_container(reader, project_id, query, public=True)
        if not self._ctx.access.may(reader, "projects.money", container_id=project_id):
            for row in page.rows:
                _without_money(row)
        return page

    def moves(self, reader: Reader, project_id: str, query: Mapping[str, Any]) -> Page:
        """How a project moved in its life cycle."""
        moved = {**query, "type": PROJECT_STATUS_CHANGED.name}
        page = self._ctx.ledger.about(reader, PROJECT_STATUS_CHANGED.aggregate, project_id, moved)
        for row in page.rows:
            changes = row["changes"]
            row["old_status"], row["new_status"] = changes["status"]["old"], changes["status"]["new"]
            row["reason"] = changes.get("cancellation_reason", {}).get("new")
        return page


def _without_money(row: Row) -> None:
    if row["changes"] is not None:
        row["changes"] = {name: change for name, change in row["changes"].items() if name not in MONEY}
