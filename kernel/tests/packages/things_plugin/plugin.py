"""A plugin whose routes answer a key in every way there is."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel import api
from pronaflow_kernel.errors import StaleRow

Base = api.model_base("things")


class Thing(Base, api.Record):  # type: ignore[valid-type, misc]
    """Something with a name that nothing else has."""

    __tablename__ = "things__thing"

    name: Mapped[str] = mapped_column(unique=True)


class ThingIn(api.Schema):
    """What may be written."""

    name = api.Text(100, least=1, required=True)


class ThingOut(api.Schema):
    """What is shown."""

    id = api.Id()
    name = fields.String()
    version = fields.Integer()
    created_at = api.Timestamp()


class LockedThing(ThingOut):
    """A thing, and what opens it."""

    secret = fields.String()


COUNT = select(func.count()).where(Thing.workspace_id == api.SCOPE_WORKSPACE)
NOT_THERE: Any = select(func.no_such_function())

ran: list[str] = []
"""Names of the things whose routes ran, and `after <name>` for what they left to do after the commit."""


def make(uow: api.UnitOfWork, name: str) -> api.Row:
    """A new thing; what runs is noted."""
    ran.append(name)
    uow.after_commit(lambda: ran.append(f"after {name}"))
    return uow.insert(Thing, {"name": name})


class ThingsPlugin(api.Plugin):
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
        return [api.Resource("thing", Thing, "name", url="/things/{id}")]

    @api.hookimpl
    def extend_payload(self, reader: api.Reader, resource: str, rows: Any) -> Any:
        """How many things there are; fails at one that is called so."""
        if resource != "thing":
            return {}
        if rows[0]["name"].startswith("fails"):
            reader.all(NOT_THERE)
        return {row["id"]: {"count": reader.value(COUNT)} for row in rows}

    @api.hookimpl
    def provide_blueprints(self) -> Any:
        """Routes."""
        return [_routes()]


def _routes() -> api.Blueprint:
    blp = api.Blueprint("things", url_prefix="/api/v1/things", tag="Things")
    common: dict[str, Any] = {"permission": "things.write", "target": api.WORKSPACE}
    making: dict[str, Any] = {**common, "body": ThingIn, "returns": ThingOut, "resource": "thing"}

    @blp.endpoint("POST", "", status=201, **making)
    def make_thing(uow: api.UnitOfWork, body: Any) -> api.Row:
        """Make a thing."""
        return make(uow, body["name"])

    @blp.endpoint("POST", "/warned", **making)
    def make_with_warnings(uow: api.UnitOfWork, body: Any) -> api.Answer:
        """Make a thing, and say more than its data."""
        return api.Answer(make(uow, body["name"]), message="It is made", warnings=["It looks odd"])

    @blp.endpoint("POST", "/silent", status=204, **common, body=ThingIn)
    def make_silently(uow: api.UnitOfWork, body: Any) -> None:
        """Make a thing, and say nothing."""
        make(uow, body["name"])

    @blp.endpoint("POST", "/said", **common)
    def say(uow: api.UnitOfWork) -> api.Answer:
        """Say something."""
        return api.Answer(message=make(uow, api.new_id())["name"])

    @blp.endpoint("POST", "/exported", **common, body=ThingIn)
    def export(uow: api.UnitOfWork, body: Any) -> api.Download:
        """Make a thing, and a file of it."""
        page = make(uow, body["name"])["name"].encode()
        return api.Download("thing.html", "text/html; charset=utf-8", iter([b"<b>", page]))

    @blp.endpoint("POST", "/contested", **making)
    def make_at_the_second_try(uow: api.UnitOfWork, body: Any) -> api.Row:
        """Make a thing when its rows are no longer changed by others."""
        made = make(uow, body["name"])
        if ran.count(body["name"]) == 1:
            raise StaleRow
        return made

    @blp.endpoint(
        "POST", "/locked", status=201, idempotency="reference", **{**making, "returns": LockedThing}
    )
    def make_locked(uow: api.UnitOfWork, body: Any) -> api.Row:
        """Make a thing, and tell once what opens it."""
        return {**make(uow, body["name"]), "secret": "open sesame"}

    @blp.endpoint("POST", "/unkeyed", idempotency="off", **making)
    def make_without_a_key(uow: api.UnitOfWork, body: Any) -> api.Row:
        """Make a thing, whatever key is sent."""
        return make(uow, f"{body['name']} {len(ran)}")

    return blp
