"""Notifications, counters and mutes, and what is on its way out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, Json, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """The tables of the core."""
    op.create_table(
        "notifications__counter",
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name=op.f("fk_notifications__counter_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_notifications__counter")),
    )
    op.create_table(
        "notifications__mute",
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=True),
        sa.Column("type", sa.String(length=60), nullable=True),
        sa.Column("channel", sa.String(length=60), nullable=True),
        sa.Column("container_id", IdType(), nullable=True),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name=op.f("fk_notifications__mute_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_notifications__mute_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications__mute")),
        sa.UniqueConstraint("user_id", "rule", name=op.f("uq_notifications__mute_user_id_rule")),
    )
    op.create_table(
        "notifications__notification",
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=True),
        sa.Column("container_id", IdType(), nullable=True),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("provider", sa.String(length=60), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("texts", Json(), nullable=False),
        sa.Column("action_url", sa.Text(), nullable=True),
        sa.Column("actor_id", IdType(), nullable=True),
        sa.Column("reasons", Json(), nullable=False),
        sa.Column("event_id", IdType(), nullable=False),
        sa.Column("about_id", IdType(), nullable=False),
        sa.Column("aggregated_count", sa.Integer(), nullable=False),
        sa.Column("priority", sa.String(length=6), nullable=False),
        sa.Column("preference", sa.String(length=60), nullable=True),
        sa.Column("critical", sa.Boolean(), nullable=False),
        sa.Column("in_app", sa.Boolean(), nullable=False),
        sa.Column("read", sa.Boolean(), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["core__user.id"],
            name=op.f("fk_notifications__notification_user_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_notifications__notification_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications__notification")),
        sa.UniqueConstraint(
            "user_id", "event_id", name=op.f("uq_notifications__notification_user_id_event_id")
        ),
    )
    op.create_index(
        "ix_notifications__notification_about",
        "notifications__notification",
        ["about_id", "user_id"],
        unique=False,
    )
    op.create_index(
        "ix_notifications__notification_age", "notifications__notification", ["created_at"], unique=False
    )
    op.create_index(
        "ix_notifications__notification_revision", "notifications__notification", ["user_id", "revision"]
    )
    op.create_index(
        "ix_notifications__notification_list",
        "notifications__notification",
        ["user_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_notifications__notification_unread",
        "notifications__notification",
        ["user_id", "created_at", "id"],
        unique=False,
        sqlite_where=sa.text("read = 0"),
        postgresql_where=sa.text("NOT read"),
    )
    op.create_index(
        "ix_notifications__notification_workspace",
        "notifications__notification",
        ["workspace_id", "user_id"],
        unique=False,
    )

    op.create_table(
        "notifications__merged",
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("event_id", IdType(), nullable=False),
        sa.Column("notification_id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications__notification.id"],
            name=op.f("fk_notifications__merged_notification_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name=op.f("fk_notifications__merged_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "event_id", name=op.f("pk_notifications__merged")),
    )
    op.create_index(
        "ix_notifications__merged_notification_id", "notifications__merged", ["notification_id"], unique=False
    )
    _delivery()


def _delivery() -> None:
    """What is on its way out."""
    op.create_table(
        "notifications__address",
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("channel", sa.String(length=60), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("hint", sa.String(length=260), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name=op.f("fk_notifications__address_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications__address")),
        sa.UniqueConstraint("user_id", "channel", name=op.f("uq_notifications__address_user_id_channel")),
    )
    op.create_table(
        "notifications__digest_run",
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("channel", sa.String(length=60), nullable=False),
        sa.Column("window_end", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["core__user.id"],
            name=op.f("fk_notifications__digest_run_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications__digest_run")),
        sa.UniqueConstraint(
            "user_id",
            "channel",
            "window_end",
            name=op.f("uq_notifications__digest_run_user_id_channel_window_end"),
        ),
    )
    op.create_index(
        "ix_notifications__digest_run_created_at", "notifications__digest_run", ["created_at"], unique=False
    )

    op.create_table(
        "notifications__dispatch",
        sa.Column("notification_id", IdType(), nullable=False),
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("channel", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("window_key", sa.String(length=10), nullable=True),
        sa.Column("digest_run_id", IdType(), nullable=True),
        sa.Column("message_id", sa.String(length=100), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest_run_id"],
            ["notifications__digest_run.id"],
            name=op.f("fk_notifications__dispatch_digest_run_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications__notification.id"],
            name=op.f("fk_notifications__dispatch_notification_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["core__user.id"],
            name=op.f("fk_notifications__dispatch_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications__dispatch")),
        sa.UniqueConstraint(
            "notification_id", "channel", name=op.f("uq_notifications__dispatch_notification_id_channel")
        ),
    )
    op.create_index(
        "ix_notifications__dispatch_digest_run_id", "notifications__dispatch", ["digest_run_id"], unique=False
    )
    op.create_index(
        "ix_notifications__dispatch_due",
        "notifications__dispatch",
        ["due_at", "user_id", "channel"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_notifications__dispatch_in_hand",
        "notifications__dispatch",
        ["due_at", "message_id"],
        unique=False,
        sqlite_where=sa.text("state = 'claimed'"),
        postgresql_where=sa.text("state = 'claimed'"),
    )
    op.create_index(
        "ix_notifications__dispatch_waiting",
        "notifications__dispatch",
        ["user_id", "channel", "due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )

    op.create_table(
        "notifications__consumer",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("event_type", sa.String(length=100), nullable=False),
        sa.Column("pattern", sa.String(length=200), nullable=False),
        sa.Column("handler_type", sa.String(length=60), nullable=False),
        sa.Column("config", Json(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("disabled_reason", sa.Text(), nullable=True),
        sa.Column("created_by", IdType(), nullable=True),
        sa.Column("acts_for", IdType(), nullable=True),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_notifications__consumer_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications__consumer")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_notifications__consumer_workspace_id_id")),
    )
    op.create_index(
        "ix_notifications__consumer_list",
        "notifications__consumer",
        ["workspace_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_notifications__consumer_active",
        "notifications__consumer",
        ["workspace_id", "pattern"],
        unique=False,
        sqlite_where=sa.text("is_active = 1"),
        postgresql_where=sa.text("is_active"),
    )
    op.create_table(
        "notifications__consumer_run",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("consumer_id", IdType(), nullable=False),
        sa.Column("event_id", IdType(), nullable=False),
        sa.Column("event_type", sa.String(length=100), nullable=False),
        sa.Column("container_id", IdType(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "consumer_id"],
            ["notifications__consumer.workspace_id", "notifications__consumer.id"],
            name=op.f("fk_notifications__consumer_run_workspace_id_consumer_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications__consumer_run")),
    )
    op.create_index(
        "ix_notifications__consumer_run_list",
        "notifications__consumer_run",
        ["workspace_id", "consumer_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_notifications__consumer_run_age", "notifications__consumer_run", ["created_at"], unique=False
    )


def downgrade() -> None:
    op.drop_table("notifications__consumer_run")
    op.drop_table("notifications__consumer")
    op.drop_table("notifications__dispatch")
    op.drop_table("notifications__digest_run")
    op.drop_table("notifications__address")
    op.drop_table("notifications__merged")
    op.drop_table("notifications__notification")
    op.drop_table("notifications__mute")
    op.drop_table("notifications__counter")
