"""Routes."""

from __future__ import annotations

from typing import Any

from pronaflow_kernel import api

from . import queries
from .models import Notebook, Page, Signature
from .schemas import (
    CHANGED,
    WRITTEN,
    LogQuery,
    NotebookIn,
    NotebookOut,
    NotebookQuery,
    PageIn,
    PageOut,
    PagePatch,
    PagesQuery,
    SignatureIn,
    SignatureOut,
)

READ, WRITE, SIGN = "notebooks.read", "notebooks.write", "notebooks.sign"
PAGE = "/pages/<id:page_id>"


def build(ctx: api.Context) -> api.Blueprint:
    """The blueprint."""
    blp = api.Blueprint("notebooks", url_prefix="/api/v1/notebooks", tag="Notebooks", summary="Pages")
    here: dict[str, Any] = {"target": api.WORKSPACE, "returns": NotebookOut, "resource": "notebook"}
    page: dict[str, Any] = {"returns": PageOut, "resource": "page"}

    @blp.endpoint("GET", "", permission=READ, query=NotebookQuery, many=True, **here)
    def list_notebooks(reader: api.Reader, query: Any) -> api.Page:
        """List notebooks."""
        return queries.NOTEBOOKS.page(reader, query, {})

    @blp.endpoint("POST", "", permission=WRITE, body=NotebookIn, status=201, **here)
    def create_notebook(uow: api.UnitOfWork, body: Any) -> api.Row:
        """Begin a notebook."""
        return uow.insert(Notebook, {**body, "kept_by": uow.scope.principal.user_id})

    @blp.endpoint("GET", "/pages", permission=READ, target=api.WORKSPACE, query=PagesQuery, many=True, **page)
    def list_pages(reader: api.Reader, query: Any) -> api.Page:
        """List pages."""
        return queries.PAGES.page(reader, query, {"written_by": query["written_by"]})

    @blp.endpoint(
        "POST",
        "/pages",
        permission=WRITE,
        target=api.in_body(("notebook", "notebook_id")),
        body=PageIn,
        status=201,
        **page,
    )
    def write_page(uow: api.UnitOfWork, body: Any) -> api.Row:
        """Write a page."""
        author = uow.scope.principal
        row = uow.insert(Page, {**body, "written_by": author.user_id, "byline": author.username})
        _tell(uow, WRITTEN, row)
        return row

    @blp.endpoint("GET", PAGE, permission=READ, target=api.in_path("page"), **page)
    def get_page(reader: api.Reader, page_id: str) -> api.Row:
        """Read a page."""
        return reader.get(Page, page_id)

    @blp.endpoint("PATCH", PAGE, permission=WRITE, target=api.in_path("page"), body=PagePatch, **page)
    def change_page(uow: api.UnitOfWork, page_id: str, body: Any) -> api.Row:
        """Change a page."""
        update = uow.update(Page, uow.get(Page, page_id), body)
        if update.changes:
            _tell(uow, CHANGED, update.row)
        return update.row

    @blp.endpoint("DELETE", PAGE, permission=WRITE, target=api.in_path("page"))
    def delete_page(uow: api.UnitOfWork, page_id: str) -> api.Answer:
        """Move a page to the trash."""
        ctx.trash.put(uow, "page", uow.get(Page, page_id))
        return api.Answer(message="The page was moved to the trash")

    @blp.endpoint("POST", f"{PAGE}/restore", permission=WRITE, target=api.in_path("page"), **page)
    def restore_page(uow: api.UnitOfWork, page_id: str) -> api.Row:
        """Bring a page back from the trash."""
        return ctx.trash.restore(uow, "page", page_id)

    @blp.endpoint(
        "GET",
        "/log",
        permission=READ,
        target=api.WORKSPACE,
        query=LogQuery,
        returns=api.LedgerEntryOut,
        many=True,
    )
    def list_log(reader: api.Reader, query: Any) -> api.Page:
        """List what happened."""
        return ctx.ledger.in_workspace(reader, query)

    @blp.endpoint("GET", "/signature", permission=SIGN, returns=SignatureOut)
    def get_signature(reader: api.Reader) -> api.Row:
        """Read one's own signature."""
        found = reader.one(queries.SIGNATURE, user_id=reader.scope.principal.user_id)
        return found or {"text": None}

    @blp.endpoint("PUT", "/signature", permission=SIGN, body=SignatureIn, returns=SignatureOut)
    def set_signature(uow: api.UnitOfWork, body: Any) -> api.Row:
        """Set one's own signature."""
        user_id = uow.scope.principal.user_id
        found = uow.one(queries.SIGNATURE, user_id=user_id)
        if found is None:
            return uow.insert(Signature, {"user_id": user_id, **body})
        return uow.update(Signature, found, body).row

    return blp


def _tell(uow: api.UnitOfWork, event: api.EventType, row: api.Row) -> None:
    payload = {"page_id": row["id"], "notebook_id": row["notebook_id"]}
    uow.publish(event, row["id"], payload, container_id=row["notebook_id"])
