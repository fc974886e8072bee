"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, Json, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "archiving__policy",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("inactive_days", sa.Integer(), nullable=False),
        sa.Column("trash_retention_days", sa.Integer(), nullable=False),
        sa.Column("auto_purge_enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_archiving__policy_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_archiving__policy")),
    )
    op.create_table(
        "archiving__data_export",
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("file_key", sa.String(length=32), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name=op.f("fk_archiving__data_export_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["file_key"],
            ["core__kept_file.key"],
            name=op.f("fk_archiving__data_export_file_key"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archiving__data_export")),
    )
    op.create_index("ix_archiving__data_export_expires", "archiving__data_export", ["expires_at"])
    op.create_index("ix_archiving__data_export_user", "archiving__data_export", ["user_id", "created_at"])
    op.create_table(
        "archiving__erasure",
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("asked_by", IdType(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("certificate", Json(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archiving__erasure")),
    )
    op.create_index("ix_archiving__erasure_asked_by", "archiving__erasure", ["asked_by", "created_at"])
    op.create_table(
        "archiving__retention",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("cold_after_days", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_archiving__retention_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_archiving__retention")),
    )
    op.create_table(
        "archiving__cold_file",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("file_key", sa.String(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_archiving__cold_file_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["file_key"],
            ["core__kept_file.key"],
            name=op.f("fk_archiving__cold_file_file_key"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archiving__cold_file")),
    )
    op.create_index(
        "ix_archiving__cold_file_workspace", "archiving__cold_file", ["workspace_id", "last_at", "id"]
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("archiving__cold_file")
    op.drop_table("archiving__retention")
    op.drop_table("archiving__erasure")
    op.drop_table("archiving__data_export")
    op.drop_table("archiving__policy")
