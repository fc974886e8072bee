"""A plugin that keeps every part of the contract; the tests of the suite break it in one way each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import MetaData

from pronaflow_kernel import api

from . import queries
from .models import Base, Heard, Notebook, Page
from .routes import build
from .schemas import CHANGED, WRITTEN


class NotebookContainers:
    """Who sees which notebook."""

    def role(self, reader: api.Reader, container_id: str, *, trashed: bool = False) -> str | None:
        """See `Containers.role`."""
        found: str | None = reader.value(queries.ROLE, id=container_id)
        return found

    def visible(self, *, trashed: bool = False) -> Any:
        """See `Containers.visible`."""
        return queries.VISIBLE

    def seeing(self, reader: api.Reader, container_id: str, user_ids: Sequence[str]) -> list[str]:
        """See `Containers.seeing`."""
        return list(user_ids)


def hear(uow: api.UnitOfWork, event: api.Event) -> None:
    """Note that a page was written."""
    uow.insert(Heard, {"page_id": event.aggregate_id})


class NotebooksPlugin(api.Plugin):
    """Table of contents."""

    @api.hookimpl
    def provide_models(self) -> MetaData:
        """Tables."""
        return Base.metadata

    @api.hookimpl
    def provide_permissions(self) -> Sequence[api.Permission]:
        """Permissions."""
        return api.load_permissions(__package__)

    @api.hookimpl
    def provide_resources(self) -> Sequence[api.Resource]:
        """Resource types."""
        return [
            api.Resource("notebook", Notebook, "name", "id", url="/notebooks/{id}"),
            api.Resource("page", Page, "title", "notebook_id", url="/notebooks/pages/{id}"),
        ]

    @api.hookimpl
    def provide_services(self) -> Mapping[type[Any], Any]:
        """Who sees what."""
        return {api.Containers: NotebookContainers()}

    @api.hookimpl
    def provide_event_types(self) -> Sequence[api.EventType]:
        """Events."""
        return [WRITTEN, CHANGED]

    @api.hookimpl
    def provide_subscribers(self) -> Sequence[api.Subscriber]:
        """What it listens to."""
        return [api.Subscriber("hear", ("page.written",), hear)]

    @api.hookimpl
    def provide_blueprints(self) -> Sequence[api.Blueprint]:
        """Routes."""
        return [build(self.ctx)]

    @api.hookimpl
    def extend_payload(
        self, reader: api.Reader, resource: str, rows: Sequence[api.Row]
    ) -> Mapping[str, Any] | None:
        """Whether a page was heard of."""
        if resource != "page":
            return None
        return {
            row["page_id"]: {"heard": True} for row in reader.all(queries.HEARD, ids=[r["id"] for r in rows])
        }

    @api.hookimpl
    def collect_user_data(
        self, reader: api.Reader, user_id: str
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Notebooks, pages and the signature."""
        kinds = {
            "notebooks": queries.KEPT_BY,
            "pages": queries.WRITTEN_BY,
            "signature": queries.SIGNATURE,
        }
        return {kind: reader.all(statement, user_id=user_id) for kind, statement in kinds.items()}

    @api.hookimpl
    def erase_user_data(self, uow: api.UnitOfWork, user_id: str) -> None:
        """Bylines and the signature; pages stay with their workspace."""
        uow.execute(queries.UNSIGN, user_id=user_id)
        uow.execute(queries.FORGET, user_id=user_id)
