"""Webhooks and what was sent to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, Json, UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "integrations__webhook",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("subscribed_events", Json(), nullable=False),
        sa.Column("container_id", IdType(), nullable=True),
        sa.Column("retry_policy", sa.String(length=20), nullable=False),
        sa.Column("max_retries", sa.Integer(), nullable=False),
        sa.Column("timeout_seconds", sa.Integer(), nullable=False),
        sa.Column("max_concurrency", sa.Integer(), nullable=False),
        sa.Column("ordered", sa.Boolean(), nullable=False),
        sa.Column("secret_strength", sa.String(length=10), nullable=False),
        sa.Column("created_by", IdType(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["core__user.id"],
            name=op.f("fk_integrations__webhook_created_by"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_integrations__webhook_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integrations__webhook")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_integrations__webhook_workspace_id_id")),
    )
    op.create_index("ix_integrations__webhook_creator", "integrations__webhook", ["created_by"], unique=False)
    op.create_index(
        "ix_integrations__webhook_list",
        "integrations__webhook",
        ["workspace_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "integrations__delivery",
        sa.Column("webhook_id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("event_id", IdType(), nullable=False),
        sa.Column("event_type", sa.String(length=120), nullable=False),
        sa.Column("aggregate_id", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("content_type", sa.String(length=60), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("manual", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("attempt_number", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("response_time_ms", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.String(length=300), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "webhook_id"],
            ["integrations__webhook.workspace_id", "integrations__webhook.id"],
            name=op.f("fk_integrations__delivery_workspace_id_webhook_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integrations__delivery")),
    )
    op.create_index(
        "ix_integrations__delivery_due",
        "integrations__delivery",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_integrations__delivery_leased",
        "integrations__delivery",
        ["leased_until"],
        unique=False,
        sqlite_where=sa.text("leased_until IS NOT NULL"),
        postgresql_where=sa.text("leased_until IS NOT NULL"),
    )
    op.create_index(
        "ix_integrations__delivery_log",
        "integrations__delivery",
        ["webhook_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_integrations__delivery_order",
        "integrations__delivery",
        ["webhook_id", "aggregate_id", "sequence"],
        unique=False,
    )
    op.create_index(
        "uq_integrations__delivery_event",
        "integrations__delivery",
        ["webhook_id", "event_id"],
        unique=True,
        sqlite_where=sa.text("NOT manual"),
        postgresql_where=sa.text("NOT manual"),
    )
    op.create_table(
        "integrations__webhook_health",
        sa.Column("webhook_id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("consecutive_failures", sa.Integer(), nullable=False),
        sa.Column("first_failure_at", UtcDateTime(), nullable=True),
        sa.Column("open_until", UtcDateTime(), nullable=True),
        sa.Column("last_triggered_at", UtcDateTime(), nullable=True),
        sa.Column("last_success_at", UtcDateTime(), nullable=True),
        sa.Column("disabled_reason", sa.String(length=40), nullable=True),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "webhook_id"],
            ["integrations__webhook.workspace_id", "integrations__webhook.id"],
            name=op.f("fk_integrations__webhook_health_workspace_id_webhook_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("webhook_id", name=op.f("pk_integrations__webhook_health")),
    )
    op.create_table(
        "integrations__webhook_secret",
        sa.Column("webhook_id", IdType(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "webhook_id"],
            ["integrations__webhook.workspace_id", "integrations__webhook.id"],
            name=op.f("fk_integrations__webhook_secret_workspace_id_webhook_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integrations__webhook_secret")),
    )
    op.create_index(
        "ix_integrations__webhook_secret_webhook",
        "integrations__webhook_secret",
        ["workspace_id", "webhook_id"],
        unique=False,
    )
    op.create_table(
        "integrations__delivery_attempt",
        sa.Column("delivery_id", IdType(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.Column("response_head", sa.Text(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["integrations__delivery.id"],
            name=op.f("fk_integrations__delivery_attempt_delivery_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integrations__delivery_attempt")),
    )
    op.create_index(
        op.f("ix_integrations__delivery_attempt_delivery_id"),
        "integrations__delivery_attempt",
        ["delivery_id"],
        unique=False,
    )


def downgrade() -> None:
    """Take all tables away."""
    for name in ("delivery_attempt", "delivery", "webhook_secret", "webhook_health", "webhook"):
        op.drop_table(f"integrations__{name}")
