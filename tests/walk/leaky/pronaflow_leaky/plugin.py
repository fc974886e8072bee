"""A plugin that is wrong: each of its routes tells a tenant of another one, or hides from its own."""

from __future__ import annotations

from flask import after_this_request, request
from marshmallow import fields
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel import api


class Leak(api.model_base("leaky"), api.Identified, api.InWorkspace):
    __tablename__ = "leaky__leak"
    title: Mapped[str]
    looks: Mapped[int] = mapped_column(default=0)


class LeakIn(api.Schema):
    title = api.Text(100, required=True)


class LeakOut(LeakIn):
    id = api.Id()


class Choice(api.Schema):
    leak_ids = fields.List(api.Id(), required=True)


class Row(api.Schema):
    leak_id = api.Id(required=True)


class Rows(api.Schema):
    rows = fields.List(fields.Nested(Row), required=True)


class LeakFilter(api.WorkspaceQuery):
    leak_id = api.Id(load_default=None)


class LeakQuery(api.WorkspaceQuery):
    """Only the id of the workspace."""


ANYONES = api.unscoped("the leak", select(Leak.__table__))
THE_ONE = api.unscoped(
    "the leak", select(Leak.__table__).where(Leak.id == bindparam("id", type_=api.IdType()))
)
OWN = select(Leak.id).where(
    Leak.workspace_id == api.SCOPE_WORKSPACE, Leak.id == bindparam("id", type_=api.IdType())
)
LOOK = api.unscoped(
    "the leak",
    update(Leak.__table__)
    .where(Leak.id == bindparam("leak", type_=api.IdType()))
    .values(looks=Leak.looks + 1),
)


def anyones(reader, *ids):
    """Titles of leaks, whosever they are."""
    return [row["title"] for leak_id in ids for row in reader.all(THE_ONE, id=leak_id)]


def blueprint(db):
    blp = api.Blueprint("leaky", url_prefix="/api/v1/leaks", tag="Leaks")
    here = {"permission": "leaky.use", "target": api.WORKSPACE}

    @blp.endpoint("POST", "", body=LeakIn, returns=LeakOut, status=201, **here)
    def create_leak(uow, body):
        """Right."""
        return uow.insert(Leak, body | {"looks": 0})

    @blp.endpoint("GET", "", query=LeakQuery, returns=LeakOut, many=True, **here)
    def list_leaks(reader, query):
        """Everybody's."""
        return reader.all(ANYONES)

    @blp.endpoint("GET", "/<id:leak_id>", returns=LeakOut, **here)
    def get_leak(reader, leak_id):
        """Anybody's."""
        row = reader.one(THE_ONE, id=leak_id)
        if row is None:
            raise api.NotFound
        return row

    @blp.endpoint("PATCH", "/<id:leak_id>", body=LeakIn, returns=LeakOut, **here)
    def change_leak(uow, leak_id, body):
        """Forbidden, where nothing would be not found."""
        row = uow.one(THE_ONE, id=leak_id)
        if row is None:
            raise api.NotFound
        if uow.one(OWN, id=leak_id) is None:
            raise api.Forbidden
        return row

    @blp.endpoint("POST", "/<id:leak_id>/look", writes=False, **here)
    def look(reader, leak_id):
        """Not found, but written to."""
        with db.write(reader.scope) as uow:
            uow.execute(LOOK, leak=leak_id)
        if reader.one(OWN, id=leak_id) is None:
            raise api.NotFound

    @blp.endpoint("POST", "/<id:leak_id>/lose", **here)
    def lose(uow, leak_id):
        """Not even the owner's."""
        raise api.NotFound

    @blp.endpoint("GET", "/by/<id:gadget_id>", **here)
    def leak_by_gadget(reader, gadget_id):
        """By a record that no test knows how to make."""
        raise api.NotFound

    @blp.endpoint("GET", "/open/<id:leak_id>", permission="public")
    def open_leak(reader, leak_id):
        """To people who did not sign in."""
        return {"greeting": "Come in"}

    add_places(blp, here)
    add_traces(blp, here)
    return blp


def add_places(blp, here):
    """Leaks by the place in which a foreign id stands."""

    @blp.endpoint("POST", "/pick", body=Choice, writes=False, **here)
    def pick_leaks(reader, body):
        """Anybody's, in a list of ids."""
        return {"titles": anyones(reader, *body["leak_ids"])}

    @blp.endpoint("POST", "/sum", body=Choice, writes=False, **here)
    def sum_leaks(reader, body):
        """How many are anybody's, but not of a single one."""
        return {"found": len(anyones(reader, *body["leak_ids"])) if len(body["leak_ids"]) > 1 else None}

    @blp.endpoint("POST", "/rows", body=Rows, writes=False, **here)
    def leak_rows(reader, body):
        """Whether there are any, in objects of a list."""
        return {"found": len(anyones(reader, *(row["leak_id"] for row in body["rows"])))}

    @blp.endpoint("GET", "/filtered", query=LeakFilter, **here)
    def filter_leaks(reader, query):
        """Anybody's, by a filter."""
        return {"titles": anyones(reader, query["leak_id"]) if query["leak_id"] else []}


def add_traces(blp, here):
    """Leaks past the body of the answer."""
    remembered = {}

    @blp.endpoint("GET", "/headed/<id:leak_id>", **here)
    def head_leak(reader, leak_id):
        """Not found, but for a header."""
        if anyones(reader, leak_id):
            after_this_request(lambda response: response.headers.set("X-Leak", "yes") or response)
        if reader.one(OWN, id=leak_id) is None:
            raise api.NotFound

    @blp.endpoint("GET", "/tagged/<id:leak_id>", **here)
    def tag_leak(reader, leak_id):
        """Not found, unless one asks for what one does not have yet."""
        if reader.one(OWN, id=leak_id) is None:
            if "If-None-Match" in request.headers and anyones(reader, leak_id):
                raise api.Conflict("There is one")
            raise api.NotFound

    @blp.endpoint("POST", "/copy", body=Row, **here)
    def copy_leak(uow, body):
        """The same for all ids, but a copy stays with the caller."""
        for title in anyones(uow, body["leak_id"]):
            uow.insert(Leak, {"title": title, "looks": 0})

    @blp.endpoint("POST", "/remembered", body=LeakIn, idempotency="off", **here)
    def remember_leak(uow, body):
        """What somebody sent with the same key."""
        return {"title": remembered.setdefault(request.headers.get("Idempotency-Key"), body["title"])}


class LeakyPlugin(api.Plugin):
    @api.hookimpl
    def provide_models(self):
        return Leak.metadata

    @api.hookimpl
    def provide_permissions(self):
        return api.load_permissions(__package__)

    @api.hookimpl
    def provide_blueprints(self):
        return [blueprint(self.ctx.db)]
