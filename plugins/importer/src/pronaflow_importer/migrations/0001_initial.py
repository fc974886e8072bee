"""The demonstration workspace."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, Json, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "importer__demo",
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("user_ids", Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["core__workspace.id"],
            name=op.f("fk_importer__demo_workspace_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_importer__demo")),
    )


def downgrade() -> None:
    op.drop_table("importer__demo")
