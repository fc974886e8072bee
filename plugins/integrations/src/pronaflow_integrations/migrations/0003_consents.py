"""Consents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, Json, UtcDateTime

revision = "0003"
down_revision = "0002"

TABLE = "integrations__consent"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        TABLE,
        sa.Column("user_id", IdType(), nullable=True),
        sa.Column("pseudonym", IdType(), nullable=True),
        sa.Column("consent_type", sa.String(length=20), nullable=False),
        sa.Column("resource_type", sa.String(length=60), nullable=False),
        sa.Column("resource_id", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("permissions", Json(), nullable=False),
        sa.Column("is_granted", sa.Boolean(), nullable=False),
        sa.Column("granted_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("id", IdType(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["core__user.id"],
            name=op.f("fk_integrations__consent_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integrations__consent")),
    )
    op.create_index(
        "uq_integrations__consent_granted",
        TABLE,
        ["user_id", "consent_type", "resource_type", "resource_id"],
        unique=True,
        sqlite_where=sa.text("is_granted"),
        postgresql_where=sa.text("is_granted"),
    )
    for name, columns in (
        ("list", ["user_id", "granted_at", "id"]),
        ("resource", ["resource_id"]),
        ("revoked_at", ["revoked_at"]),
    ):
        op.create_index(f"ix_integrations__consent_{name}", TABLE, columns, unique=False)


def downgrade() -> None:
    """Take the table away."""
    op.drop_table(TABLE)
