"""Saved views."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, Json, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "personalization__saved_view",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("container_id", IdType(), nullable=True),
        sa.Column("resource", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("filters", Json(), nullable=False),
        sa.Column("sort", Json(), nullable=False),
        sa.Column("columns", Json(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["core__user.id"],
            name=op.f("fk_personalization__saved_view_user_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_personalization__saved_view_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personalization__saved_view")),
    )
    op.create_index(
        "ix_personalization__saved_view_list",
        "personalization__saved_view",
        ["workspace_id", "resource", "position"],
        unique=False,
    )
    op.create_index(
        "ix_personalization__saved_view_user_id", "personalization__saved_view", ["user_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_personalization__saved_view_user_id", table_name="personalization__saved_view")
    op.drop_index("ix_personalization__saved_view_list", table_name="personalization__saved_view")
    op.drop_table("personalization__saved_view")
