"""The only table."""

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.persistence.types import Id, Json, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "standin__webhook",
        sa.Column("id", Id(), primary_key=True),
        sa.Column("workspace_id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("lifecycle", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("url", sa.String(length=300), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("subscribed_events", Json(), nullable=False),
        sa.Column("last_triggered_at", UtcDateTime(), nullable=True),
    )


def downgrade() -> None:
    op.drop_table("standin__webhook")
