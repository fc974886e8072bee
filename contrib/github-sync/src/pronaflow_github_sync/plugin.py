"""What the plugin consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import MetaData, bindparam, delete, select

from pronaflow_kernel.api import (
    Blueprint,
    Context,
    IdType,
    JobOut,
    JobType,
    NotFound,
    Permission,
    Plugin,
    Reader,
    Row,
    Schema,
    Timestamp,
    UnitOfWork,
    hookimpl,
    in_path,
    load_permissions,
    unscoped,
)

from .models import Base, Link
from .sync import OF_PROJECT, Sync

_WHY = "a user's data is looked for in all workspaces"
_BY = Link.created_by == bindparam("user_id", type_=IdType())
_HELD = unscoped(_WHY, select(Link.id, Link.project_id, Link.repository, Link.created_at).where(_BY))
_FORGET = unscoped(_WHY, delete(Link).where(_BY))
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}"


class LinkIn(Schema):
    """With which repository a project is linked."""

    repository = fields.String(
        required=True,
        validate=validate.Regexp(f"^{_NAME}$", error="Write it as owner/name."),
        metadata={"description": "As in its address: `octocat/hello-world`"},
    )


class LinkOut(Schema):
    """A link, and how it fares."""

    project_id = fields.String()
    repository = fields.String()
    issues = fields.Integer(metadata={"description": "How many have become tasks"})
    synced_at = Timestamp(allow_none=True, metadata={"description": "The end of the last attempt"})
    problem = fields.String(
        allow_none=True, metadata={"description": "What is in the way since then, in words"}
    )
    created_at = Timestamp()


class GitHubSyncPlugin(Plugin):
    """Issues as tasks."""

    def setup(self, ctx: Context) -> None:
        """Build the service."""
        super().setup(ctx)
        self.sync = Sync(ctx)

    @hookimpl
    def provide_models(self) -> MetaData:
        """`models.py`."""
        metadata: MetaData = Base.metadata
        return metadata

    @hookimpl
    def provide_permissions(self) -> Sequence[Permission]:
        """`permissions.toml`."""
        return load_permissions(__package__)

    @hookimpl
    def provide_jobs(self) -> Sequence[JobType]:
        """`sync.py`."""
        return self.sync.jobs()

    @hookimpl
    def provide_blueprints(self) -> Sequence[Blueprint]:
        """The link of a project."""
        blp = Blueprint(
            "github_sync", url_prefix="/api/v1/github-sync", tag="GitHub sync", summary="Issues as tasks"
        )
        read: dict[str, Any] = {"permission": "github_sync.read", "target": in_path("project")}
        manage = {**read, "permission": "github_sync.manage"}

        @blp.endpoint("GET", "/<id:project_id>", **read, returns=LinkOut)
        def get_github_link(reader: Reader, project_id: str) -> Row:
            """Get with which repository a project is linked, and how that fares."""
            return _of(reader, project_id)

        @blp.endpoint("PUT", "/<id:project_id>", **manage, body=LinkIn, returns=LinkOut)
        def link_github_repository(uow: UnitOfWork, project_id: str, body: Row) -> Row:
            """Link a project with a repository, and begin to take its issues; once more changes nothing."""
            return self._link(uow, project_id, body["repository"])

        @blp.endpoint("DELETE", "/<id:project_id>", **manage, status=204)
        def unlink_github_repository(uow: UnitOfWork, project_id: str) -> None:
            """Take no more issues; the tasks stay."""
            uow.remove(Link, _of(uow, project_id))

        @blp.endpoint("POST", "/<id:project_id>/run", **manage, returns=JobOut, status=202)
        def sync_github_repository(uow: UnitOfWork, project_id: str) -> Row:
            """Take what has changed now, and not only at the next full hour."""
            link = _of(uow, project_id)
            title = f"Issues of {link['repository']}"
            return self.ctx.jobs.start(uow, "sync", {"link_id": link["id"]}, title=title, lane=link["id"])

        return [blp]

    @hookimpl
    def collect_user_data(self, reader: Reader, user_id: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """What somebody has linked."""
        return {"github_links": reader.all(_HELD, user_id=user_id)}

    @hookimpl
    def erase_user_data(self, uow: UnitOfWork, user_id: str) -> None:
        """End it: it is their account that reads."""
        uow.execute(_FORGET, user_id=user_id)

    def _link(self, uow: UnitOfWork, project_id: str, repository: str) -> Row:
        found = uow.one(OF_PROJECT, project_id=project_id)
        values: Row = {"repository": repository, "created_by": uow.scope.principal.user_id}
        if found is None:
            where = {"workspace_id": uow.scope.workspace_id, "project_id": project_id}
            found = uow.insert(Link, {**where, **values})
        elif found["repository"] == repository:
            return uow.update(Link, found, values).row
        else:
            anew = {"since": None, "issues": 0, "synced_at": None, "problem": None}
            found = uow.update(Link, found, {**values, **anew}).row
        self.ctx.jobs.enqueue(uow, "sync", {"link_id": found["id"]}, lane=found["id"])
        return found


def _of(reader: Reader, project_id: str) -> Row:
    """The link of a project.

    Raises:
        NotFound: it has none.
    """
    found = reader.one(OF_PROJECT, project_id=project_id)
    if found is None:
        raise NotFound("The project is linked with no repository: PUT links it")
    return found
