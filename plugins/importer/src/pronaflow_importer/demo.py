"""Demonstration data: 3 projects, 200 tasks, 90 days of history, the same at every load but for the dates.

Everything goes through the services of the API, each day in a unit of work of its own whose business time is
that day; the ledger then holds a history that charts can be drawn from.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from itertools import count
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update

from pronaflow_kernel.api import (
    SCOPE_WORKSPACE,
    Context,
    IdType,
    Membership,
    Principal,
    Row,
    Scope,
    UnitOfWork,
    User,
    Workspace,
    add_person,
    remove_person,
    tenancy,
    unscoped,
)
from pronaflow_projects.api import Projects
from pronaflow_tasks.api import TASK, Tasks

from .models import Demo
from .people import first_admin

DAYS = 90
TASKS = 200
SEED = 2026
DOMAIN = "@demo.pronaflow.invalid"
PEOPLE = ("Amara Okafor", "Bao Nguyen", "Clara Lindqvist", "Diego Marin", "Ewa Nowak")
PROJECTS = (("WEB", "Website relaunch"), ("APP", "Mobile app"), ("OPS", "Office move"))
VERBS = ("Draft", "Review", "Build", "Test", "Fix", "Plan", "Measure", "Document", "Migrate", "Simplify")
THINGS = (
    "the landing page",
    "sign-in",
    "the price list",
    "push messages",
    "the floor plan",
    "the backup",
    "search results",
    "the release notes",
    "the onboarding tour",
    "error messages",
    "the calendar view",
    "the supplier contract",
)
REMARKS = (
    "Looks good to me.",
    "Blocked by the supplier, I asked again.",
    "Half done.",
    "Please have a look.",
)

_DEMO = unscoped(
    "the operator asks for the one demonstration, whichever workspace it is", select(Demo.__table__)
)
_COMPLETE = update(Demo).where(Demo.workspace_id == SCOPE_WORKSPACE).values(complete=True)
_TASKS = select(func.count()).select_from(TASK).where(TASK.c.workspace_id == SCOPE_WORKSPACE)
_TAKEN = select(User.id).where(
    or_(User.username_norm == bindparam("username"), User.email_norm == bindparam("email"))
)
_PEOPLE = select(User.__table__).where(User.id.in_(bindparam("ids", expanding=True, type_=IdType())))
_ELSEWHERE = unscoped(
    "somebody may have made the demonstration's people members of other workspaces",
    select(Membership.user_id).where(
        Membership.user_id.in_(bindparam("ids", expanding=True, type_=IdType()))
    ),
)


class DemoIncomplete(Exception):
    """A load was stopped half-way; what it made has to go first."""

    def __init__(self, tasks: int) -> None:
        super().__init__(
            f"a demonstration is there, but its load was stopped after {tasks} of {TASKS} tasks; "
            "remove it with `pronaflow demo reset`, then load it again"
        )


@dataclass(slots=True)
class _Story:
    """What happens on which day: drawn once, before anything is written."""

    draw: random.Random = field(default_factory=lambda: random.Random(SEED))
    days: dict[int, list[tuple[Any, ...]]] = field(default_factory=dict)

    def plan(self) -> dict[int, list[tuple[Any, ...]]]:
        """`(act, task number, …)` by day, 0 being the first."""
        for number in range(TASKS):
            born = self.draw.randrange(DAYS - 4)
            self._on(born, "create", number, self.draw.randrange(3), self._title(), self._fields(born))
            start = born + 1 + self.draw.randrange(12)
            if start < DAYS and self.draw.random() < 0.85:
                self._on(start, "status", number, "in_progress")
                self._rest(number, start)
        return self.days

    def _rest(self, number: int, start: int) -> None:
        if self.draw.random() < 0.4:
            self._on(start, "comment", number, self.draw.choice(REMARKS))
        review = start + 1 + self.draw.randrange(8)
        if review < DAYS:
            self._on(review, "status", number, self.draw.choice(("in_review", "in_review", "blocked")))
        done = review + 1 + self.draw.randrange(6)
        if done < DAYS and self.draw.random() < 0.9:
            self._on(done, "status", number, self.draw.choice(("completed",) * 12 + ("cancelled",)))

    def _title(self) -> str:
        return f"{self.draw.choice(VERBS)} {self.draw.choice(THINGS)}"

    def _fields(self, born: int) -> dict[str, Any]:
        return {
            "priority": self.draw.choice(("low", "medium", "medium", "high", "critical")),
            "assignee": self.draw.randrange(len(PEOPLE)),
            "due_in": self.draw.randrange(5, 40),
            "estimated_hours": float(self.draw.choice((1, 2, 4, 8, 16))),
            "tags": self.draw.sample(
                ("design", "backend", "customer", "quick win", "risk"), self.draw.randrange(3)
            ),
        }

    def _on(self, day: int, *act: Any) -> None:
        self.days.setdefault(day, []).append(act)


def load_demo(ctx: Context, advance: Callable[[int], None] = lambda _days: None) -> dict[str, Any]:
    """Load the demonstration; does nothing if it is there.

    Arguments:
        advance: told of each day.

    Raises:
        DemoIncomplete: an earlier load was stopped.
    """
    there = _there(ctx)
    if there is not None:
        with ctx.db.read(Scope.system(there["workspace_id"])) as reader:
            tasks = reader.value(_TASKS)
        if not there["complete"]:
            raise DemoIncomplete(tasks)
        return {"loaded": False, "workspace_id": there["workspace_id"], "tasks": tasks}
    today = ctx.clock.now().astimezone(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    begin = today - timedelta(days=DAYS)
    with ctx.db.write(Scope.system(), origin="import", now=begin) as uow:
        stage = _set_up(ctx, uow)
    plan = _Story().plan()
    made: dict[int, Row] = {}
    for day in range(DAYS):
        with ctx.db.write(stage.scope, origin="import", now=begin + timedelta(days=day)) as uow:
            for act in plan.get(day, ()):
                _perform(ctx.services.require(Tasks), uow, stage, made, act)
            if day == DAYS - 1:
                uow.execute(_COMPLETE)
        advance(1)
    return {"loaded": True, "workspace_id": stage.scope.workspace_id, "tasks": len(made)}


def _there(ctx: Context) -> Row | None:
    with ctx.db.read(Scope.system()) as reader:
        return reader.one(_DEMO)


@dataclass(frozen=True, slots=True)
class _Stage:
    scope: Scope
    projects: list[str]
    people: list[str]


def _set_up(ctx: Context, uow: UnitOfWork) -> _Stage:
    """The workspace, its people and the empty projects."""
    people = [_person(uow, name) for name in PEOPLE]
    owner = first_admin(uow) or {"id": people[0], "username": "demo", "email": None}
    principal = Principal("user", user_id=owner["id"], username=owner["username"], email=owner["email"])
    uow.enter(Scope(principal))
    workspace = tenancy.create_workspace(
        uow, owner["id"], {"name": "Demonstration", "workspace_type": "team"}
    )
    uow.insert(Demo, {"complete": False, "user_ids": people})
    for person in people:
        if person != owner["id"]:
            tenancy.add_member(uow, person, "member")
    service = ctx.services.require(Projects)
    projects = []
    for key, name in PROJECTS:
        project = service.create(uow, {"key": key, "name": name, "start_date": uow.now.date()})
        projects.append(project["id"])
        for person in people:
            if person != owner["id"]:
                service.add_member(uow, project["id"], person, "member")
    return _Stage(Scope(principal, workspace["id"], "owner"), projects, people)


def _person(uow: UnitOfWork, name: str) -> str:
    """A colleague who cannot sign in: there is no password."""
    username, email = _free_name(uow, name.split()[0].lower())
    return str(add_person(uow, username, email, name)["id"])


def _free_name(uow: UnitOfWork, first: str) -> tuple[str, str]:
    """User name and mail address that nobody has: `demo_amara`, else `demo_amara2` and so on."""
    for number in count(1):
        called = first if number == 1 else f"{first}{number}"
        username, email = f"demo_{called}", called + DOMAIN
        if uow.one(_TAKEN, username=username, email=email) is None:
            return username, email
    raise AssertionError("numbers do not end")


def _perform(
    tasks: Tasks, uow: UnitOfWork, stage: _Stage, made: dict[int, Row], act: tuple[Any, ...]
) -> None:
    kind, number, *rest = act
    if kind == "create":
        project, title, fields = rest
        values = {
            "project_id": stage.projects[project],
            "title": title,
            "priority": fields["priority"],
            "assigned_to": stage.people[fields["assignee"]],
            "due_date": (uow.now + timedelta(days=fields["due_in"])).date(),
            "estimated_hours": fields["estimated_hours"],
            "tags": fields["tags"],
            "created_at": uow.now,
        }
        made[number] = tasks.create(uow, values)
    elif kind == "status":
        tasks.update(uow, made[number]["id"], {"status": rest[0]})
    else:
        tasks.comment(uow, made[number]["id"], rest[0])


def reset_demo(ctx: Context) -> bool:
    """Remove the demonstration with its workspace and people; the answer tells whether there was one.

    Whoever of its people is a member of another workspace by now stays.
    """
    there = _there(ctx)
    if there is None:
        return False
    with ctx.db.write(Scope.system(there["workspace_id"]), origin="system") as uow:
        tenancy.purge_workspace(uow, uow.get(Workspace, there["workspace_id"], trashed=True))
        needed = {row["user_id"] for row in uow.all(_ELSEWHERE, ids=there["user_ids"])}
        for user in uow.all(_PEOPLE, ids=there["user_ids"]):
            if user["id"] not in needed:
                remove_person(uow, user)
    return True
