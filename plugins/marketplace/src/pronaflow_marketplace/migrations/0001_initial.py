"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, Json, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "marketplace__tally",
        sa.Column("plugin_id", sa.String(length=60), nullable=False),
        sa.Column("install_count", sa.Integer(), nullable=False),
        sa.Column("rating_count", sa.Integer(), nullable=False),
        sa.Column("rating_sum", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("plugin_id", name=op.f("pk_marketplace__tally")),
    )
    op.create_table(
        "marketplace__rating",
        sa.Column("plugin_id", sa.String(length=60), nullable=False),
        sa.Column("user_id", IdType(), nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["core__user.id"], name=op.f("fk_marketplace__rating_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("plugin_id", "user_id", name=op.f("pk_marketplace__rating")),
    )
    op.create_index("ix_marketplace__rating_user", "marketplace__rating", ["user_id"], unique=False)
    op.create_table(
        "marketplace__installation",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("plugin_id", sa.String(length=60), nullable=False),
        sa.Column("version_seen", sa.String(length=60), nullable=False),
        sa.Column("granted", Json(), nullable=False),
        sa.Column("configuration", Json(), nullable=False),
        sa.Column("installed_by", IdType(), nullable=True),
        sa.Column("installed_at", UtcDateTime(), nullable=False),
        sa.Column("purge_after", UtcDateTime(), nullable=True),
        sa.Column("id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_marketplace__installation_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marketplace__installation")),
        sa.UniqueConstraint(
            "workspace_id", "plugin_id", name=op.f("uq_marketplace__installation_workspace_id_plugin_id")
        ),
    )
    for name, columns in (
        ("plugin", ["plugin_id", "purge_after"]),
        ("purge", ["purge_after"]),
        ("installer", ["installed_by"]),
    ):
        op.create_index(
            f"ix_marketplace__installation_{name}", "marketplace__installation", columns, unique=False
        )


def downgrade() -> None:
    for name in ("installation", "rating", "tally"):
        op.drop_table(f"marketplace__{name}")
