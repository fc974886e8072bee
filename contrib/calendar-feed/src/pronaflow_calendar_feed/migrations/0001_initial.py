"""The first table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, UtcDateTime

revision = "0001"
down_revision = None

TABLE = "calendar_feed__feed"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_calendar_feed__feed_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name=op.f("fk_calendar_feed__feed_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed__feed")),
        sa.UniqueConstraint(
            "workspace_id", "user_id", name=op.f("uq_calendar_feed__feed_workspace_id_user_id")
        ),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_calendar_feed__feed_secret_hash")),
    )
    op.create_index(op.f("ix_calendar_feed__feed_user_id"), TABLE, ["user_id"])


def downgrade() -> None:
    op.drop_table(TABLE)
