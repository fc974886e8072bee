"""The first table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, UtcDateTime

revision = "0001"
down_revision = None

TABLE = "github_sync__link"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("project_id", IdType(), nullable=False),
        sa.Column("repository", sa.String(length=140), nullable=False),
        sa.Column("created_by", IdType(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.Column("issues", sa.Integer(), nullable=False),
        sa.Column("synced_at", UtcDateTime(), nullable=True),
        sa.Column("problem", sa.String(length=300), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{other}.id"], name=op.f(f"fk_{TABLE}_{column}"), ondelete="CASCADE"
            )
            for column, other in (
                ("workspace_id", "core__workspace"),
                ("project_id", "projects__project"),
                ("created_by", "core__user"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("workspace_id", "project_id", name=op.f(f"uq_{TABLE}_workspace_id_project_id")),
    )
    for column in ("project_id", "created_by"):
        op.create_index(f"ix_{TABLE}_{column}", TABLE, [column])


def downgrade() -> None:
    op.drop_table(TABLE)
