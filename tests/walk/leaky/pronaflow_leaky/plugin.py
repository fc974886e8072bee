"""A plugin that is wrong: each of its routes tells a tenant of another one, or hides from its own."""

from __future__ import annotations

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

    return blp


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
