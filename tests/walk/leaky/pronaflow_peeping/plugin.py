"""A plugin that is wrong: each of its routes tells members of a workspace of projects they are not in."""

from __future__ import annotations

from flask import after_this_request
from marshmallow import fields
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel import api


class Note(api.model_base("peeping"), api.Record):
    __tablename__ = "peeping__note"
    title: Mapped[str]
    project_id: Mapped[str] = mapped_column(api.IdType)


class NoteIn(api.Schema):
    title = api.Text(100, required=True)
    project_id = api.Id(required=True)


class NoteOut(NoteIn):
    id = api.Id()


class Choice(api.Schema):
    note_ids = fields.List(api.Id(), required=True)


class NoteFilter(api.WorkspaceQuery):
    note_id = api.Id(load_default=None)
    project_id = api.Id(load_default=None)
    search = api.Text(100, load_default=None)


HERE = select(Note.__table__).where(Note.workspace_id == api.SCOPE_WORKSPACE)
THE_ONE = HERE.where(Note.id == bindparam("id", type_=api.IdType()))
OF_PROJECT = HERE.where(Note.project_id == bindparam("id", type_=api.IdType()))
LIKE = HERE.where(Note.title.like(bindparam("search")))
TITLED = HERE.where(Note.title == bindparam("title"))


def titles(reader, statement, **params):
    """Of the notes that a statement finds, in whatever project."""
    return [row["title"] for row in reader.all(statement, **params)]


def blueprint():
    blp = api.Blueprint("peeping", url_prefix="/api/v1/notes", tag="Notes")
    inside = api.in_body(("project", "project_id"))
    one = {"permission": "peeping.use", "returns": NoteOut, "resource": "note"}

    @blp.endpoint("POST", "", body=NoteIn, status=201, target=inside, **one)
    def create_note(uow, body):
        """Right, but for titles that are taken."""
        if titles(uow, TITLED, title=body["title"]):
            raise api.Conflict("The title is taken")
        return uow.insert(Note, body)

    @blp.endpoint("GET", "/<id:note_id>", target=api.in_path("note"), **one)
    def get_note(reader, note_id):
        """Right."""
        return reader.get(Note, note_id)

    here = {"permission": "peeping.use", "target": api.WORKSPACE}
    add_places(blp, here)
    add_lists(blp, here)
    return blp


def add_places(blp, here):
    """Leaks by the place in which the id of something hidden stands."""

    @blp.endpoint("GET", "/any/<id:note_id>", **here)
    def any_note(reader, note_id):
        """Of any project."""
        return {"title": reader.get(Note, note_id)["title"]}

    @blp.endpoint("POST", "/pick", body=Choice, writes=False, **here)
    def pick_notes(reader, body):
        """Of any project, in a list of ids."""
        return {"found": [titles(reader, THE_ONE, id=note_id) for note_id in body["note_ids"]]}

    @blp.endpoint("GET", "/filtered", query=NoteFilter, **here)
    def filter_notes(reader, query):
        """Whether there are any, by a filter on one or on a project."""
        return {
            "one": query["note_id"] and len(titles(reader, THE_ONE, id=query["note_id"])),
            "inside": query["project_id"] and len(titles(reader, OF_PROJECT, id=query["project_id"])),
            "found": query["search"] and len(titles(reader, LIKE, search=f"%{query['search']}%")),
        }


def add_lists(blp, here):
    """Leaks in what concerns the whole workspace."""

    @blp.endpoint("GET", "", **here)
    def list_notes(reader):
        """Of all projects."""
        return {"titles": titles(reader, HERE)}

    @blp.endpoint("GET", "/count", **here)
    def count_notes(reader):
        """Those of all projects are counted."""
        return {"total": len(titles(reader, HERE))}

    @blp.endpoint("GET", "/headed", **here)
    def head_notes(reader):
        """Those of all projects are counted in a header."""
        total = str(len(titles(reader, HERE)))
        after_this_request(lambda response: response.headers.set("X-Total", total) or response)


class PeepingPlugin(api.Plugin):
    @api.hookimpl
    def provide_models(self):
        return Note.metadata

    @api.hookimpl
    def provide_permissions(self):
        return api.load_permissions(__package__)

    @api.hookimpl
    def provide_resources(self):
        return [api.Resource("note", Note, "title", "project_id")]

    @api.hookimpl
    def provide_blueprints(self):
        return [blueprint()]
