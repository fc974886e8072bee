"""What the listeners write."""

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType

revision, down_revision = "0001", None


def upgrade() -> None:
    op.create_table(
        "listeners__heard",
        sa.Column("id", IdType(), primary_key=True),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("event_id", IdType(), nullable=False),
        sa.Column("listener", sa.String(20), nullable=False),
    )
    total = op.create_table(
        "listeners__total",
        sa.Column("listener", sa.String(20), primary_key=True),
        sa.Column("heard", sa.Integer(), nullable=False),
    )
    op.execute(sa.insert(total).values(listener="total", heard=0))


def downgrade() -> None:
    op.drop_table("listeners__total")
    op.drop_table("listeners__heard")
