"""What the history of a project shows."""

from __future__ import annotations

from marshmallow import fields

from pronaflow_kernel.api import Id, LedgerEntryOut, Timestamp


class StatusMoveOut(LedgerEntryOut):
    """A move of a project in its life cycle."""

    class Meta:
        fields = ("id", "old_status", "new_status", "reason", "actor_kind", "actor", "changed_at")

    id = Id()
    old_status = fields.String(allow_none=True)
    new_status = fields.String()
    reason = fields.String(allow_none=True, metadata={"description": "Why it was cancelled"})
    changed_at = Timestamp(attribute="occurred_at")
