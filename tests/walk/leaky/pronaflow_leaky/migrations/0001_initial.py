"""The table."""

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.persistence.types import Id

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "leaky__leak",
        sa.Column("id", Id(), primary_key=True),
        sa.Column("workspace_id", Id(), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
    )


def downgrade():
    op.drop_table("leaky__leak")
