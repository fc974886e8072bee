"""Pebbles that can be written, listed, changed and trashed: enough to notice any harm from next door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import fields
from sqlalchemy import MetaData, bindparam, func, select

from pronaflow_kernel import api

from .api import Pebbles
from .models import Base, Heard, Pebble


class PebbleIn(api.Schema):
    """What may be written."""

    title = api.Text(100, least=1, required=True)


class PebbleOut(api.Schema):
    """What is shown."""

    id = api.Id()
    title = fields.String()
    version = fields.Integer()
    created_at = api.Timestamp()
    updated_at = api.Timestamp()


class PebblePayload(api.Schema):
    """Payload of the pebble's events."""

    pebble_id = api.Id()
    title = fields.String()


class PebbleQuery(api.PageQuery, api.WorkspaceQuery):
    """What the list takes."""


class Poked(api.Schema):
    """The answer to a poke."""

    poked = fields.Boolean()


CREATED = api.EventType("pebble.created", "Pebble", PebblePayload, summary="A pebble was laid down.")
UPDATED = api.EventType("pebble.updated", "Pebble", PebblePayload, summary="A pebble was changed.")

_OWN = select(Pebble.__table__).where(
    Pebble.workspace_id == api.SCOPE_WORKSPACE, Pebble.lifecycle == "active"
)
_PEBBLES = api.Listing(_OWN, id=Pebble.id, sorts={"created_at": Pebble.created_at}, default="-created_at")
_COUNT = select(func.count()).select_from(_OWN.subquery())
_HEARD = select(Heard.pebble_id).where(
    Heard.workspace_id == api.SCOPE_WORKSPACE,
    Heard.pebble_id.in_(bindparam("ids", expanding=True, type_=api.IdType())),
)


class PebbleService:
    """Rules of pebbles; whoever objects to a change is heard before it is written."""

    def __init__(self, ctx: api.Context) -> None:
        self._ctx = ctx

    def create(self, uow: api.UnitOfWork, body: Mapping[str, Any]) -> api.Row:
        """Lay a pebble down."""
        self._ctx.hooks.check_change(uow, "pebble", None, body)
        pebble = uow.insert(Pebble, body)
        uow.publish(CREATED, pebble["id"], {"pebble_id": pebble["id"], "title": pebble["title"]})
        return pebble

    def change(self, uow: api.UnitOfWork, pebble: api.Row, body: Mapping[str, Any]) -> api.Row:
        """Give a pebble another title."""
        self._ctx.hooks.check_change(uow, "pebble", pebble, body)
        update = uow.update(Pebble, pebble, body)
        if update.changes:
            payload = {"pebble_id": pebble["id"], "title": update.row["title"]}
            uow.publish(UPDATED, pebble["id"], payload, changes=update.changes)
        return update.row

    def count(self, reader: api.Reader) -> int:
        """How many there are."""
        return int(reader.value(_COUNT))


def _heard(uow: api.UnitOfWork, event: api.Event) -> None:
    uow.insert(Heard, {"pebble_id": event.aggregate_id})


def _routes(ctx: api.Context, service: PebbleService) -> api.Blueprint:
    blp = api.Blueprint("neighbour", url_prefix="/api/v1/neighbour", tag="Neighbour")
    one: dict[str, Any] = {"target": api.in_path("pebble"), "returns": PebbleOut, "resource": "pebble"}
    everywhere: dict[str, Any] = {"target": api.WORKSPACE, "returns": PebbleOut, "resource": "pebble"}

    @blp.endpoint("GET", "/pebbles", permission="neighbour.read", query=PebbleQuery, many=True, **everywhere)
    def list_pebbles(reader: api.Reader, query: Any) -> api.Page:
        """List pebbles."""
        return _PEBBLES.page(reader, query, {})

    @blp.endpoint("POST", "/pebbles", permission="neighbour.write", body=PebbleIn, status=201, **everywhere)
    def create_pebble(uow: api.UnitOfWork, body: Any) -> api.Row:
        """Lay a pebble down."""
        return service.create(uow, body)

    @blp.endpoint("GET", "/pebbles/<id:pebble_id>", permission="neighbour.read", **one)
    def get_pebble(reader: api.Reader, pebble_id: str) -> api.Row:
        """Look at a pebble."""
        return reader.get(Pebble, pebble_id)

    @blp.endpoint(
        "PATCH", "/pebbles/<id:pebble_id>", permission="neighbour.write", body=PebbleIn(partial=True), **one
    )
    def update_pebble(uow: api.UnitOfWork, pebble_id: str, body: Any) -> api.Row:
        """Change a pebble."""
        return service.change(uow, uow.get(Pebble, pebble_id), body)

    @blp.endpoint(
        "DELETE", "/pebbles/<id:pebble_id>", permission="neighbour.write", target=api.in_path("pebble")
    )
    def delete_pebble(uow: api.UnitOfWork, pebble_id: str) -> api.Answer:
        """Move a pebble to the trash."""
        ctx.trash.put(uow, "pebble", uow.get(Pebble, pebble_id))
        return api.Answer(message="Pebble moved to the trash")

    @blp.endpoint("GET", "/poke", permission="neighbour.poke", target=api.WORKSPACE, returns=Poked)
    def poke(reader: api.Reader) -> api.Row:
        """Ask for a permission that some animals object to in their way."""
        return {"poked": True}

    return blp


class Plugin(api.Plugin):
    """Table of contents."""

    def setup(self, ctx: api.Context) -> None:
        """Build the service."""
        super().setup(ctx)
        self.service = PebbleService(ctx)

    @api.hookimpl
    def provide_models(self) -> MetaData:
        """Tables: models.py."""
        return Base.metadata

    @api.hookimpl
    def provide_permissions(self) -> Sequence[api.Permission]:
        """Permissions: permissions.toml."""
        return api.load_permissions(__package__)

    @api.hookimpl
    def provide_resources(self) -> Sequence[api.Resource]:
        """Pebbles."""
        return [api.Resource("pebble", Pebble, "title", url="/neighbour/pebbles/{id}")]

    @api.hookimpl
    def provide_event_types(self) -> Sequence[api.EventType]:
        """What happens to pebbles."""
        return [CREATED, UPDATED]

    @api.hookimpl
    def provide_subscribers(self) -> Sequence[api.Subscriber]:
        """Its own ear."""
        return [api.Subscriber("heard", ("pebble.created",), _heard)]

    @api.hookimpl
    def provide_services(self) -> Mapping[type[Any], Any]:
        """`Pebbles` for other plugins."""
        return {Pebbles: self.service}

    @api.hookimpl
    def provide_blueprints(self) -> Sequence[api.Blueprint]:
        """Routes."""
        return [_routes(self.ctx, self.service)]

    @api.hookimpl
    def extend_payload(
        self, reader: api.Reader, resource: str, rows: Sequence[api.Row]
    ) -> Mapping[str, Any] | None:
        """Whether the event of a pebble has arrived."""
        if resource != "pebble":
            return None
        heard = {row["pebble_id"] for row in reader.all(_HEARD, ids=[row["id"] for row in rows])}
        return {row["id"]: {"heard": row["id"] in heard} for row in rows}
