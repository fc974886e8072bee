"""The contract: every question the kernel asks its plugins. The prefix tells what an answer does.

`provide_*` is asked while the server is put together, again if another plugin fails. `check_*` may refuse by
raising. `extend_*` adds to an answer, one call a page. Arguments are passed by name, and new ones are only
ever appended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .plugins.markers import hookimpl as hookimpl
from .plugins.markers import hookspec as hookspec

if TYPE_CHECKING:
    import click
    from flask import Blueprint as FlaskBlueprint
    from sqlalchemy import MetaData

    from .access.permissions import Permission
    from .events.types import EventType, Subscriber
    from .health import HealthCheck
    from .persistence.uow import Reader, Row, UnitOfWork
    from .records.resources import Resource

API_VERSION = "1.0"
"""Version of this contract, matched against a manifest's `api` range."""


@hookspec
def provide_settings() -> type[Any] | None:
    """The plugin's section of the settings, as a frozen dataclass; its instance arrives as `ctx.settings`."""


@hookspec
def provide_models() -> MetaData:  # type: ignore[empty-body]
    """The metadata of the plugin's `model_base`; its tables are held to the rules of the house."""


@hookspec
def provide_permissions() -> Sequence[Permission]:  # type: ignore[empty-body]
    """The permissions that the plugin's routes demand, usually `load_permissions(__package__)`."""


@hookspec
def provide_resources() -> Sequence[Resource]:  # type: ignore[empty-body]
    """The plugin's resource types; trash, search and audit work from them."""


@hookspec
def provide_services() -> Mapping[type[Any], Any]:  # type: ignore[empty-body]
    """Services for other plugins: Protocol from the plugin's `api` module to the object that fulfils it."""


@hookspec
def provide_event_types() -> Sequence[EventType]:  # type: ignore[empty-body]
    """The events that the plugin publishes."""


@hookspec
def provide_subscribers() -> Sequence[Subscriber]:  # type: ignore[empty-body]
    """The events that the plugin listens to."""


@hookspec
def provide_blueprints() -> Sequence[FlaskBlueprint]:  # type: ignore[empty-body]
    """The plugin's routes; each declares its permission."""


@hookspec
def provide_commands() -> Sequence[click.Command]:  # type: ignore[empty-body]
    """Commands of `pronaflow`; their names stand in the manifest under `commands`."""


@hookspec
def provide_health_checks() -> Sequence[HealthCheck]:  # type: ignore[empty-body]
    """Probes that `/health/ready` runs beside the kernel's own."""


@hookspec
def check_permission(reader: Reader, permission: str, container_id: str | None) -> None:
    """Object to what the roles allow, by raising `Forbidden` or `NotFound`.

    Asked for the permission that the route demands, and for each further one that its service asks about.
    """


@hookspec
def check_change(uow: UnitOfWork, resource: str, row: Row | None, changes: Mapping[str, Any]) -> None:
    """Object to a change before it is written, by raising `Conflict` or `ValidationFailed`.

    Asked by the service that owns the resource, in its transaction. `row` is None for a new record. `changes`
    holds new values by column, and besides them what the request asks of other plugins and is no column:
    with the status of a `project` comes `open_tasks`, `keep` or `cancel`. Ignore names that you do not know.
    """


@hookspec
def extend_payload(reader: Reader, resource: str, rows: Sequence[Row]) -> Mapping[str, Any] | None:
    """Add to the shown records of a resource type; lands under `ext.<plugin id>`.

    One call a page: `rows` are all records of the page. Answer a mapping from record id to JSON data, or
    None for other resource types.
    """
