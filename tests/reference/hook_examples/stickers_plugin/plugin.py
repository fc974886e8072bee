"""Stickers on tasks: an example of every hook. docs/reference/hooks.md shows its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

import click
from flask import Response
from marshmallow import fields
from sqlalchemy import ForeignKey, MetaData, String, bindparam, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from pronaflow_kernel import api
from pronaflow_tasks.api import TASK

from .api import StickerHooks, Stickers
from .commands import stickers

Base = api.model_base("stickers")


class Sticker(Base, api.Record):
    """A few words on a task."""

    __tablename__ = "stickers__sticker"
    task_id: Mapped[str] = mapped_column(api.IdType, ForeignKey(TASK.c.id, ondelete="CASCADE"))
    project_id: Mapped[str] = mapped_column(api.IdType)
    user_id: Mapped[str] = mapped_column(api.IdType)
    text: Mapped[str] = mapped_column(String(200))


class Key(Base, api.InWorkspace):
    """Lets a screen on the wall show the stickers of a workspace."""

    __tablename__ = "stickers__key"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(api.IdType, ForeignKey(api.User.id, ondelete="CASCADE"))


@dataclass(frozen=True)
class Settings:
    """Stickers on tasks."""

    longest: int = api.setting(80, "How many letters a sticker has at most.", least=1, most=200)


class StickerIn(api.Schema):
    """What may be written."""

    task_id = api.Id(required=True)
    text = api.Text(200, least=1, required=True)


class StickerOut(api.Schema):
    """What is shown."""

    id = api.Id()
    task_id = api.Id()
    text = fields.String()


class StickerPayload(api.Schema):
    """What the event tells."""

    sticker_id = api.Id()
    task_id = api.Id()


class KeyOut(api.Schema):
    """A key, which is shown only once."""

    key = fields.String()


PUT = api.EventType("sticker.put", "Sticker", StickerPayload, summary="A sticker was put on a task.")

PROJECT_OF = select(TASK.c.project_id).where(
    TASK.c.workspace_id == api.SCOPE_WORKSPACE, TASK.c.id == bindparam("task_id", type_=api.IdType())
)
STUCK = select(Sticker.task_id, Sticker.text).where(
    Sticker.workspace_id == api.SCOPE_WORKSPACE,
    Sticker.lifecycle == "active",
    Sticker.task_id.in_(bindparam("task_ids", expanding=True, type_=api.IdType())),
)
KEPT = select(Sticker.id).where(
    Sticker.workspace_id == api.SCOPE_WORKSPACE,
    Sticker.project_id == bindparam("project_id", type_=api.IdType()),
    Sticker.text == "keep",
)
FOREVER = (
    select(Sticker.id).where(Sticker.workspace_id == api.SCOPE_WORKSPACE, Sticker.text == "forever").limit(1)
)
PEEL = delete(Sticker).where(
    Sticker.workspace_id == api.SCOPE_WORKSPACE,
    Sticker.task_id == bindparam("task_id", type_=api.IdType()),
)
OLD = api.unscoped(
    "a sticker holds for a month, wherever it is",
    delete(Sticker).where(Sticker.created_at < bindparam("before", type_=api.UtcDateTime())),
)
KEY = api.unscoped(
    "a key tells the workspace",
    select(Key.user_id, Key.workspace_id).where(Key.digest == bindparam("digest")),
)
BY_USER = api.unscoped(
    "all that a person wrote, wherever it is",
    select(Sticker.task_id, Sticker.text, Sticker.created_at)
    .where(Sticker.user_id == bindparam("user_id", type_=api.IdType()))
    .order_by(Sticker.created_at),
)
WITHDRAW = api.unscoped(
    "all keys of a person, wherever they are",
    delete(Key).where(Key.user_id == bindparam("user_id", type_=api.IdType())),
)
SCREEN = frozenset({"read:stickers"})

HOW_MANY = api.unscoped("counts for the operator", select(func.count()).select_from(Sticker))


class StickerService:
    """Rules of stickers."""

    def __init__(self, ctx: api.Context) -> None:
        self._ctx = ctx

    def put(self, uow: api.UnitOfWork, task_id: str, text: str) -> api.Row:
        """Put a sticker on a task, unless a plugin objects."""
        if len(text) > self._ctx.settings.longest:
            raise api.invalid("text", f"Longer than {self._ctx.settings.longest} letters.")
        self._ctx.hooks.ask("check_sticker", uow=uow, text=text)
        project_id = uow.value(PROJECT_OF, task_id=task_id)
        user_id = uow.scope.principal.user_id
        values = {"task_id": task_id, "project_id": project_id, "user_id": user_id, "text": text}
        sticker = uow.insert(Sticker, values)
        payload = {"sticker_id": sticker["id"], "task_id": task_id}
        uow.publish(PUT, sticker["id"], payload, container_id=project_id)
        return sticker


def routes(service: StickerService) -> api.Blueprint:
    """The routes under /api/v1/stickers."""
    blp = api.Blueprint("stickers", url_prefix="/api/v1/stickers", tag="Stickers")
    answer: Any = {"returns": StickerOut, "resource": "sticker"}
    task, sticker = api.in_body(("task", "task_id")), api.in_path("sticker")

    @blp.endpoint("POST", "", permission="stickers.put", target=task, body=StickerIn, status=201, **answer)
    def put_sticker(uow: api.UnitOfWork, body: Any) -> api.Row:
        """Put a sticker on a task."""
        return service.put(uow, body["task_id"], body["text"])

    @blp.endpoint("GET", "/<id:sticker_id>", permission="stickers.read", target=sticker, **answer)
    def get_sticker(reader: api.Reader, sticker_id: str) -> api.Row:
        """Read a sticker."""
        return reader.get(Sticker, sticker_id)

    @blp.endpoint(
        "POST", "/keys", permission="stickers.put", target=api.WORKSPACE, returns=KeyOut, status=201
    )
    def make_key(uow: api.UnitOfWork) -> api.Row:
        """Make a key for a screen on the wall."""
        key = f"sticker_{token_urlsafe()}"
        digest = sha256(key.encode()).hexdigest()
        uow.insert(Key, {"digest": digest, "user_id": uow.scope.principal.user_id})
        return {"key": key}

    return blp


def peel(uow: api.UnitOfWork, event: api.Event) -> None:
    """What is done needs no stickers."""
    uow.execute(PEEL, task_id=event.aggregate_id)


def peel_old(uow: api.UnitOfWork, args: Mapping[str, Any]) -> None:
    """No sticker holds for ever."""
    uow.execute(OLD, before=uow.now - timedelta(days=30))


def as_text(error: api.KernelError, now: datetime) -> Response:
    """An error as one line of text."""
    return Response(f"{now:%H:%M} {error.message}\n", error.status, mimetype="text/plain")


class StickersPlugin(api.Plugin):
    """One method for every hook of the kernel."""

    @api.hookimpl
    def provide_settings(self) -> type[Settings]:
        """The section `[stickers]`."""
        return Settings

    @api.hookimpl
    def provide_hookspecs(self) -> type[StickerHooks]:
        """Others may object to a sticker."""
        return StickerHooks

    @api.hookimpl
    def provide_models(self) -> MetaData:
        """Stickers and keys."""
        return Base.metadata

    @api.hookimpl
    def provide_permissions(self) -> Sequence[api.Permission]:
        """Those in permissions.toml."""
        return api.load_permissions(__package__)

    @api.hookimpl
    def provide_resources(self) -> Sequence[api.Resource]:
        """The project of its task decides who sees a sticker."""
        return [api.Resource("sticker", Sticker, "text", "project_id", url="/stickers/{id}")]

    @api.hookimpl
    def provide_services(self) -> Mapping[type[Any], Any]:
        """Other plugins may put stickers."""
        return {Stickers: StickerService(self.ctx)}

    @api.hookimpl
    def provide_event_types(self) -> Sequence[api.EventType]:
        """One event."""
        return [PUT]

    @api.hookimpl
    def provide_subscribers(self) -> Sequence[api.Subscriber]:
        """A completed task loses its stickers."""
        return [api.Subscriber("peel", ("task.completed",), peel)]

    @api.hookimpl
    def provide_jobs(self) -> Sequence[api.JobType]:
        """Each night old stickers come off."""
        return [api.JobType("peel_old", peel_old, schedules=(api.Schedule("0 3 * * *"),))]

    @api.hookimpl
    def provide_blueprints(self) -> Sequence[api.Blueprint]:
        """All routes."""
        return [routes(StickerService(self.ctx))]

    @api.hookimpl
    def provide_commands(self) -> Sequence[click.Command]:
        """`pronaflow stickers`."""
        return [stickers]

    @api.hookimpl
    def provide_health_checks(self) -> Sequence[api.HealthCheck]:
        """Whether the table can be read."""

        def probe() -> None:
            with self.ctx.db.read(api.Scope.system()) as reader:
                reader.value(HOW_MANY)

        return [api.HealthCheck("stickers", probe)]

    @api.hookimpl
    def provide_error_format(self) -> api.ErrorFormat:
        """Screens on the wall show lines of text."""
        return api.ErrorFormat("/api/v1/stickers/", as_text)

    @api.hookimpl
    def pick_principal(self, reader: api.Reader, credential: str) -> api.Principal | None:
        """`Bearer sticker_…` reads stickers and nothing else."""
        if not credential.startswith("sticker_"):
            return None
        key = reader.one(KEY, digest=sha256(credential.encode()).hexdigest())
        if key is None:
            raise api.Unauthorized("This key was withdrawn")
        return api.Principal("token", key["user_id"], scopes=SCREEN, workspace_id=key["workspace_id"])

    @api.hookimpl
    def pick_rate_limit(self, reader: api.Reader, principal: api.Principal) -> api.RateLimit | None:
        """All screens of a workspace share 60 requests a minute."""
        if principal.kind != "token" or principal.scopes != SCREEN:
            return None
        return api.RateLimit(60, "screen", f"stickers:{principal.workspace_id}")

    @api.hookimpl
    def pick_trash_policy(self, reader: api.Reader) -> api.TrashPolicy | None:
        """Where a sticker says `forever`, what is deleted can come back for a year."""
        if reader.value(FOREVER) is None:
            return None
        return api.TrashPolicy(keep=timedelta(days=365))

    @api.hookimpl
    def check_permission(self, reader: api.Reader, permission: str, container_id: str | None) -> None:
        """In a project with a sticker `keep` no task is deleted."""
        if permission == "tasks.delete" and reader.value(KEPT, project_id=container_id):
            raise api.Forbidden("A sticker in this project says keep")

    @api.hookimpl
    def check_change(
        self, uow: api.UnitOfWork, resource: str, row: api.Row | None, changes: Mapping[str, Any]
    ) -> None:
        """A task with a sticker `wait` is not completed."""
        if resource != "task" or row is None or changes.get("status") != "completed":
            return
        if any(sticker["text"] == "wait" for sticker in uow.all(STUCK, task_ids=[row["id"]])):
            raise api.Conflict("A sticker on this task says wait", details={"field": "status"})

    @api.hookimpl
    def extend_payload(
        self, reader: api.Reader, resource: str, rows: Sequence[api.Row]
    ) -> Mapping[str, Any] | None:
        """Show the stickers of tasks, with one statement a page."""
        if resource != "task":
            return None
        shown: dict[str, list[str]] = {row["id"]: [] for row in rows}
        for sticker in reader.all(STUCK, task_ids=list(shown)):
            shown[sticker["task_id"]].append(sticker["text"])
        return shown

    @api.hookimpl
    def collect_user_data(
        self, reader: api.Reader, user_id: str
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """The stickers that the user wrote."""
        return {"stickers": reader.all(BY_USER, user_id=user_id)}

    @api.hookimpl
    def erase_user_data(self, uow: api.UnitOfWork, user_id: str) -> None:
        """Their keys go. Stickers stay, they are their team's; who wrote them is only an id from now on."""
        uow.execute(WITHDRAW, user_id=user_id)
