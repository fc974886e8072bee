"""Invitations, settings and tags."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, Json, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "workspaces__invitation",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_norm", sa.String(length=320), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("invited_by", IdType(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invited_by"],
            ["core__user.id"],
            name=op.f("fk_workspaces__invitation_invited_by"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_workspaces__invitation_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspaces__invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_workspaces__invitation_token_hash")),
    )
    op.create_index(
        "ix_workspaces__invitation_list",
        "workspaces__invitation",
        ["workspace_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_workspaces__invitation_pending",
        "workspaces__invitation",
        ["workspace_id", "email_norm"],
        unique=True,
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )

    op.create_table(
        "workspaces__settings",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("data", Json(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_workspaces__settings_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_workspaces__settings")),
    )

    op.create_table(
        "workspaces__tag",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("name_norm", sa.String(length=150), nullable=False),
        sa.Column("color", sa.String(length=7), nullable=True),
        sa.Column("entity_type_limit", sa.String(length=10), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_workspaces__tag_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspaces__tag")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_workspaces__tag_workspace_id_id")),
        sa.UniqueConstraint(
            "workspace_id", "name_norm", name=op.f("uq_workspaces__tag_workspace_id_name_norm")
        ),
    )


def downgrade() -> None:
    op.drop_table("workspaces__tag")
    op.drop_table("workspaces__settings")
    op.drop_index("uq_workspaces__invitation_pending", table_name="workspaces__invitation")
    op.drop_index("ix_workspaces__invitation_list", table_name="workspaces__invitation")
    op.drop_table("workspaces__invitation")
