"""Stickers and keys."""

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, UtcDateTime

revision, down_revision = "0001", None


def upgrade() -> None:
    op.create_table(
        "stickers__sticker",
        sa.Column("task_id", IdType(), sa.ForeignKey("tasks__task.id", ondelete="CASCADE"), nullable=False),
        sa.Column("project_id", IdType(), nullable=False),
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("text", sa.String(200), nullable=False),
        sa.Column("id", IdType(), primary_key=True),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("lifecycle", sa.String(10), nullable=False),
    )
    op.create_table(
        "stickers__key",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("user_id", IdType(), sa.ForeignKey("core__user.id", ondelete="CASCADE"), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("stickers__key")
    op.drop_table("stickers__sticker")
