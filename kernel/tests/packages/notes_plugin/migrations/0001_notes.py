"""The notes."""

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, UtcDateTime

revision, down_revision = "0001", None


def upgrade() -> None:
    op.create_table(
        "notes__note",
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("due_at", UtcDateTime()),
        sa.Column("secret", sa.Text()),
        sa.Column("id", IdType(), primary_key=True),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("lifecycle", sa.String(10), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("notes__note")
