import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.persistence.types import Id

revision, down_revision = "0001", None


def upgrade():
    columns = [sa.Column("id", Id(), primary_key=True), sa.Column("workspace_id", Id(), nullable=False)]
    op.create_table("hello__greeting", *columns, sa.Column("task_id", Id(), nullable=False))


def downgrade():
    op.drop_table("hello__greeting")
