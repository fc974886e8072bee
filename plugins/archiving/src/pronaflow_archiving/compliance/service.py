"""Compliance reports: what is counted, for whom, and that it was taken out (modules.md 8.12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pronaflow_kernel.api import Context, Download, Forbidden, Reader, Row

from ..audit.service import MANAGERS
from ..spans import check_span
from . import queries, report
from .events import COMPLIANCE_EXPORTED
from .files import as_csv, as_pdf

MOST = timedelta(days=366)
"""The longest span of a report."""


class Compliance:
    """Makes reports.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def export(self, reader: Reader, query: Mapping[str, Any]) -> Row | Download:
        """A report of the workspace of the scope, or without one of all that the caller runs.

        Raises:
            Forbidden: the caller runs none of them.
            ValidationFailed: the span is reversed, or longer than `MOST`.
        """
        check_span(query["start"], query["end"], MOST)
        covered = self._covered(reader)
        made = self._report(reader, covered, query)
        self._record(reader, covered, query["format"])
        if query["format"] == "json":
            return made
        return as_csv(made) if query["format"] == "csv" else as_pdf(made)

    def _covered(self, reader: Reader) -> list[Row]:
        here = reader.scope.workspace_id
        covered = [row for row in reader.all(queries.MANAGED) if here in (None, row["id"])]
        if not covered or (here is not None and reader.scope.workspace_role not in MANAGERS):
            raise Forbidden("Only owners and admins of a workspace take out its compliance report")
        return covered

    def _report(self, reader: Reader, covered: list[Row], query: Mapping[str, Any]) -> Row:
        span = {"start": query["start"], "end": query["end"]}
        scope = reader.scope
        totals: list[Row] = []
        subjects: list[Row] = []
        in_trash: list[Row] = []
        archived: list[Row] = []
        for place in covered:
            here = {"workspace_id": place["id"], "workspace_role": place["role"], "container_roles": {}}
            reader.enter(replace(scope, **here))
            totals += self._ctx.audit.totals(reader, **span)
            subjects += self._ctx.audit.of_members(reader, tuple(report.MEMBERS), **span)
            in_trash += reader.all(queries.IN_TRASH, **span)
            archived += reader.all(queries.ARCHIVED, **span)
        reader.enter(scope)
        ids = sorted({row["user_id"] for row in totals if row["user_id"] is not None})
        names = {row["id"]: row["username"] for row in reader.all(queries.NAMES, ids=ids)} if ids else {}
        return {
            "period": {"start_date": query["start"], "end_date": query["end"]},
            "generated_at": reader.clock.now(),
            "generated_by": scope.principal.user_id,
            "workspaces": covered,
            "audit": report.audit_part(totals, names),
            **report.subject_parts(_once(subjects)),
            "retention": report.retention_part(totals),
            "lifecycle": report.lifecycle_part(totals, in_trash, archived),
        }

    def _record(self, reader: Reader, covered: list[Row], format: str) -> None:
        """Write it into the log of each workspace that it tells of."""
        user_id = str(reader.scope.principal.user_id)
        for place in covered:
            here = {"workspace_id": place["id"], "workspace_role": place["role"], "container_roles": {}}
            with self._ctx.db.write(replace(reader.scope, **here)) as uow:
                uow.publish(COMPLIANCE_EXPORTED, user_id, {"user_id": user_id, "format": format})


def _once(subjects: list[Row]) -> list[Row]:
    """What happened to members, each event once, although somebody is a member of several workspaces."""
    events = {row["id"]: row["action"] for row in subjects}
    return [{"action": action, "count": 1} for action in events.values()]
