"""The contract: every question the kernel asks its plugins. The prefix tells what an answer does.

`provide_*` is asked while the server is put together, again if another plugin fails. Of `pick_*` the first
answer counts. `check_*` may refuse by raising. `extend_*` adds to an answer, one call a page. `collect_*` and
`erase_*` are about personal data. Arguments are passed by name, and new ones are only ever appended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .plugins.markers import hookimpl as hookimpl
from .plugins.markers import hookspec as hookspec

if TYPE_CHECKING:
    from types import ModuleType

    import click
    from flask import Blueprint as FlaskBlueprint
    from sqlalchemy import MetaData

    from .access.permissions import Permission
    from .access.principal import Principal
    from .events.types import EventType, Subscriber
    from .health import HealthCheck
    from .jobs.types import JobType
    from .persistence.uow import Reader, Row, UnitOfWork
    from .records.policy import TrashPolicy
    from .records.resources import Resource
    from .web.formats import ErrorFormat
    from .web.limits.rate import RateLimit

API_VERSION = "1.0"
"""Version of this contract, matched against a manifest's `api` range."""


@hookspec
def provide_settings() -> type[Any] | None:
    """The plugin's section of the settings, as a frozen dataclass; its instance arrives as `ctx.settings`."""


@hookspec
def provide_hookspecs() -> ModuleType | type[Any]:  # type: ignore[empty-body]
    """Hooks of the plugin's own, which others implement: a module or class of functions marked `@hookspec`.

    The plugin asks them by `ctx.hooks.ask(name, ...)`. Whoever implements one names it in its manifest under
    `hooks` as `plugin_id:hook`; the implementation rests where that plugin is not there.
    """


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
def provide_jobs() -> Sequence[JobType]:  # type: ignore[empty-body]
    """The plugin's background work besides its subscribers, with schedules where it comes due by itself."""


@hookspec
def provide_blueprints() -> Sequence[FlaskBlueprint]:  # type: ignore[empty-body]
    """The plugin's routes; each declares its permission."""


@hookspec
def provide_commands() -> Sequence[click.Command]:  # type: ignore[empty-body]
    """Commands of `pronaflow`; their names stand in the manifest under `commands`."""


@hookspec
def provide_health_checks() -> Sequence[HealthCheck]:  # type: ignore[empty-body]
    """Probes shown by `/health/ready`; the kernel's own alone tell whether the server is ready."""


@hookspec
def provide_error_format() -> ErrorFormat:  # type: ignore[empty-body]
    """How errors look below a path of the plugin's own, where an API of another tradition is served."""


@hookspec
def pick_principal(reader: Reader, credential: str) -> Principal | None:
    """Sign in whoever sends a bearer credential that is no access token of the kernel.

    Answer None for a credential of another kind, raise `Unauthorized` for a wrong or ended one. `reader` is
    in no workspace and has no user yet.
    """


@hookspec
def pick_rate_limit(reader: Reader, principal: Principal) -> RateLimit | None:
    """Say how many requests whoever is signed in may send a minute, and with whom they share them.

    Asked once a request, after its sign-in and before anything else, so at most one statement is fair. Answer
    None for a principal of another kind: then `rate_limit.user_per_minute` holds. `reader` acts for the
    principal and is in no workspace.
    """


@hookspec
def pick_trash_policy(reader: Reader) -> TrashPolicy | None:
    """Say how long the workspace of `reader` keeps what is in its trash, and what comes after that.

    Asked once a unit of work that moves something there, and by the job that empties it. Answer None where
    the workspace has decided nothing.
    """


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
    None for other resource types. A single record asks all plugins, a list those that its request names
    (`?ext=hello`), a write once it is committed.
    """


@hookspec
def collect_user_data(  # type: ignore[empty-body]
    reader: Reader, user_id: str
) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """All that the plugin holds of a user: kind of thing to rows, as the user may read them.

    Asked once for all workspaces, with a reader in none; statements on tenant tables say so by `unscoped`.
    """


@hookspec
def erase_user_data(uow: UnitOfWork, user_id: str) -> str | None:
    """Forget a user: erase or replace personal values, so that nothing tells who it was.

    Answer a sentence that tells what became of texts which the user wrote, for the certificate; with None it
    says that they stay with their workspace, under an account without a name.

    Asked once for all workspaces, in one transaction with what other plugins erase. Ids of the user stay
    where rows need them: the kernel makes the account behind them anonymous.
    """
