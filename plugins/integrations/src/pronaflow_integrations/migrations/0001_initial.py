"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, Json, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Add all tables."""
    _add_tokens()
    _add_usage()


def downgrade() -> None:
    """Take all tables away."""
    op.drop_table("integrations__token_usage")
    op.drop_table("integrations__api_token")


def _add_tokens() -> None:
    op.create_table(
        "integrations__api_token",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("token_prefix", sa.String(length=16), nullable=False),
        sa.Column("scopes", Json(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("expires_text", sa.String(length=40), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("request_count", sa.BigInteger(), nullable=False),
        sa.Column("warned_days", sa.SmallInteger(), nullable=True),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["core__user.id"],
            name=op.f("fk_integrations__api_token_user_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_integrations__api_token_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integrations__api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_integrations__api_token_token_hash")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_integrations__api_token_workspace_id_id")),
    )
    for name, columns in (
        ("list", ["workspace_id", "user_id", "created_at", "id"]),
        ("user", ["user_id"]),
        ("expires_at", ["expires_at"]),
    ):
        op.create_index(
            f"ix_integrations__api_token_{name}", "integrations__api_token", columns, unique=False
        )


def _add_usage() -> None:
    op.create_table(
        "integrations__token_usage",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("token_id", IdType(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("status_class", sa.SmallInteger(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "token_id"],
            ["integrations__api_token.workspace_id", "integrations__api_token.id"],
            name=op.f("fk_integrations__token_usage_workspace_id_token_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "token_id",
            "day",
            "hour",
            "method",
            "route",
            "status_class",
            name=op.f("pk_integrations__token_usage"),
        ),
    )
    op.create_index("ix_integrations__token_usage_day", "integrations__token_usage", ["day"], unique=False)
