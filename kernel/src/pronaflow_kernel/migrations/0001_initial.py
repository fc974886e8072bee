"""The kernel's first tables: identity, tenancy, ledger, trash, switches, processes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.events.immutable import triggers
from pronaflow_kernel.persistence.types import Id, Json, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "core__attempt",
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("account_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("source_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("id", Id(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__attempt")),
    )
    op.create_index("ix_core__attempt_account", "core__attempt", ["account_hash", "at"], unique=False)
    op.create_index(op.f("ix_core__attempt_expires_at"), "core__attempt", ["expires_at"], unique=False)
    op.create_index("ix_core__attempt_source", "core__attempt", ["source_hash", "at"], unique=False)
    op.create_table(
        "core__refused_address",
        sa.Column("address_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("said", sa.String(length=200), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("id", Id(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__refused_address")),
        sa.UniqueConstraint("address_hash", name=op.f("uq_core__refused_address_address_hash")),
    )
    op.create_index(
        op.f("ix_core__refused_address_expires_at"), "core__refused_address", ["expires_at"], unique=False
    )
    op.create_table(
        "core__event",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("id", Id(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("aggregate_type", sa.String(length=60), nullable=False),
        sa.Column("aggregate_id", Id(), nullable=False),
        sa.Column("workspace_id", Id(), nullable=True),
        sa.Column("container_id", Id(), nullable=True),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("user_id", Id(), nullable=True),
        sa.Column("session_id", Id(), nullable=True),
        sa.Column("caller_id", Id(), nullable=True),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("request_id", Id(), nullable=True),
        sa.Column("hop", sa.SmallInteger(), nullable=False),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("payload", Json(), nullable=False),
        sa.Column("changes", Json(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_core__event")),
        sa.UniqueConstraint("id", name=op.f("uq_core__event_id")),
        sa.UniqueConstraint("position", name=op.f("uq_core__event_position")),
    )
    op.create_index(
        "ix_core__event_aggregate", "core__event", ["aggregate_type", "aggregate_id", "seq"], unique=False
    )
    op.create_index(
        "ix_core__event_container",
        "core__event",
        ["workspace_id", "container_id", "occurred_at"],
        unique=False,
    )
    op.create_index("ix_core__event_time", "core__event", ["occurred_at", "id"], unique=False)
    op.create_index("ix_core__event_type", "core__event", ["type", "occurred_at", "id"], unique=False)
    op.create_index(
        "ix_core__event_kind",
        "core__event",
        ["workspace_id", "aggregate_type", "occurred_at", "id"],
        unique=False,
    )
    op.create_index("ix_core__event_user", "core__event", ["user_id", "occurred_at", "id"], unique=False)
    op.create_index(
        "ix_core__event_workspace", "core__event", ["workspace_id", "occurred_at", "id"], unique=False
    )
    op.create_table(
        "core__ledger_permit",
        sa.Column("id", Id(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__ledger_permit")),
    )
    for statement in triggers(op.get_bind().dialect.name):
        op.execute(statement)
    op.create_table(
        "core__job",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("tenant", Id(), nullable=False),
        sa.Column("available_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("lease_token", Id(), nullable=True),
        sa.Column("worker_id", Id(), nullable=True),
        sa.Column("kind", sa.String(length=120), nullable=False),
        sa.Column("event_seq", sa.BigInteger(), nullable=True),
        sa.Column("args", Json(), nullable=True),
        sa.Column("queue", sa.String(length=30), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("workspace_id", Id(), nullable=True),
        sa.Column("lane", sa.String(length=200), nullable=True),
        sa.Column("dedup_key", sa.String(length=200), nullable=True),
        sa.Column("replay_id", Id(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("request_id", Id(), nullable=True),
        sa.Column("operation_id", Id(), nullable=True),
        sa.Column("hop", sa.SmallInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__job")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_core__job_event",
        "core__job",
        ["kind", "event_seq"],
        unique=True,
        sqlite_where=sa.text("event_seq IS NOT NULL AND replay_id IS NULL"),
        postgresql_where=sa.text("event_seq IS NOT NULL AND replay_id IS NULL"),
    )
    op.create_index(
        "uq_core__job_dedup",
        "core__job",
        ["kind", "dedup_key"],
        unique=True,
        sqlite_where=sa.text("state IN (0, 2) AND attempt = 0"),
        postgresql_where=sa.text("state IN (0, 2) AND attempt = 0"),
    )
    op.create_index(
        "ix_core__job_ready",
        "core__job",
        ["queue", "priority", "tenant", "id"],
        unique=False,
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    )
    op.create_index(
        "ix_core__job_again",
        "core__job",
        ["queue", "priority", "id"],
        unique=False,
        sqlite_where=sa.text("state = 0 AND attempt > 0"),
        postgresql_where=sa.text("state = 0 AND attempt > 0"),
    )
    op.create_index(
        "ix_core__job_waiting",
        "core__job",
        ["available_at"],
        unique=False,
        sqlite_where=sa.text("state = 2"),
        postgresql_where=sa.text("state = 2"),
    )
    op.create_index(
        "ix_core__job_parked",
        "core__job",
        ["kind", "tenant"],
        unique=False,
        sqlite_where=sa.text("state = 3"),
        postgresql_where=sa.text("state = 3"),
    )
    op.create_index(
        "ix_core__job_lane",
        "core__job",
        ["lane", "id"],
        unique=False,
        sqlite_where=sa.text("lane IS NOT NULL"),
        postgresql_where=sa.text("lane IS NOT NULL"),
    )
    op.create_index(
        "ix_core__job_lease",
        "core__job",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("state = 1"),
        postgresql_where=sa.text("state = 1"),
    )
    op.create_index(
        "ix_core__job_operation",
        "core__job",
        ["operation_id"],
        unique=False,
        sqlite_where=sa.text("operation_id IS NOT NULL"),
        postgresql_where=sa.text("operation_id IS NOT NULL"),
    )
    op.create_table(
        "core__job_dead",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("died_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=120), nullable=False),
        sa.Column("event_seq", sa.BigInteger(), nullable=True),
        sa.Column("args", Json(), nullable=True),
        sa.Column("queue", sa.String(length=30), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("workspace_id", Id(), nullable=True),
        sa.Column("lane", sa.String(length=200), nullable=True),
        sa.Column("dedup_key", sa.String(length=200), nullable=True),
        sa.Column("replay_id", Id(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("request_id", Id(), nullable=True),
        sa.Column("operation_id", Id(), nullable=True),
        sa.Column("hop", sa.SmallInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__job_dead")),
    )
    op.create_index(op.f("ix_core__job_dead_died_at"), "core__job_dead", ["died_at"], unique=False)
    op.create_table(
        "core__reading",
        sa.Column("subscriber", sa.String(length=120), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("available_at", UtcDateTime(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("subscriber", name=op.f("pk_core__reading")),
    )
    op.create_index(
        "ix_core__event_followed",
        "core__event",
        ["workspace_id", "position"],
        unique=False,
        sqlite_where=sa.text("position IS NOT NULL"),
        postgresql_where=sa.text("position IS NOT NULL"),
    )
    op.create_index(
        "ix_core__event_pending",
        "core__event",
        ["seq"],
        unique=False,
        sqlite_where=sa.text("position IS NULL"),
        postgresql_where=sa.text("position IS NULL"),
    )
    op.create_table(
        "core__plugin_switch",
        sa.Column("plugin_id", sa.String(length=60), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("plugin_id", name=op.f("pk_core__plugin_switch")),
    )
    op.create_table(
        "core__process",
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("figures", Json(), nullable=False),
        sa.Column("id", Id(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__process")),
    )
    op.create_table(
        "core__user",
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_norm", sa.String(length=320), nullable=False),
        sa.Column("username", sa.String(length=30), nullable=False),
        sa.Column("username_norm", sa.String(length=30), nullable=False),
        sa.Column("full_name", sa.String(length=100), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("password_changed_at", UtcDateTime(), nullable=True),
        sa.Column("email_verified_at", UtcDateTime(), nullable=True),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("is_system_admin", sa.Boolean(), nullable=False),
        sa.Column("token_epoch", sa.Integer(), nullable=False),
        sa.Column("mfa_enabled", sa.Boolean(), nullable=False),
        sa.Column("avatar_url", sa.Text(), nullable=True),
        sa.Column("job_title", sa.String(length=100), nullable=True),
        sa.Column("last_login_at", UtcDateTime(), nullable=True),
        sa.Column("last_workspace_id", Id(), nullable=True),
        sa.Column("last_workspace_at", UtcDateTime(), nullable=True),
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__user")),
        sa.UniqueConstraint("email_norm", name=op.f("uq_core__user_email_norm")),
        sa.UniqueConstraint("username_norm", name=op.f("uq_core__user_username_norm")),
    )
    op.create_table(
        "core__event_private",
        sa.Column("event_id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=True),
        sa.Column("data", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["core__event.id"], name=op.f("fk_core__event_private_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_core__event_private")),
    )
    op.create_index(op.f("ix_core__event_private_user_id"), "core__event_private", ["user_id"], unique=False)
    op.create_table(
        "core__event_caller",
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("id", Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name=op.f("fk_core__event_caller_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__event_caller")),
    )
    op.create_index(op.f("ix_core__event_caller_user_id"), "core__event_caller", ["user_id"], unique=False)
    op.create_table(
        "core__identity_link",
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("id", Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name=op.f("fk_core__identity_link_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__identity_link")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_core__identity_link_issuer_subject")),
    )
    op.create_index(op.f("ix_core__identity_link_user_id"), "core__identity_link", ["user_id"], unique=False)
    op.create_table(
        "core__mfa_challenge",
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("token_epoch", sa.Integer(), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("user_agent", sa.String(length=400), nullable=True),
        sa.Column("amr", Json(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("id", Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name=op.f("fk_core__mfa_challenge_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__mfa_challenge")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_core__mfa_challenge_token_hash")),
    )
    op.create_index(op.f("ix_core__mfa_challenge_user_id"), "core__mfa_challenge", ["user_id"], unique=False)
    op.create_table(
        "core__mfa_factor",
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("last_used_step", sa.BigInteger(), nullable=True),
        sa.Column("id", Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name=op.f("fk_core__mfa_factor_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__mfa_factor")),
        sa.UniqueConstraint("user_id", "kind", name=op.f("uq_core__mfa_factor_user_id_kind")),
    )
    op.create_table(
        "core__recovery_code",
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("id", Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name=op.f("fk_core__recovery_code_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__recovery_code")),
    )
    op.create_index(op.f("ix_core__recovery_code_user_id"), "core__recovery_code", ["user_id"], unique=False)
    op.create_table(
        "core__one_time_token",
        sa.Column("user_id", Id(), nullable=True),
        sa.Column("purpose", sa.String(length=30), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("payload", Json(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("id", Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name=op.f("fk_core__one_time_token_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__one_time_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_core__one_time_token_token_hash")),
    )
    op.create_index(
        "ix_core__one_time_token_user", "core__one_time_token", ["user_id", "purpose"], unique=False
    )
    op.create_table(
        "core__session",
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("auth_time", UtcDateTime(), nullable=False),
        sa.Column("amr", Json(), nullable=False),
        sa.Column("token_epoch", sa.Integer(), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("user_agent", sa.String(length=400), nullable=True),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoke_reason", sa.String(length=30), nullable=True),
        sa.Column("id", Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name=op.f("fk_core__session_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__session")),
    )
    op.create_index("ix_core__session_expires", "core__session", ["expires_at"], unique=False)
    op.create_index("ix_core__session_user", "core__session", ["user_id", "last_seen_at"], unique=False)
    op.create_table(
        "core__workspace",
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("workspace_type", sa.String(length=20), nullable=False),
        sa.Column("logo_url", sa.Text(), nullable=True),
        sa.Column("plan", sa.String(length=20), nullable=False),
        sa.Column("owner_id", Id(), nullable=False),
        sa.Column("trashed_at", UtcDateTime(), nullable=True),
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("lifecycle", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["core__user.id"], name=op.f("fk_core__workspace_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__workspace")),
    )
    op.create_table(
        "core__operation",
        sa.Column("workspace_id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=True),
        sa.Column("kind", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("message", sa.String(length=500), nullable=True),
        sa.Column("result", Json(), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name=op.f("fk_core__operation_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_core__operation_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__operation")),
    )
    op.create_index(op.f("ix_core__operation_expires_at"), "core__operation", ["expires_at"], unique=False)
    op.create_index(op.f("ix_core__operation_user_id"), "core__operation", ["user_id"], unique=False)
    op.create_index(
        "ix_core__operation_workspace", "core__operation", ["workspace_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "core__schedule",
        sa.Column("name", sa.String(length=260), nullable=False),
        sa.Column("plugin_id", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=120), nullable=False),
        sa.Column("workspace_id", Id(), nullable=True),
        sa.Column("cron", sa.String(length=100), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("misfire", sa.String(length=10), nullable=False),
        sa.Column("args", Json(), nullable=False),
        sa.Column("declared", sa.Boolean(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("last_due_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_core__schedule_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_core__schedule")),
    )
    for column in ("kind", "last_due_at", "next_at", "workspace_id"):
        op.create_index(op.f(f"ix_core__schedule_{column}"), "core__schedule", [column], unique=False)
    op.create_table(
        "core__schedule_run",
        sa.Column("name", sa.String(length=260), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", "due_at", name=op.f("pk_core__schedule_run")),
    )
    op.create_index(op.f("ix_core__schedule_run_made_at"), "core__schedule_run", ["made_at"], unique=False)
    op.create_table(
        "core__trash",
        sa.Column("resource_type", sa.String(length=60), nullable=False),
        sa.Column("resource_id", Id(), nullable=False),
        sa.Column("container_id", Id(), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("lifecycle_before", sa.String(length=10), nullable=False),
        sa.Column("deleted_by", Id(), nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("id", Id(), nullable=False),
        sa.Column("workspace_id", Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_core__trash_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__trash")),
    )
    op.create_index("ix_core__trash_workspace", "core__trash", ["workspace_id", "deleted_at"], unique=False)
    op.create_index("uq_core__trash_resource", "core__trash", ["resource_type", "resource_id"], unique=True)
    op.create_table(
        "core__archive_entry",
        sa.Column("plugin_id", sa.String(length=60), nullable=False),
        sa.Column("resource_type", sa.String(length=60), nullable=False),
        sa.Column("resource_id", Id(), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("performed_by", Id(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("id", Id(), nullable=False),
        sa.Column("workspace_id", Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_core__archive_entry_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__archive_entry")),
    )
    op.create_index(
        "ix_core__archive_entry_resource",
        "core__archive_entry",
        ["workspace_id", "resource_id", "at"],
        unique=False,
    )
    op.create_table(
        "core__kept_file",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("plugin_id", sa.String(length=60), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bundled", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_core__kept_file")),
    )
    op.create_index(op.f("ix_core__kept_file_created_at"), "core__kept_file", ["created_at"], unique=False)
    op.create_table(
        "core__idempotency_record",
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("workspace_id", Id(), nullable=True),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", Json(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("made", Json(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("id", Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["core__user.id"],
            name=op.f("fk_core__idempotency_record_user_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_core__idempotency_record_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__idempotency_record")),
        sa.UniqueConstraint("user_id", "key_hash", name=op.f("uq_core__idempotency_record_user_id_key_hash")),
    )
    op.create_index(
        op.f("ix_core__idempotency_record_expires_at"),
        "core__idempotency_record",
        ["expires_at"],
        unique=False,
    )
    op.create_table(
        "core__membership",
        sa.Column("workspace_id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("joined_at", UtcDateTime(), nullable=False),
        sa.Column("left_at", UtcDateTime(), nullable=True),
        sa.Column("last_activity", UtcDateTime(), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["core__user.id"], name=op.f("fk_core__membership_user_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_core__membership_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", name=op.f("pk_core__membership")),
    )
    op.create_index("ix_core__membership_user", "core__membership", ["user_id", "is_active"], unique=False)
    op.create_table(
        "core__workspace_plugin",
        sa.Column("workspace_id", Id(), nullable=False),
        sa.Column("plugin_id", sa.String(length=60), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_core__workspace_plugin_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "plugin_id", name=op.f("pk_core__workspace_plugin")),
    )
    op.create_table(
        "core__refresh_token",
        sa.Column("session_id", Id(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("successor", sa.Text(), nullable=True),
        sa.Column("id", Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["core__session.id"],
            name=op.f("fk_core__refresh_token_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__refresh_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_core__refresh_token_token_hash")),
    )
    op.create_index("ix_core__refresh_token_expires", "core__refresh_token", ["expires_at"], unique=False)
    op.create_index(
        "uq_core__refresh_token_generation", "core__refresh_token", ["session_id", "generation"], unique=True
    )
    op.create_table(
        "core__preference",
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("section", sa.String(length=60), nullable=False),
        sa.Column("chosen", Json(), nullable=False),
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name=op.f("fk_core__preference_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core__preference")),
        sa.UniqueConstraint("user_id", "section", name=op.f("uq_core__preference_user_id_section")),
    )
    op.create_table(
        "core__preference_policy",
        sa.Column("workspace_id", Id(), nullable=False),
        sa.Column("section", sa.String(length=60), nullable=False),
        sa.Column("chosen", Json(), nullable=False),
        sa.Column("mandatory", Json(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_core__preference_policy_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "section", name=op.f("pk_core__preference_policy")),
    )


def downgrade() -> None:
    op.drop_table("core__preference_policy")
    op.drop_table("core__preference")
    op.drop_index("uq_core__refresh_token_generation", table_name="core__refresh_token")
    op.drop_index("ix_core__refresh_token_expires", table_name="core__refresh_token")
    op.drop_table("core__refresh_token")
    op.drop_table("core__workspace_plugin")
    op.drop_index(op.f("ix_core__idempotency_record_expires_at"), table_name="core__idempotency_record")
    op.drop_table("core__idempotency_record")
    op.drop_index("ix_core__membership_user", table_name="core__membership")
    op.drop_table("core__membership")
    op.drop_index("ix_core__archive_entry_resource", table_name="core__archive_entry")
    op.drop_table("core__archive_entry")
    op.drop_index("uq_core__trash_resource", table_name="core__trash")
    op.drop_index("ix_core__trash_workspace", table_name="core__trash")
    op.drop_table("core__trash")
    op.drop_index(op.f("ix_core__schedule_run_made_at"), table_name="core__schedule_run")
    op.drop_table("core__schedule_run")
    for column in ("workspace_id", "next_at", "last_due_at", "kind"):
        op.drop_index(op.f(f"ix_core__schedule_{column}"), table_name="core__schedule")
    op.drop_table("core__schedule")
    op.drop_index("ix_core__operation_workspace", table_name="core__operation")
    op.drop_index(op.f("ix_core__operation_user_id"), table_name="core__operation")
    op.drop_index(op.f("ix_core__operation_expires_at"), table_name="core__operation")
    op.drop_table("core__operation")
    op.drop_table("core__workspace")
    op.drop_index("ix_core__session_user", table_name="core__session")
    op.drop_index("ix_core__session_expires", table_name="core__session")
    op.drop_table("core__session")
    op.drop_index("ix_core__one_time_token_user", table_name="core__one_time_token")
    op.drop_table("core__one_time_token")
    op.drop_index(op.f("ix_core__identity_link_user_id"), table_name="core__identity_link")
    op.drop_table("core__identity_link")
    op.drop_index(op.f("ix_core__recovery_code_user_id"), table_name="core__recovery_code")
    op.drop_table("core__recovery_code")
    op.drop_table("core__mfa_factor")
    op.drop_index(op.f("ix_core__mfa_challenge_user_id"), table_name="core__mfa_challenge")
    op.drop_table("core__mfa_challenge")
    op.drop_index(op.f("ix_core__event_caller_user_id"), table_name="core__event_caller")
    op.drop_table("core__event_caller")
    op.drop_index(op.f("ix_core__event_private_user_id"), table_name="core__event_private")
    op.drop_table("core__event_private")
    op.drop_table("core__user")
    op.drop_table("core__process")
    op.drop_table("core__plugin_switch")
    op.drop_table("core__reading")
    op.drop_table("core__job_dead")
    op.drop_table("core__job")
    op.drop_index("ix_core__event_followed", table_name="core__event")
    op.drop_index("ix_core__event_workspace", table_name="core__event")
    op.drop_index("ix_core__event_user", table_name="core__event")
    op.drop_index("ix_core__event_kind", table_name="core__event")
    op.drop_index("ix_core__event_type", table_name="core__event")
    op.drop_index("ix_core__event_time", table_name="core__event")
    op.drop_index("ix_core__event_container", table_name="core__event")
    op.drop_index("ix_core__event_aggregate", table_name="core__event")
    op.drop_table("core__event")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION core__ledger_refuse()")
    op.drop_table("core__ledger_permit")
    op.drop_index(op.f("ix_core__refused_address_expires_at"), table_name="core__refused_address")
    op.drop_table("core__refused_address")
    op.drop_index("ix_core__attempt_source", table_name="core__attempt")
    op.drop_index(op.f("ix_core__attempt_expires_at"), table_name="core__attempt")
    op.drop_index("ix_core__attempt_account", table_name="core__attempt")
    op.drop_table("core__attempt")
