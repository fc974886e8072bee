"""Tracks, marks and effects."""

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, UtcDateTime

revision, down_revision = "0001", None


def upgrade() -> None:
    op.create_table(
        "faults__track",
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("id", IdType(), primary_key=True),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("lifecycle", sa.String(10), nullable=False),
    )
    op.create_table(
        "faults__mark",
        sa.Column("track_id", IdType(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", IdType(), primary_key=True),
        sa.Column("workspace_id", IdType(), nullable=False),
    )
    op.create_table(
        "faults__effect",
        sa.Column("place", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("subscriber", sa.String(20), nullable=False),
        sa.Column("event_id", IdType(), nullable=False),
    )


def downgrade() -> None:
    for name in ("effect", "mark", "track"):
        op.drop_table(f"faults__{name}")
