"""Where the ids of a request come from: one maker for each kind of record, one kind for each key.

A plugin that names a new kind of record in its paths, queries or bodies adds a line to `MAKERS`; until then
the walk fails and says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pronaflow_kernel.testing import Person, Reply, World

from .bodies import PASSWORD, filled
from .document import Operation

LEFT_OUT = object()
"""Stands for a value that a request must not have."""


class Unsupplied(Exception):
    """An operation needs an id that nobody knows how to make."""


class Party:
    """Somebody with a workspace and with records in it, each made when it is first asked for.

    Arguments:
        world: the server.
        operations: of its document, by id.
        mark: a word in every text that the party writes.
        name: begins the user names of its people.
        person: who it is; somebody new by default.
        visibility: of its projects.
        known: ids of records that are there already, by kind.
        makers: of records, see `MAKERS`.
    """

    def __init__(
        self,
        world: World,
        operations: Mapping[str, Operation],
        mark: str,
        *,
        name: str = "party",
        person: Person | None = None,
        visibility: str = "public",
        known: Mapping[str, str] | None = None,
        makers: Mapping[str, Maker] | None = None,
    ) -> None:
        self.world, self.operations, self.mark, self.name = world, operations, mark, name
        self.person = person or world.person(name)
        self.workspace_id = self.person.workspace_id
        self.visibility = visibility
        self._makers = MAKERS if makers is None else makers
        self._made = dict(known or {})

    @property
    def ids(self) -> set[str]:
        """Of all records made so far."""
        return set(self._made.values())

    def id_of(self, maker: str) -> str:
        """The id of the party's record of a kind, e.g. `task` or `task_list:second`."""
        if maker not in self._made:
            self._made[maker] = self._makers[maker](self)
        return self._made[maker]

    def create(self, operation_id: str, **changes: Any) -> Any:
        """The record that an operation makes from a filled body."""
        return self.send(self.operations[operation_id], self.request(operation_id, **changes)).data

    def request(self, operation_id: str, **changes: Any) -> Request:
        """What to send to an operation so that it succeeds.

        Arguments:
            changes: values by key, whatever their place.

        Raises:
            Unsupplied: the operation needs an id that nobody supplies.
        """
        operation = self.operations[operation_id]
        special = {**SPECIAL.get(operation_id, _nothing)(self), **changes}
        values: Request = {"path": {}, "query": {}, "header": {}, "body": {}}
        values["body"] = filled(operation.body, operation.required, self.mark)
        for place, key in operation.ids:
            values[place][key] = special[key] if key in special else self.id_of(self.maker(operation, key))
        for place, schemas in operation.places.items():
            values[place] |= {key: value for key, value in special.items() if key in schemas}
            values[place] = {key: value for key, value in values[place].items() if value is not LEFT_OUT}
        return values

    def maker(self, operation: Operation, key: str) -> str:
        """The kind of record whose id stands under a key.

        Raises:
            Unsupplied: nobody makes such records.
        """
        kind = KINDS.get(key, key.removesuffix("_id"))
        if kind not in self._makers:
            raise Unsupplied(
                f"{operation.id} ({operation.method} {operation.path}) needs an id under {key!r}: "
                f"tell MAKERS in tests/walk/supplies.py how to make a {kind!r}"
            )
        return kind

    def send(self, operation: Operation, request: Request) -> Reply:
        """The answer to a request of this party."""
        return send(self.person, operation, request)


Request = dict[str, dict[str, Any]]
"""Values by key for `path`, `query`, `header` and `body`."""


def send(person: Person, operation: Operation, request: Request) -> Reply:
    """The answer to somebody's request."""
    return person.request(
        operation.method,
        operation.path.format(**request["path"]),
        request["body"] if operation.has_body else None,
        query=request["query"],
        headers=request["header"],
    )


Maker = Callable[[Party], str]

KINDS = {
    "user_id": "member",
    "owner_id": "owner",
    "new_owner_id": "member",
    "assigned_to": "member",
    "created_by": "owner",
    "reassign_to": "member:second",
    "move_to": "task_list:second",
}
"""Kind of record under a key; by default `<kind>_id`."""


def _workspace(party: Party) -> str:
    """The party's workspace, its texts marked."""
    party.create("workspaces_update_workspace", workspace_id=party.workspace_id)
    party.create("workspaces_update_settings", workspace_id=party.workspace_id)
    return party.workspace_id


def _member(party: Party) -> str:
    """A member of the workspace and of the party's project."""
    user_id = _newcomer(party)
    body = {"user_id": user_id, "role": "member"}
    assert party.person.post(f"/api/v1/projects/{party.id_of('project')}/members", body).status == 201
    return user_id


def _trashed(operation_id: str, path: str) -> Maker:
    """Makes a record and puts it into the trash."""

    def make(party: Party) -> str:
        record_id = party.create(operation_id)["id"]
        assert party.person.delete(path.format(record_id)).status == 200
        return str(record_id)

    return make


def _newcomer(party: Party) -> str:
    """A member of the workspace who is in no project."""
    person = party.world.person(party.name)
    party.world.join(party.workspace_id, person, "member")
    return person.id


MAKERS: dict[str, Maker] = {
    "workspace": _workspace,
    "workspace:trashed": _trashed("workspaces_create_workspace", "/api/v1/workspaces/{}"),
    "invitation": lambda party: party.create("workspaces_invite")["id"],
    "owner": lambda party: party.person.id,
    "member": _member,
    "member:second": _newcomer,
    "project": lambda party: party.create("projects_create_project")["id"],
    "project:trashed": _trashed("projects_create_project", "/api/v1/projects/{}"),
    "task_list": lambda party: party.create("tasks_create_task_list")["id"],
    "task_list:second": lambda party: party.create("tasks_create_task_list")["id"],
    "task": lambda party: party.create("tasks_create_task")["id"],
    "task:trashed": _trashed("tasks_create_task", "/api/v1/tasks/{}"),
    "comment": lambda party: party.create("tasks_create_comment")["id"],
}
"""How a party makes a record of a kind: from the party to the record's id."""


def _nothing(party: Party) -> dict[str, Any]:
    return {}


def _mailed(operation_id: str, **further: Any) -> Callable[[Party], dict[str, Any]]:
    """A new account and the token that an operation mails to it."""

    def ask(party: Party) -> dict[str, Any]:
        anybody = Party(party.world, party.operations, party.mark, name=party.name)
        account = anybody.create("core_register")
        body = {"email": account["email"]}
        anybody.send(anybody.operations[operation_id], {"path": {}, "query": {}, "header": {}, "body": body})
        party.world.drain()
        mail = party.world.outbox.to(account["email"])[-1]
        token = re.search(r"^token: (\S+)$", mail.text, re.MULTILINE)
        assert token is not None
        return {"user_id": account["id"], "token": token[1], **further}

    return ask


def _list_with_a_task(party: Party) -> dict[str, Any]:
    """Its tasks go to another list."""
    party.id_of("task")
    return {}


SPECIAL: dict[str, Callable[[Party], dict[str, Any]]] = {
    "core_verify_email": _mailed("core_resend_verification"),
    "core_resend_verification": lambda party: {"email": LEFT_OUT},
    "core_reset_password": _mailed("core_request_reset", new_password=f"{PASSWORD}y"),
    "workspaces_restore_workspace": lambda party: {"workspace_id": party.id_of("workspace:trashed")},
    "workspaces_add_member": lambda party: {"user_id": party.world.person(party.name).id},
    "projects_create_project": lambda party: {"visibility": party.visibility},
    "projects_restore_project": lambda party: {"project_id": party.id_of("project:trashed")},
    "projects_update_project": lambda party: {"status": "cancelled"},
    "projects_set_project_status": lambda party: {"status": "cancelled"},
    "projects_add_project_member": lambda party: {"user_id": party.id_of("member:second")},
    "tasks_restore_task": lambda party: {"task_id": party.id_of("task:trashed")},
    "tasks_delete_task_list": _list_with_a_task,
}
"""Values that an operation needs beyond what the document tells, by key."""
