"""A plugin that uses every part of the kernel's face once."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel import api

Base = api.model_base("notes")


class Note(Base, api.Record):  # type: ignore[valid-type, misc]
    """A text."""

    __tablename__ = "notes__note"

    title: Mapped[str]
    due_at: Mapped[Any] = mapped_column(api.UtcDateTime, nullable=True)
    secret: Mapped[str | None] = api.secret_column()


class NoteIn(api.Schema):
    """What may be written."""

    title = api.Text(100, least=1, required=True)
    due_at = api.Timestamp(load_default=None, allow_none=True)


class NoteOut(api.Schema):
    """What is shown."""

    id = api.Id()
    note_id = api.Id(attribute="id", dump_only=True)
    title = fields.String()
    due_at = api.Timestamp()
    version = fields.Integer()
    created_at = api.Timestamp()
    updated_at = api.Timestamp()


class NotePayload(api.Schema):
    """Payload of the note's events."""

    note_id = api.Id()
    title = fields.String()


class NoteQuery(api.PageQuery, api.WorkspaceQuery):
    """Filters of the list."""

    title = fields.String(load_default=None)


CREATED = api.EventType("note.created", "Note", NotePayload, summary="A note was written.")
UPDATED = api.EventType("note.updated", "Note", NotePayload, summary="A note was changed.")

NOTES = api.Listing(
    select(Note.__table__).where(Note.workspace_id == api.SCOPE_WORKSPACE, Note.lifecycle == "active"),
    id=Note.id,
    filters={"title": func.lower(Note.title) == func.lower(bindparam("title"))},
    sorts={"title": Note.title, "created_at": Note.created_at},
    default="-created_at",
)

blp = api.Blueprint("notes", url_prefix="/api/v1/notes", tag="Notes")


@blp.endpoint(
    "GET",
    "",
    permission="notes.read",
    target=api.WORKSPACE,
    query=NoteQuery,
    returns=NoteOut,
    many=True,
    resource="note",
)
def list_notes(reader: api.Reader, query: Any) -> api.Page:
    """List notes."""
    return NOTES.page(reader, query, {"title": query["title"]})


@blp.endpoint(
    "POST",
    "",
    permission="notes.write",
    target=api.WORKSPACE,
    body=NoteIn,
    returns=NoteOut,
    status=201,
    resource="note",
)
def create_note(uow: api.UnitOfWork, body: Any) -> api.Row:
    """Write a note."""
    note = uow.insert(Note, body)
    uow.publish(CREATED, note["id"], {"note_id": note["id"], "title": note["title"]})
    return note


@blp.endpoint(
    "GET",
    "/<id:note_id>",
    permission="notes.read",
    target=api.in_path("note"),
    returns=NoteOut,
    resource="note",
)
def get_note(reader: api.Reader, note_id: str) -> api.Row:
    """Read a note."""
    return reader.get(Note, note_id)


@blp.endpoint(
    "PATCH",
    "/<id:note_id>",
    permission="notes.write",
    target=api.in_path("note"),
    body=NoteIn(partial=True),
    returns=NoteOut,
    resource="note",
)
def update_note(uow: api.UnitOfWork, note_id: str, body: Any) -> api.Row:
    """Change a note."""
    update = uow.update(Note, uow.get(Note, note_id), body)
    if update.changes:
        payload = {"note_id": note_id, "title": update.row["title"]}
        uow.publish(UPDATED, note_id, payload, changes=update.changes)
    return update.row


class NotesPlugin(api.Plugin):
    """Table of contents."""

    @api.hookimpl
    def provide_models(self) -> Any:
        """Tables."""
        return Base.metadata

    @api.hookimpl
    def provide_permissions(self) -> Any:
        """Permissions."""
        return api.load_permissions(__package__)

    @api.hookimpl
    def provide_resources(self) -> Any:
        """Resource types."""
        return [api.Resource("note", Note, "title", url="/notes/{id}")]

    @api.hookimpl
    def provide_event_types(self) -> Any:
        """Events."""
        return [CREATED, UPDATED]

    @api.hookimpl
    def provide_blueprints(self) -> Any:
        """Routes."""
        return [routes(self.ctx)]


def routes(ctx: api.Context) -> api.Blueprint:
    """The blueprint, with the one route that needs the context."""
    if "notes.delete_note" not in blp.declared:

        @blp.endpoint("DELETE", "/<id:note_id>", permission="notes.write", target=api.in_path("note"))
        def delete_note(uow: api.UnitOfWork, note_id: str) -> api.Answer:
            """Move a note to the trash."""
            ctx.trash.put(uow, "note", uow.get(Note, note_id))
            return api.Answer(message="Note moved to the trash")

    return blp
