"""Every caller gets the answer of the table written by hand (modules.md 2.4 and 3.4, security.md 2.8)."""

from __future__ import annotations

import pytest

from pronaflow_kernel.api import Scope
from pronaflow_kernel.tenancy.service import add_member
from pronaflow_kernel.testing.walk import Rows, operations

from .stages import InstallationStage, ProjectStage, WorkspaceStage
from .table import cases, read

OTHERS = {
    "workspace": ("other_owner", "other_admin", "other_member"),
    "installation": (),
    "project": ("colleague",),
}
"""People whom the requests name."""

IN_WORKSPACE = {"ws_admin": "admin", "ws_viewer": "viewer", "guest": "viewer"}
"""Roles in the workspace; everybody else of a project is a member of it."""


@pytest.fixture(scope="session")
def rows(world):
    """What the server's database holds."""
    opened = Rows(world.database_url)
    yield opened
    opened.close()


def callers(world, table):
    """The callers of a table, and those whom its requests name."""
    names = [*read()[table]["callers"].split(), *OTHERS[table]]
    made = {name: world.person(name) for name in names if name not in ("sysadmin", "nobody")}
    return made | {"sysadmin": world.administrator(), "nobody": world.anonymous()}


@pytest.fixture(scope="session")
def staff(world):
    """The callers of the table of projects, the same for all cases: each has a workspace of its own."""
    return callers(world, "project")


@pytest.fixture
def new_stage(world, staff):
    """Makes fresh stages for a case."""

    def prepare(case):
        if case.table != "project":
            people = callers(world, case.table)
            kind = WorkspaceStage if case.table == "workspace" else InstallationStage
            return lambda: kind(world, people)
        home = staff["ws_owner"].post("/api/v1/workspaces", {"name": "Home"}).data["id"]
        with world.kernel.db.write(Scope.system(home)) as uow:
            for name in staff.keys() - {"ws_owner", "stranger", "nobody", "sysadmin"}:
                add_member(uow, staff[name].id, IN_WORKSPACE.get(name, "member"))
        return lambda: ProjectStage(world, staff, home, case.state)

    return prepare


@pytest.mark.parametrize("case", cases(), ids=str)
def test_the_table(new_stage, rows, case):
    stages = new_stage(case)
    # An owner who enters a private project leaves a trace, be it in vain.
    refused = [name for name, status in case.answers.items() if status >= 400 and name != "ws_owner"]
    # One stage for all who are refused, since they change nothing.
    stage = stages()
    answers = {name: stage.perform(case, name) for name in refused[:1]}
    before = rows.of(stage.home)
    answers |= {name: stage.perform(case, name) for name in refused[1:]}
    assert rows.of(stage.home) == before or case.has_own, "somebody who was refused has changed something"
    for name in case.answers.keys() - answers.keys():
        answers[name] = stages().perform(case, name)
    assert answers == case.answers


def test_the_table_covers_every_operation_that_roles_decide(world):
    """And those for every signed-in user outside identity, whose own tests go through sign-in."""
    listed = operations(world.anonymous().get("/openapi.json").json)
    permissions = world.kernel.access.permissions
    decided = {
        (each.method, each.path)
        for each in listed
        if (found := permissions.get(each.permission))
        and (found.workspace or found.container or found.system)
    }
    assert {address for address in decided if not any(_serves(address, case) for case in cases())} == set()


def _serves(address, case):
    """Whether an operation answers a case: its path has the same parts, names left open."""
    method, path = address
    asked = f"/api/v1{case.path}".partition("?")[0].split("/")
    parts = path.split("/")
    return (
        method == case.method
        and len(parts) == len(asked)
        and all(part in (name, "") or part.startswith("{") for part, name in zip(parts, asked, strict=True))
    )


def test_what_comes_later_is_not_there_yet(world):
    paths = {each.path for each in operations(world.anonymous().get("/openapi.json").json)}
    served = {later for later in read()["later"] if any(f"{path}/".find(f"{later}/") >= 0 for path in paths)}
    assert served == set(), "write down who may do this, and take it off the list"


def test_a_request_without_a_credential_learns_nothing(world):
    reply = world.anonymous().post("/api/v1/workspaces", {"name": 7, "nonsense": True})
    assert (reply.status, reply.error["code"]) == (401, "UNAUTHORIZED")
