"""Connections to accounts at other services."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, Json, UtcDateTime

revision = "0004"
down_revision = "0003"

CONNECTION, ATTEMPT = "integrations__connection", "integrations__connection_attempt"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        CONNECTION,
        sa.Column("user_id", IdType(), nullable=True),
        sa.Column("provider_name", sa.String(length=60), nullable=False),
        sa.Column("external_user_id", sa.String(length=255), nullable=False),
        sa.Column("access_token", sa.Text(), nullable=False),
        sa.Column("refresh_token", sa.Text(), nullable=True),
        sa.Column("scopes", Json(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.String(length=20), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("retry_at", UtcDateTime(), nullable=True),
        sa.Column("last_verified_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("id", IdType(), nullable=False),
        _of_user(CONNECTION),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{CONNECTION}")),
    )
    op.create_index(
        f"uq_{CONNECTION}_active",
        CONNECTION,
        ["user_id", "provider_name", "external_user_id"],
        unique=True,
        sqlite_where=sa.text("is_active"),
        postgresql_where=sa.text("is_active"),
    )
    op.create_index(f"ix_{CONNECTION}_list", CONNECTION, ["user_id", "created_at", "id"], unique=False)
    op.create_index(f"ix_{CONNECTION}_expires_at", CONNECTION, ["expires_at"], unique=False)
    op.create_table(
        ATTEMPT,
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("provider_name", sa.String(length=60), nullable=False),
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        _of_user(ATTEMPT),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{ATTEMPT}")),
        sa.UniqueConstraint("state_hash", name=op.f(f"uq_{ATTEMPT}_state_hash")),
    )
    op.create_index(f"ix_{ATTEMPT}_user", ATTEMPT, ["user_id"], unique=False)
    op.create_index(f"ix_{ATTEMPT}_expires_at", ATTEMPT, ["expires_at"], unique=False)


def downgrade() -> None:
    """Take the tables away."""
    op.drop_table(ATTEMPT)
    op.drop_table(CONNECTION)


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["core__user.id"], name=op.f(f"fk_{table}_user_id"), ondelete="CASCADE"
    )
