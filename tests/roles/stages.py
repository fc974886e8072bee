"""What the actions of the table are done to, made anew for each case."""

from __future__ import annotations

import re
from typing import Any

from pronaflow_kernel.api import Principal, Scope, UnitOfWork, new_id
from pronaflow_kernel.tenancy.service import add_member
from pronaflow_kernel.testing import Person, World
from pronaflow_projects.api import Projects
from pronaflow_projects.models import Project, ProjectMember

from .table import NAMED, Case

API = "/api/v1"
WORKSPACES = f"{API}/workspaces"
TASKS = f"{API}/tasks"


class Stage:
    """What the names in a request stand for; each method that a table names makes one.

    Arguments:
        world: the server.
        people: by the name of the caller.
    """

    def __init__(self, world: World, people: dict[str, Person]) -> None:
        self.world, self.people = world, people
        self.caller = people["nobody"]
        self.home = new_id()
        """The workspace in which everything is, if there is one."""
        self._made: dict[str, str] = {}

    def perform(self, case: Case, caller: str) -> int:
        """The status of the answer to a caller."""
        self.caller = self.people[caller]
        values = {name: self._value(name) for name in case.names}
        self.settle()
        path, body = _filled(case.path, values), _filled(case.body, values)
        if case.upload is not None:
            return self.caller.upload(API + path, case.upload, b"What was said").status
        return self.caller.request(case.method, API + path, body).status

    def settle(self) -> None:
        """Bring everything into the state of the case, once all is made."""

    def _value(self, name: str) -> str:
        if name == "self" or name.startswith("own_"):
            return str(getattr(self, name)())
        if name not in self._made:
            self._made[name] = getattr(self, name)()
        return self._made[name]

    def self(self) -> str:
        """The caller; for who is nobody, somebody."""
        return self.caller.id or self.world.person().id


class WorkspaceStage(Stage):
    """A workspace with somebody of each role, twice."""

    def __init__(self, world: World, people: dict[str, Person]) -> None:
        super().__init__(world, people)
        self.owner = people["owner"]
        self.id = self.home = self.owner.post(WORKSPACES, {"name": "Alpha"}).data["id"]
        with world.kernel.db.write(Scope.system(self.id)) as uow:
            for name, person in people.items():
                role = name.removeprefix("other_")
                if role in ("owner", "admin", "member", "viewer") and person is not self.owner:
                    add_member(uow, person.id, role)

    def workspace(self) -> str:
        """The workspace."""
        return self.id

    def closed_workspace(self) -> str:
        """The workspace, in which members may neither invite nor create projects."""
        body = {"allow_member_invitations": False, "members_can_create_projects": False}
        assert self.owner.patch(f"{WORKSPACES}/{self.id}/settings", body).status == 200
        return self.id

    def trashed_workspace(self) -> str:
        """The workspace, in the trash."""
        assert self.owner.delete(f"{WORKSPACES}/{self.id}").status == 200
        return self.id

    def other_owner(self) -> str:
        """A second owner."""
        return self.people["other_owner"].id

    def other_admin(self) -> str:
        """A second admin."""
        return self.people["other_admin"].id

    def other_member(self) -> str:
        """A second member."""
        return self.people["other_member"].id

    def somebody(self) -> str:
        """Somebody who is not in the workspace."""
        return self.world.person().id

    def invitation(self) -> str:
        """An invitation that waits."""
        body = {"email": "guest@example.com", "role": "member"}
        return str(self.owner.post(f"{WORKSPACES}/{self.id}/invitations", body).data["id"])

    def template(self) -> str:
        """A template of the owner's that is everybody's."""
        return self._template(self.owner, is_public=True)

    def private_template(self) -> str:
        """A template of the owner's that is nobody else's."""
        return self._template(self.owner)

    def own_template(self) -> str:
        """A template of the caller's."""
        return self._template(self.caller)

    def _template(self, author: Person, **values: Any) -> str:
        body = {"workspace_id": self.id, "name": "Template", **values}
        return str(author.post(f"{API}/projects/templates", body).data["id"])

    def shared_view(self) -> str:
        """A saved view that the owner shares."""
        return self._view(shared=True)

    def private_view(self) -> str:
        """A saved view of the owner's own."""
        return self._view(shared=False)

    def _view(self, **values: Any) -> str:
        body = {"workspace_id": self.id, "name": "View", "resource": "tasks", **values}
        made = self.owner.post("/api/v1/preferences/views", body)
        return str(made.data["id"])

    def tag(self) -> str:
        """A tag of the workspace."""
        return str(self.owner.post(f"{WORKSPACES}/{self.id}/tags", {"name": "Urgent"}).data["id"])

    def event(self) -> str:
        """What is known of the beginning of the workspace."""
        [created] = self.owner.get(f"{API}/events", workspace_id=self.id, event_type="workspace.created").data
        return str(created["id"])

    def consumer(self) -> str:
        """An event consumer of the owner's."""
        body = {"workspace_id": self.id, "event_type": "task.created", "handler_type": "log"}
        return str(self.owner.post(f"{API}/event-consumers", body).data["id"])

    def job(self) -> str:
        """A job that the owner has started."""
        return self._start(self.owner)

    def own_job(self) -> str:
        """A job that the caller has started."""
        return self._start(self.caller)

    def _start(self, person: Person) -> str:
        kernel = self.world.kernel
        with kernel.db.write(Scope(Principal("user", person.id), self.id)) as uow:
            return str(kernel.jobs.start(uow, "forget_operations", {}, title="Job")["id"])

    def api_token(self) -> str:
        """An API token of the owner's."""
        return self._api_token(self.owner)

    def own_api_token(self) -> str:
        """An API token of the caller's."""
        return self._api_token(self.caller)

    def notification(self) -> str:
        """A notification of the owner's."""
        return self._notification(self.owner)

    def own_notification(self) -> str:
        """A notification of the caller's."""
        return self._notification(self.caller)

    def connection(self) -> str:
        """An account of the owner's at another service."""
        body = {"oauth_app_id": "github", "access_token": "token", "external_user_id": new_id()}
        return str(self.owner.post(f"{API}/integration/oauth/connections", body).data["id"])

    def consent(self) -> str:
        """Something that the owner has agreed to."""
        body = {"consent_type": "MARKETING", "resource_type": "letters", "resource_id": new_id()}
        return str(self.owner.post(f"{API}/integration/consents", body).data["id"])

    def mute(self) -> str:
        """What the owner does not want to hear."""
        return str(self.owner.put(f"{API}/notifications/mutes", {"type": "security_alert"}).data["id"])

    def _notification(self, person: Person) -> str:
        kernel = self.world.kernel
        with kernel.db.write(Scope(Principal.system())) as uow:
            uow.publish(kernel.event_types["mfa.enabled"], person.id, {"user_id": person.id})
        self.world.drain()
        return str(person.get(f"{API}/notifications").data[0]["id"])

    def workspace_with_editor(self) -> str:
        """The workspace, with the Markdown editor."""
        workspace_id = self._value("workspace")
        self.world.kernel.switches.set("markdown_editor", True, workspace_id)
        return workspace_id

    def workspace_with_calendars(self) -> str:
        """The workspace, with calendars of due dates."""
        workspace_id = self._value("workspace")
        self.world.kernel.switches.set("calendar_feed", True, workspace_id)
        return workspace_id

    def calendar_secret(self) -> str:
        """What is secret in the address of the owner's calendar."""
        where = {"workspace_id": self.workspace_with_calendars()}
        url = self.owner.post(f"{API}/calendar-feed", {}, **where).data["url"]
        return str(url).rpartition("/")[2].removesuffix(".ics")

    def plugin_installation(self) -> str:
        """A plugin of the workspace."""
        body = {"workspace_id": self._value("workspace")}
        return str(self.owner.post(f"{API}/integration/plugins/markdown_editor/install", body).data["id"])

    def webhook(self) -> str:
        """A webhook of the owner's."""
        body = {
            "workspace_id": self.id,
            "url": "https://hooks.example.com/x",
            "subscribed_events": {"task.created": True},
        }
        return str(self.owner.post(f"{API}/integration/webhooks", body).data["id"])

    def delivery(self) -> str:
        """A message that is on its way to the webhook."""
        made = self.owner.post(f"{API}/integration/webhooks/{self._value('webhook')}/test")
        return str(made.data["id"])

    def _api_token(self, person: Person) -> str:
        body = {"name": "Bot", "scopes": ["read:tasks"], "workspace_id": self.id}
        return str(person.post(f"{API}/integration/tokens", body).data["id"])

    def token(self) -> str:
        """The secret of an invitation to somebody else."""
        self.invitation()
        self.world.drain()
        found = re.search(r"^token: (\S+)$", self.world.outbox.to("guest@example.com")[-1].text, re.MULTILINE)
        assert found is not None
        return found[1]


class InstallationStage(Stage):
    """People without anything in common."""

    def session(self) -> str:
        """A session of somebody else."""
        return str(self.world.person().get(f"{API}/auth/sessions").data["sessions"][0]["session_id"])

    def workspace(self) -> str:
        """A workspace of somebody else."""
        return self.world.person().workspace_id

    def account(self) -> str:
        """Somebody else; who asks has just proved who they are."""
        if self.caller.id:
            self.world.step_up(self.caller)
        return self.world.person().id

    def erasure(self) -> str:
        """An account that was forgotten, as the administrator of the system wanted."""
        administrator = self.people["sysadmin"]
        self.world.step_up(administrator)
        body = {"user_id": self.world.person().id}
        made = administrator.post(f"{API}/compliance/erasures", body)
        self.world.drain()
        return str(made.data["id"])


class ProjectStage(Stage):
    """A project with somebody of each role, in a workspace with somebody of each role.

    Arguments:
        workspace_id: where; its people are in it already.
        state: of the project when the action is done.
    """

    def __init__(self, world: World, people: dict[str, Person], workspace_id: str, state: str) -> None:
        super().__init__(world, people)
        self.home, self.state, self.boss = workspace_id, state, people["owner"]
        with world.kernel.db.write(Scope.system(workspace_id)) as uow:
            mode = "strict" if state == "strict" else "simple"
            self.id = self._project(uow, "Stage", self.boss, _visibility(state), mode)
            for name in ("manager", "planner", "member", "viewer", "guest", "colleague"):
                row = {"project_id": self.id, "user_id": people[name].id, "joined_at": uow.now}
                role = "member" if name in ("guest", "colleague") else name
                uow.insert(ProjectMember, {**row, "role": role})

    def _project(
        self, uow: UnitOfWork, name: str, owner: Person, visibility: str, mode: str = "simple"
    ) -> str:
        values = {"name": name, "visibility": visibility, "governance_mode": mode, "owner_id": owner.id}
        return str(self.world.kernel.services.require(Projects).create(uow, values)["id"])

    def settle(self) -> None:
        """Complete or archive the project."""
        if self.state == "completed":
            body = {"status": "completed"}
            assert self.boss.patch(f"{API}/projects/{self.id}/status", body).status == 200
        if self.state == "archived":
            with self.world.kernel.db.write(Scope.system(self.home)) as uow:
                uow.update(Project, uow.get(Project, self.id), {"lifecycle": "archived"})

    def workspace(self) -> str:
        """The project's workspace."""
        return self.home

    def project(self) -> str:
        """The project."""
        return self.id

    def project_on_github(self) -> str:
        """The project, linked with a repository."""
        self.world.kernel.switches.set("github_sync", True, self.home)
        body = {"repository": "octocat/hello-world"}
        assert self.boss.put(f"{API}/github-sync/{self.id}", body).status == 200
        return self.id

    def _change_request(self, author: Person) -> str:
        made = author.post(f"{API}/projects/{self.id}/change-requests", {"title": "More time"})
        return str(made.data["id"])

    def change_request(self) -> str:
        """A change request of the colleague's."""
        return self._change_request(self.people["colleague"])

    def own_change_request(self) -> str:
        """A change request of the caller's."""
        return self._change_request(self.caller)

    def trashed_project(self) -> str:
        """The project, in the trash."""
        assert self.boss.delete(f"{API}/projects/{self.id}").status == 200
        return self.id

    def archived_project(self) -> str:
        """The project, in the archive."""
        assert self.boss.post(f"{API}/archive/projects/{self.id}/archive", {}).status == 200
        return self.id

    def trashed_task_item(self) -> str:
        """A task of the owner's that the owner deleted, as it lies in the trash."""
        body = {"resource_type": "task", "resource_id": self.task()}
        return str(self.boss.post(f"{API}/archive/trash", body).data["id"])

    def own_project(self) -> str:
        """A private project of the caller."""
        with self.world.kernel.db.write(Scope.system(self.home)) as uow:
            return self._project(uow, "Mine", self.caller, "private")

    def owner(self) -> str:
        """The project's owner."""
        return self.boss.id

    def colleague(self) -> str:
        """A member of the project."""
        return self.people["colleague"].id

    def newcomer(self) -> str:
        """A member of the workspace who is not in the project."""
        person = self.world.person()
        self.world.join(self.home, person, "member")
        return person.id

    def _task(self, author: Person, **values: Any) -> str:
        body = {"project_id": self.id, "title": "Task", **values}
        return str(author.post(TASKS, body).data["id"])

    def task(self) -> str:
        """A task of the colleague's."""
        return self._task(self.people["colleague"])

    def trashed_task(self) -> str:
        """A task that the colleague has deleted."""
        task = self.task()
        assert self.people["colleague"].delete(f"{TASKS}/{task}").status == 200
        return task

    def own_task(self) -> str:
        """A task of the caller's."""
        return self._task(self.caller)

    def own_dated_task(self) -> str:
        """A task of the caller's with dates."""
        return self._task(self.caller, start_date="2026-03-05", due_date="2026-03-09")

    def assigned_task(self) -> str:
        """A task of the colleague's that the caller is to do."""
        return self._task(self.people["colleague"], assigned_to=self.caller.id)

    def other_task(self) -> str:
        """Another task of the colleague's."""
        return self._task(self.people["colleague"])

    def dependency(self) -> str:
        """A link between two tasks of the colleague's."""
        body = {"depends_on_task_id": self.task()}
        return str(self.boss.post(f"{TASKS}/{self.other_task()}/dependencies", body).data["id"])

    def repeating_task(self) -> str:
        """A task of the colleague's that comes again."""
        task = self.task()
        assert self.boss.put(f"{TASKS}/{task}/recurrence", {"pattern": "weekly"}).status == 200
        return task

    def helped_task(self) -> str:
        """A task of the colleague's that the caller is to do with them."""
        colleague = self.people["colleague"]
        return self._task(colleague, assignee_ids=[colleague.id, self.caller.id])

    def busy_task(self) -> str:
        """A task that the colleague is to do."""
        colleague = self.people["colleague"]
        return self._task(colleague, assigned_to=colleague.id)

    def subtask(self) -> str:
        """An item of a checklist of the colleague's."""
        made = self.people["colleague"].post(f"{TASKS}/{self.task()}/subtasks", {"title": "Step"})
        return str(made.data["id"])

    def _comment(self, author: Person) -> str:
        made = author.post(f"{TASKS}/{self.task()}/comments", {"content": "Well"})
        return str(made.data["id"])

    def comment(self) -> str:
        """A comment of the colleague's."""
        return self._comment(self.people["colleague"])

    def own_comment(self) -> str:
        """A comment of the caller's."""
        return self._comment(self.caller)

    def _file(self, author: Person) -> str:
        made = author.upload(f"{TASKS}/{self._value('task')}/files", "plan.pdf", b"The plan")
        return str(made.data["id"])

    def file(self) -> str:
        """A file of the colleague's, at `task`."""
        return self._file(self.people["colleague"])

    def own_file(self) -> str:
        """A file of the caller's, at `task`."""
        return self._file(self.caller)

    def custom_field(self) -> str:
        """A custom field of the project."""
        body = {"name": "Size", "type": "number"}
        return str(self.boss.post(f"{API}/projects/{self.id}/custom-fields", body).data["id"])

    def _time_entry(self, person: Person) -> str:
        body = {"hours": 1, "date": "2026-03-01"}
        return str(person.post(f"{TASKS}/{self.task()}/time-entries", body).data["id"])

    def time_entry(self) -> str:
        """Time that the colleague has logged."""
        return self._time_entry(self.people["colleague"])

    def own_time_entry(self) -> str:
        """Time that the caller has logged."""
        return self._time_entry(self.caller)

    def list(self) -> str:
        """A list of tasks."""
        return str(self.boss.post(f"{TASKS}/lists", {"project_id": self.id, "name": "Sprint"}).data["id"])


def _visibility(state: str) -> str:
    return "private" if state == "private" else "public"


def _filled(template: Any, values: dict[str, str]) -> Any:
    """A template with values for its names."""
    if isinstance(template, str):
        return NAMED.sub(lambda found: values[found[1]], template)
    if isinstance(template, dict):
        return {key: _filled(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, values) for value in template]
    return template
