"""How long what is kept: rules of the server and of plugins, and what a workspace decides for itself."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel.api import Context, Reader, Row, UnitOfWork

from . import queries
from .events import RETENTION_UPDATED
from .models import RetentionRule

CORE = (
    {"kind": "sessions", "summary": "Sessions that have ended, with the address they came from", "days": 90},
    {"kind": "jobs", "summary": "How a job ended that somebody waited for", "days": 7},
    {"kind": "unused_files", "summary": "Files that nothing refers to any more", "days": 1},
    {"kind": "events", "summary": "The audit log, in the database or in cold storage", "days": None},
)
OWN = {"kind": "data_exports", "summary": "Files with all that is held of a person", "days": 1}


class Retention:
    """Shows and changes it.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def get(self, reader: Reader) -> Row:
        """What holds in the workspace."""
        return self._shown(reader, reader.one(queries.RULE))

    def change(self, uow: UnitOfWork, values: Row) -> Row:
        """Decide; what equals the present changes nothing."""
        row = uow.one(queries.RULE)
        before = None if row is None else row["cold_after_days"]
        if values["cold_after_days"] == before:
            return self._shown(uow, row)
        row = uow.insert(RetentionRule, values) if row is None else uow.update(RetentionRule, row, values).row
        changes = {"cold_after_days": {"old": before, "new": row["cold_after_days"]}}
        payload = {"workspace_id": row["workspace_id"], "cold_after_days": row["cold_after_days"]}
        uow.publish(RETENTION_UPDATED, row["workspace_id"], payload, changes=changes)
        return self._shown(uow, row)

    def _shown(self, reader: Reader, row: Row | None) -> Row:
        rules = [{"plugin_id": "core", **rule} for rule in CORE]
        rules.append({"plugin_id": self._ctx.plugin_id, **OWN})
        for plugin_id, provided in self._ctx.hooks.ask("provide_retention"):
            rules += [_rule(plugin_id, rule) for rule in provided]
        return {
            "workspace_id": reader.scope.workspace_id,
            "cold_after_days": None if row is None else row["cold_after_days"],
            "updated_at": None if row is None else row["updated_at"],
            "rules": rules,
        }


def _rule(plugin_id: str, rule: Any) -> dict[str, Any]:
    return {"plugin_id": plugin_id, **{name: rule.get(name) for name in ("kind", "summary", "days")}}
