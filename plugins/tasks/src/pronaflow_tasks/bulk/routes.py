"""Many changes of tasks over HTTP."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Blueprint, Row, UnitOfWork, in_body

from .schemas import MOST, BulkIn, BulkOut
from .service import BulkService

BODY_LIMIT = 8 * 1024 * 1024
"""Bytes (architecture.md 5, 13)."""


def add_bulk(blp: Blueprint, service: BulkService) -> None:
    """Add the route."""

    @blp.endpoint(
        "POST",
        "/bulk",
        permission="tasks.bulk",
        target=in_body(("project", "project_id"), required=False),
        body=BulkIn,
        returns=BulkOut,
        body_limit=BODY_LIMIT,
        max_items=MOST,
    )
    def change_many_tasks(uow: UnitOfWork, body: Any) -> Row:
        """Create, change, move, delete or restore up to 1,000 tasks of one workspace.

        Every task is treated as if it were sent alone, by the same rules and with the same events, in one
        transaction. One that fails does not hold up the others, unless all of it is `atomic`: the answer
        tells what became of each.
        """
        return service.run(uow, body)
