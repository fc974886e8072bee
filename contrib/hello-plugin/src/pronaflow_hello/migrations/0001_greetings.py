import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType

revision, down_revision = "0001", None


def upgrade():
    task = sa.ForeignKey("tasks__task.id", ondelete="CASCADE")
    task_id = sa.Column("task_id", IdType(), task, primary_key=True)
    op.create_table("hello__greeting", task_id, sa.Column("workspace_id", IdType(), nullable=False))


def downgrade():
    op.drop_table("hello__greeting")
