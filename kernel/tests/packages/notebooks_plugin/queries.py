"""Prebuilt statements."""

from __future__ import annotations

from sqlalchemy import bindparam, case, delete, literal, or_, select, update

from pronaflow_kernel import api

from .models import Heard, Notebook, Page, Signature

USER = bindparam("user_id", type_=api.IdType())
_SEEN = or_(Notebook.visibility == "public", Notebook.kept_by == api.SCOPE_USER)
_HERE = (Notebook.workspace_id == api.SCOPE_WORKSPACE, Notebook.lifecycle != "trashed")

VISIBLE = select(Notebook.id).where(*_HERE, _SEEN)
ROLE = select(
    case(
        (Notebook.kept_by == api.SCOPE_USER, literal("owner")),
        (api.SCOPE_ROLE == "viewer", literal("viewer")),
        else_=literal("member"),
    )
).where(*_HERE, _SEEN, Notebook.id == bindparam("id", type_=api.IdType()))

NOTEBOOKS = api.Listing(
    select(Notebook.__table__).where(*_HERE, _SEEN),
    id=Notebook.id,
    sorts={"created_at": Notebook.created_at},
    default="created_at",
)
PAGES = api.Listing(
    select(Page.__table__).where(
        Page.workspace_id == api.SCOPE_WORKSPACE, Page.lifecycle == "active", Page.notebook_id.in_(VISIBLE)
    ),
    id=Page.id,
    filters={"written_by": Page.written_by == bindparam("written_by", type_=api.IdType())},
    sorts={"created_at": Page.created_at},
    default="created_at",
)
HEARD = select(Heard.page_id).where(
    Heard.workspace_id == api.SCOPE_WORKSPACE,
    Heard.page_id.in_(bindparam("ids", type_=api.IdType(), expanding=True)),
)
SIGNATURE = select(Signature.__table__).where(Signature.user_id == USER)

_EVERYWHERE = "what a user wrote, in all workspaces"
KEPT_BY = api.unscoped(_EVERYWHERE, select(Notebook.__table__).where(Notebook.kept_by == USER))
WRITTEN_BY = api.unscoped(_EVERYWHERE, select(Page.__table__).where(Page.written_by == USER))
UNSIGN = api.unscoped(_EVERYWHERE, update(Page.__table__).where(Page.written_by == USER).values(byline=None))
FORGET = delete(Signature.__table__).where(Signature.user_id == USER)
