"""Projects and their members."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, Json, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "projects__project",
        sa.Column("key", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("name_folded", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("project_type", sa.String(length=50), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("priority", sa.String(length=10), nullable=False),
        sa.Column("risk_level", sa.String(length=10), nullable=True),
        sa.Column("visibility", sa.String(length=10), nullable=False),
        sa.Column("governance_mode", sa.String(length=10), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("completion_date", sa.Date(), nullable=True),
        sa.Column("cancellation_reason", sa.Text(), nullable=True),
        sa.Column("budget", sa.Numeric(precision=14, scale=2, asdecimal=False), nullable=True),
        sa.Column("hourly_rate", sa.Numeric(precision=9, scale=2, asdecimal=False), nullable=True),
        sa.Column("health_override", sa.String(length=10), nullable=True),
        sa.Column("health_override_reason", sa.Text(), nullable=True),
        sa.Column("owner_id", IdType(), nullable=False),
        sa.Column("settings", Json(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("lifecycle", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["core__user.id"], name=op.f("fk_projects__project_owner_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_projects__project_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects__project")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_projects__project_workspace_id_id")),
        sa.UniqueConstraint("workspace_id", "key", name=op.f("uq_projects__project_workspace_id_key")),
    )
    op.create_index(
        "ix_projects__project_list",
        "projects__project",
        ["workspace_id", "lifecycle", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "projects__private_access",
        sa.Column("project_id", IdType(), nullable=False),
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["core__user.id"],
            name=op.f("fk_projects__private_access_user_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "project_id"],
            ["projects__project.workspace_id", "projects__project.id"],
            name=op.f("fk_projects__private_access_workspace_id_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "user_id", name=op.f("pk_projects__private_access")),
    )
    op.create_table(
        "projects__template",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_folded", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("structure", Json(), nullable=False),
        sa.Column("source_project_id", IdType(), nullable=True),
        sa.Column("created_by", IdType(), nullable=True),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_projects__template_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects__template")),
    )
    op.create_index(
        "ix_projects__template_list",
        "projects__template",
        ["workspace_id", "name_folded", "id"],
        unique=False,
    )
    op.create_table(
        "projects__member",
        sa.Column("project_id", IdType(), nullable=False),
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("is_approver", sa.Boolean(), nullable=False),
        sa.Column("joined_at", UtcDateTime(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name=op.f("fk_projects__member_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "project_id"],
            ["projects__project.workspace_id", "projects__project.id"],
            name=op.f("fk_projects__member_workspace_id_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "user_id", name=op.f("pk_projects__member")),
    )
    op.create_index("ix_projects__member_user", "projects__member", ["workspace_id", "user_id"], unique=False)
    op.create_table(
        "projects__project_tag",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("project_id", IdType(), nullable=False),
        sa.Column("tag_id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "project_id"],
            ["projects__project.workspace_id", "projects__project.id"],
            name=op.f("fk_projects__project_tag_workspace_id_project_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "tag_id"],
            ["workspaces__tag.workspace_id", "workspaces__tag.id"],
            name=op.f("fk_projects__project_tag_workspace_id_tag_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "project_id", "tag_id", name=op.f("pk_projects__project_tag")
        ),
    )
    op.create_index(
        "ix_projects__project_tag_tag",
        "projects__project_tag",
        ["workspace_id", "tag_id", "project_id"],
        unique=False,
    )
    op.create_table(
        "projects__change_request",
        sa.Column("project_id", IdType(), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("impact_analysis", sa.Text(), nullable=True),
        sa.Column("requested_changes", Json(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("created_by", IdType(), nullable=True),
        sa.Column("reviewer_id", IdType(), nullable=True),
        sa.Column("reviewer_notes", sa.Text(), nullable=True),
        sa.Column("reviewed_at", UtcDateTime(), nullable=True),
        sa.Column("implemented_at", UtcDateTime(), nullable=True),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "project_id"],
            ["projects__project.workspace_id", "projects__project.id"],
            name=op.f("fk_projects__change_request_workspace_id_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects__change_request")),
    )
    op.create_index(
        "ix_projects__change_request_list",
        "projects__change_request",
        ["workspace_id", "project_id", "created_at", "id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("ix_projects__project_tag_tag", table_name="projects__project_tag")
    op.drop_table("projects__project_tag")
    op.drop_index("ix_projects__change_request_list", table_name="projects__change_request")
    op.drop_table("projects__change_request")
    op.drop_index("ix_projects__member_user", table_name="projects__member")
    op.drop_table("projects__member")
    op.drop_index("ix_projects__template_list", table_name="projects__template")
    op.drop_table("projects__template")
    op.drop_table("projects__private_access")
    op.drop_index("ix_projects__project_list", table_name="projects__project")
    op.drop_table("projects__project")
