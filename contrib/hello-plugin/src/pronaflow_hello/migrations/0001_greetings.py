import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType

revision, down_revision = "0001", None


def upgrade():
    columns = [
        sa.Column("id", IdType(), primary_key=True),
        sa.Column("workspace_id", IdType(), nullable=False),
    ]
    op.create_table("hello__greeting", *columns, sa.Column("task_id", IdType(), nullable=False))


def downgrade():
    op.drop_table("hello__greeting")
