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
        sa.Column("last_rank", sa.BigInteger(), nullable=False),
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
        sa.Column("actual_seconds", sa.Integer(), nullable=False),
        sa.Column("story_points", sa.Numeric(precision=6, scale=1, asdecimal=False), nullable=True),
        sa.Column("is_milestone", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("subtasks_count", sa.Integer(), nullable=False),
        sa.Column("subtasks_completed", sa.Integer(), nullable=False),
        sa.Column("recurrence_id", IdType(), nullable=True),
        sa.Column("occurrence_date", sa.Date(), nullable=True),
        sa.Column("rank", sa.BigInteger(), nullable=False),
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
            "workspace_id",
            "recurrence_id",
            "occurrence_date",
            name="uq_tasks__task_workspace_id_recurrence_id_occurrence_date",
        ),
        sa.UniqueConstraint(
            "workspace_id", "project_id", "number", name="uq_tasks__task_workspace_id_project_id_number"
        ),
    )
    op.create_index(
        "ix_tasks__task_list_created",
        "tasks__task",
        ["workspace_id", "task_list_id", "created_at", "id"],
        **LISTED,
    )
    op.create_index("ix_tasks__task_list", "tasks__task", ["workspace_id", "task_list_id", "rank", "id"])
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
        sa.Column("parent_comment_id", IdType(), nullable=True),
        sa.Column("mentions", Json(), nullable=False),
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
    op.create_index(
        "ix_tasks__comment_parent",
        "tasks__comment",
        ["workspace_id", "parent_comment_id", "created_at", "id"],
    )
    op.create_table(
        "tasks__assignee",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("task_id", IdType(), nullable=False),
        sa.Column("user_id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name="fk_tasks__assignee_user_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "task_id"],
            ["tasks__task.workspace_id", "tasks__task.id"],
            name="fk_tasks__assignee_workspace_id_task_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "task_id", "user_id", name="pk_tasks__assignee"),
    )
    op.create_index("ix_tasks__assignee_user", "tasks__assignee", ["workspace_id", "user_id", "task_id"])
    op.create_table(
        "tasks__watcher",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("task_id", IdType(), nullable=False),
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("is_watching", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name="fk_tasks__watcher_user_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "task_id"],
            ["tasks__task.workspace_id", "tasks__task.id"],
            name="fk_tasks__watcher_workspace_id_task_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "task_id", "user_id", name="pk_tasks__watcher"),
    )
    op.create_index("ix_tasks__watcher_user", "tasks__watcher", ["workspace_id", "user_id"])
    op.create_table(
        "tasks__subtask",
        sa.Column("project_id", IdType(), nullable=False),
        sa.Column("task_id", IdType(), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("assigned_to", IdType(), nullable=True),
        sa.Column("created_by", IdType(), nullable=True),
        sa.Column("completed_at", UtcDateTime(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "task_id"],
            ["tasks__task.workspace_id", "tasks__task.id"],
            name="fk_tasks__subtask_workspace_id_task_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tasks__subtask"),
        sa.UniqueConstraint("workspace_id", "id", name="uq_tasks__subtask_workspace_id_id"),
    )
    op.create_index("ix_tasks__subtask_task", "tasks__subtask", ["workspace_id", "task_id", "position", "id"])
    op.create_index("ix_tasks__subtask_assignee", "tasks__subtask", ["workspace_id", "assigned_to"])
    op.create_table(
        "tasks__file",
        sa.Column("project_id", IdType(), nullable=False),
        sa.Column("task_id", IdType(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("current", sa.Integer(), nullable=False),
        sa.Column("created_by", IdType(), nullable=True),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "task_id"],
            ["tasks__task.workspace_id", "tasks__task.id"],
            name="fk_tasks__file_workspace_id_task_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tasks__file"),
        sa.UniqueConstraint("workspace_id", "id", name="uq_tasks__file_workspace_id_id"),
        sa.UniqueConstraint(
            "workspace_id", "task_id", "name", name="uq_tasks__file_workspace_id_task_id_name"
        ),
    )
    op.create_table(
        "tasks__file_version",
        sa.Column("file_id", IdType(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_key", sa.String(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_by", IdType(), nullable=True),
        sa.Column("uploaded_at", UtcDateTime(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_key"],
            ["core__kept_file.key"],
            name="fk_tasks__file_version_file_key",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "file_id"],
            ["tasks__file.workspace_id", "tasks__file.id"],
            name="fk_tasks__file_version_workspace_id_file_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tasks__file_version"),
        sa.UniqueConstraint(
            "workspace_id", "file_id", "number", name="uq_tasks__file_version_workspace_id_file_id_number"
        ),
    )
    op.create_index("ix_tasks__file_version_key", "tasks__file_version", ["file_key"])
    op.create_table(
        "tasks__time_entry",
        sa.Column("project_id", IdType(), nullable=False),
        sa.Column("task_id", IdType(), nullable=False),
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("billable", sa.Boolean(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("was_cut", sa.Boolean(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "task_id"],
            ["tasks__task.workspace_id", "tasks__task.id"],
            name="fk_tasks__time_entry_workspace_id_task_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tasks__time_entry"),
        sa.UniqueConstraint("workspace_id", "id", name="uq_tasks__time_entry_workspace_id_id"),
    )
    for whose in ("task", "user", "project"):
        op.create_index(
            f"ix_tasks__time_entry_{whose}",
            "tasks__time_entry",
            ["workspace_id", f"{whose}_id", "date", "id"],
        )
    op.create_table(
        "tasks__timer",
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("task_id", IdType(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("billable", sa.Boolean(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name="fk_tasks__timer_user_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "task_id"],
            ["tasks__task.workspace_id", "tasks__task.id"],
            name="fk_tasks__timer_workspace_id_task_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tasks__timer"),
        sa.UniqueConstraint("workspace_id", "user_id", name="uq_tasks__timer_workspace_id_user_id"),
    )
    op.create_index("ix_tasks__timer_task", "tasks__timer", ["workspace_id", "task_id"])
    op.create_table(
        "tasks__time_day",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name="fk_tasks__time_day_workspace_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", "date", name="pk_tasks__time_day"),
    )
    op.create_table(
        "tasks__custom_field",
        sa.Column("project_id", IdType(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_norm", sa.String(length=300), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("options", Json(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("default_value", Json(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "project_id"],
            ["projects__project.workspace_id", "projects__project.id"],
            name="fk_tasks__custom_field_workspace_id_project_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tasks__custom_field"),
        sa.UniqueConstraint("workspace_id", "id", name="uq_tasks__custom_field_workspace_id_id"),
        sa.UniqueConstraint(
            "workspace_id",
            "project_id",
            "name_norm",
            name="uq_tasks__custom_field_workspace_id_project_id_name_norm",
        ),
    )
    op.create_table(
        "tasks__custom_value",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("task_id", IdType(), nullable=False),
        sa.Column("field_id", IdType(), nullable=False),
        sa.Column("choice", sa.String(length=36), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("text_key", sa.String(length=100), nullable=True),
        sa.Column("number", sa.Double(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "field_id"],
            ["tasks__custom_field.workspace_id", "tasks__custom_field.id"],
            name="fk_tasks__custom_value_workspace_id_field_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "task_id"],
            ["tasks__task.workspace_id", "tasks__task.id"],
            name="fk_tasks__custom_value_workspace_id_task_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "task_id", "field_id", "choice", name="pk_tasks__custom_value"
        ),
    )
    for kind in ("text_key", "number", "day"):
        op.create_index(
            f"ix_tasks__custom_value_{kind.removesuffix('_key')}",
            "tasks__custom_value",
            ["workspace_id", "field_id", kind, "task_id"],
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
            ["workspaces__tag.workspace_id", "workspaces__tag.id"],
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
    op.create_table(
        "tasks__graph",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name="fk_tasks__graph_workspace_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_tasks__graph"),
    )
    op.create_table(
        "tasks__recurrence",
        sa.Column("project_id", IdType(), nullable=False),
        sa.Column("task_id", IdType(), nullable=False),
        sa.Column("pattern", sa.String(length=10), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("weekdays", Json(), nullable=False),
        sa.Column("day_of_month", sa.Integer(), nullable=True),
        sa.Column("rrule", sa.String(length=200), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("template", Json(), nullable=False),
        sa.Column("created_by", IdType(), nullable=True),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "project_id"],
            ["projects__project.workspace_id", "projects__project.id"],
            name="fk_tasks__recurrence_workspace_id_project_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tasks__recurrence"),
    )
    op.create_index("ix_tasks__recurrence_due", "tasks__recurrence", ["next_at", "id"])
    op.create_index("ix_tasks__recurrence_task", "tasks__recurrence", ["workspace_id", "task_id"])
    op.create_table(
        "tasks__dependency",
        sa.Column("project_id", IdType(), nullable=False),
        sa.Column("task_id", IdType(), nullable=False),
        sa.Column("depends_on_task_id", IdType(), nullable=False),
        sa.Column("dependency_type", sa.String(length=2), nullable=False),
        sa.Column("lag_days", sa.Integer(), nullable=False),
        sa.Column("created_by", IdType(), nullable=True),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "task_id"],
            ["tasks__task.workspace_id", "tasks__task.id"],
            name="fk_tasks__dependency_workspace_id_task_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "depends_on_task_id"],
            ["tasks__task.workspace_id", "tasks__task.id"],
            name="fk_tasks__dependency_predecessor",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tasks__dependency"),
        sa.UniqueConstraint(
            "workspace_id",
            "task_id",
            "depends_on_task_id",
            name="uq_tasks__dependency_workspace_id_task_id_depends_on_task_id",
        ),
    )
    op.create_index(
        "ix_tasks__dependency_predecessor",
        "tasks__dependency",
        ["workspace_id", "depends_on_task_id", "task_id"],
    )
    op.create_index(
        "ix_tasks__dependency_project", "tasks__dependency", ["workspace_id", "project_id", "created_at"]
    )
    op.create_table(
        "tasks__reminder",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("task_id", IdType(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "task_id"],
            ["tasks__task.workspace_id", "tasks__task.id"],
            name="fk_tasks__reminder_workspace_id_task_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "task_id", "kind", "due_on", name="pk_tasks__reminder"),
    )
    FullText("tasks__search", sa.MetaData(), of="tasks__task").create(op)


def downgrade() -> None:
    FullText("tasks__search", sa.MetaData(), of="tasks__task").drop(op)
    op.drop_table("tasks__reminder")
    op.drop_table("tasks__dependency")
    op.drop_table("tasks__recurrence")
    op.drop_table("tasks__graph")
    op.drop_table("tasks__comment_history")
    op.drop_table("tasks__task_tag")
    op.drop_table("tasks__external")
    op.drop_table("tasks__time_day")
    op.drop_table("tasks__timer")
    op.drop_table("tasks__time_entry")
    op.drop_table("tasks__custom_value")
    op.drop_table("tasks__custom_field")
    op.drop_table("tasks__file_version")
    op.drop_table("tasks__file")
    op.drop_table("tasks__subtask")
    op.drop_table("tasks__watcher")
    op.drop_table("tasks__assignee")
    op.drop_table("tasks__comment")
    op.drop_table("tasks__task")
    op.drop_table("tasks__list")
    op.drop_table("tasks__counter")
