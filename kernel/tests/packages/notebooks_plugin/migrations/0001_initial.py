"""Notebooks, pages, signatures."""

import sqlalchemy as sa
from alembic import op

from pronaflow_kernel.api import IdType, UtcDateTime

revision, down_revision = "0001", None


def upgrade() -> None:
    op.create_table(
        "notebooks__notebook",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("visibility", sa.String(10), nullable=False),
        sa.Column("kept_by", IdType()),
        *_record(),
        sa.UniqueConstraint("workspace_id", "id", name="uq_notebooks__notebook_workspace_id_id"),
    )
    op.create_table(
        "notebooks__page",
        sa.Column("notebook_id", IdType(), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("written_by", IdType()),
        sa.Column("byline", sa.String(50)),
        *_record(),
        sa.ForeignKeyConstraint(
            ["workspace_id", "notebook_id"],
            ["notebooks__notebook.workspace_id", "notebooks__notebook.id"],
            name="fk_notebooks__page_workspace_id_notebook_id",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("workspace_id", "id", name="uq_notebooks__page_workspace_id_id"),
    )
    op.create_index(
        "ix_notebooks__page_list", "notebooks__page", ["workspace_id", "notebook_id", "created_at", "id"]
    )
    op.create_table(
        "notebooks__heard",
        sa.Column(
            "page_id", IdType(), sa.ForeignKey("notebooks__page.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("workspace_id", IdType(), nullable=False),
    )
    op.create_table(
        "notebooks__signature",
        sa.Column("user_id", IdType(), _key("core__user.id"), primary_key=True),
        sa.Column("text", sa.String(200), nullable=False),
    )


def downgrade() -> None:
    for table in ("signature", "heard", "page", "notebook"):
        op.drop_table(f"notebooks__{table}")


def _key(column: str) -> sa.ForeignKey:
    return sa.ForeignKey(column, ondelete="CASCADE")


def _record() -> list[sa.Column]:
    return [
        sa.Column("id", IdType(), primary_key=True),
        sa.Column("workspace_id", IdType(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("lifecycle", sa.String(10), nullable=False),
    ]
