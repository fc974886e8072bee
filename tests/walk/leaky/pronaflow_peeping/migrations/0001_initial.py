"""The table."""

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, UtcDateTime

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "peeping__note",
        sa.Column("id", IdType(), primary_key=True),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("project_id", IdType(), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("lifecycle", sa.String(10), nullable=False),
    )


def downgrade():
    op.drop_table("peeping__note")
