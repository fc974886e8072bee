"""Task lists, tasks, comments, tags and counters."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import FullText, IdType, Json, UtcDateTime

revision = "0001"
down_revision = None

DUE = sa.text("coalesce(due_date, '9999-12-31')")
_ACTIVE = sa.text("lifecycle = 'active'")
LISTED: dict[str, Any] = {"sqlite_where": _ACTIVE, "postgresql_where": _ACTIVE}


def upgrade() -> None:
    op.create_table(
        "tasks__counter",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("project_id", IdType(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("last_position", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("completed", sa.Integer(), nullable=False),
        sa.Column("cancelled", sa.Integer(), nullable=False),
        sa.Column("default_list_id", IdType(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "project_id"],
            ["projects__project.workspace_id", "projects__project.id"],
            name="fk_tasks__counter_workspace_id_project_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "project_id", name="pk_tasks__counter"),
    )
    op.create_table(
        "tasks__list",
        sa.Column("project_id", IdType(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_archived", sa.Boolean(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("lifecycle", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "project_id"],
            ["projects__project.workspace_id", "projects__project.id"],
            name="fk_tasks__list_workspace_id_project_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tasks__list"),
        sa.UniqueConstraint("workspace_id", "id", name="uq_tasks__list_workspace_id_id"),
    )
    op.create_index("ix_tasks__list_project", "tasks__list", ["workspace_id", "project_id", "position", "id"])
    op.create_table(
        "tasks__tag",
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("name_norm", sa.String(length=150), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name="fk_tasks__tag_workspace_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tasks__tag"),
        sa.UniqueConstraint("workspace_id", "id", name="uq_tasks__tag_workspace_id_id"),
        sa.UniqueConstraint("workspace_id", "name_norm", name="uq_tasks__tag_workspace_id_name_norm"),
    )
    op.create_table(
        "tasks__task",
        sa.Column("project_id", IdType(), nullable=False),
        sa.Column("task_list_id", IdType(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("assigned_to", IdType(), nullable=True),
        sa.Column("created_by", IdType(), nullable=True),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("completed_at", UtcDateTime(), nullable=True),
        sa.Column("estimated_hours", sa.Numeric(precision=8, scale=2, asdecimal=False), nullable=True),
        sa.Column("actual_hours", sa.Numeric(precision=8, scale=2, asdecimal=False), nullable=False),
        sa.Column("story_points", sa.Numeric(precision=6, scale=1, asdecimal=False), nullable=True),
        sa.Column("is_milestone", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("lifecycle", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "project_id"],
            ["projects__project.workspace_id", "projects__project.id"],
            name="fk_tasks__task_workspace_id_project_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "task_list_id"],
            ["tasks__list.workspace_id", "tasks__list.id"],
            name="fk_tasks__task_workspace_id_task_list_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tasks__task"),
        sa.UniqueConstraint("workspace_id", "id", name="uq_tasks__task_workspace_id_id"),
        sa.UniqueConstraint("workspace_id", "key", name="uq_tasks__task_workspace_id_key"),
        sa.UniqueConstraint(
            "workspace_id", "project_id", "number", name="uq_tasks__task_workspace_id_project_id_number"
        ),
    )
    op.create_index(
        "ix_tasks__task_assignee",
        "tasks__task",
        ["workspace_id", "assigned_to", "created_at", "id"],
        **LISTED,
    )
    op.create_index(
        "ix_tasks__task_list_created",
        "tasks__task",
        ["workspace_id", "task_list_id", "created_at", "id"],
        **LISTED,
    )
    op.create_index("ix_tasks__task_list", "tasks__task", ["workspace_id", "task_list_id", "position"])
    op.create_index(
        "ix_tasks__task_project", "tasks__task", ["workspace_id", "project_id", "created_at", "id"], **LISTED
    )
    op.create_index(
        "ix_tasks__task_project_status",
        "tasks__task",
        ["workspace_id", "project_id", "status", "created_at", "id"],
        **LISTED,
    )
    op.create_index("ix_tasks__task_workspace", "tasks__task", ["workspace_id", "created_at", "id"], **LISTED)
    op.create_index(
        "ix_tasks__task_project_due", "tasks__task", ["workspace_id", "project_id", DUE, "id"], **LISTED
    )
    op.create_index("ix_tasks__task_workspace_due", "tasks__task", ["workspace_id", DUE, "id"], **LISTED)
    op.create_table(
        "tasks__comment",
        sa.Column("project_id", IdType(), nullable=False),
        sa.Column("task_id", IdType(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("author_id", IdType(), nullable=True),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.Column("edit_count", sa.Integer(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("deleted_by", IdType(), nullable=True),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "task_id"],
            ["tasks__task.workspace_id", "tasks__task.id"],
            name="fk_tasks__comment_workspace_id_task_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tasks__comment"),
        sa.UniqueConstraint("workspace_id", "id", name="uq_tasks__comment_workspace_id_id"),
    )
    op.create_index(
        "ix_tasks__comment_task", "tasks__comment", ["workspace_id", "task_id", "created_at", "id"]
    )
    op.create_table(
        "tasks__external",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("source", sa.String(length=50), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("task_id", IdType(), nullable=False),
        sa.Column("data", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks__task.id"], name="fk_tasks__external_task_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "source", "external_id", name="pk_tasks__external"),
    )
    op.create_index("ix_tasks__external_task_id", "tasks__external", ["task_id"])
    op.create_table(
        "tasks__task_tag",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("task_id", IdType(), nullable=False),
        sa.Column("tag_id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "tag_id"],
            ["tasks__tag.workspace_id", "tasks__tag.id"],
            name="fk_tasks__task_tag_workspace_id_tag_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "task_id"],
            ["tasks__task.workspace_id", "tasks__task.id"],
            name="fk_tasks__task_tag_workspace_id_task_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "task_id", "tag_id", name="pk_tasks__task_tag"),
    )
    op.create_index("ix_tasks__task_tag_tag", "tasks__task_tag", ["workspace_id", "tag_id", "task_id"])
    op.create_table(
        "tasks__comment_history",
        sa.Column("comment_id", IdType(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("replaced_at", UtcDateTime(), nullable=False),
        sa.Column("replaced_by", IdType(), nullable=True),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "comment_id"],
            ["tasks__comment.workspace_id", "tasks__comment.id"],
            name="fk_tasks__comment_history_workspace_id_comment_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tasks__comment_history"),
    )
    op.create_index(
        "ix_tasks__comment_history_comment",
        "tasks__comment_history",
        ["workspace_id", "comment_id", "replaced_at"],
    )
    FullText("tasks__search", sa.MetaData(), of="tasks__task").create(op)


def downgrade() -> None:
    FullText("tasks__search", sa.MetaData(), of="tasks__task").drop(op)
    op.drop_table("tasks__comment_history")
    op.drop_table("tasks__task_tag")
    op.drop_table("tasks__external")
    op.drop_table("tasks__comment")
    op.drop_table("tasks__task")
    op.drop_table("tasks__tag")
    op.drop_table("tasks__list")
    op.drop_table("tasks__counter")
