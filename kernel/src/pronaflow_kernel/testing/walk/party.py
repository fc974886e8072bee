"""Somebody who sends requests to a server, with a workspace and with records of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..people import Person, Reply
from . import ids
from .bodies import filled, value
from .document import Operation
from .schemas import Schemas

if TYPE_CHECKING:
    from ..world import World
    from .makers import Makers

LEFT_OUT = object()
"""Stands for a value that a request must not have."""

Request = dict[str, dict[str, Any]]
"""Values by key for `path`, `query`, `header` and `body`."""


class Unsupplied(Exception):
    """A request cannot be made; the message says what is missing and who can supply it."""


class Party:
    """Somebody with a workspace and with records in it, each made when it is first asked for.

    Arguments:
        world: the server.
        makers: know the operations and how to make records.
        mark: a word in every text that the party writes.
        name: begins the user names of its people.
        person: who it is; somebody new by default.
        visibility: of its containers, where they have one.
        known: ids of records that are there already, by kind.
    """

    def __init__(
        self,
        world: World,
        makers: Makers,
        mark: str,
        *,
        name: str = "party",
        person: Person | None = None,
        visibility: str = "public",
        known: Mapping[str, str] | None = None,
    ) -> None:
        self.world, self.makers, self.mark, self.name = world, makers, mark, name
        self.person = person or world.person(name)
        self.workspace_id = self.person.workspace_id
        self.visibility = visibility
        self._made = dict(known or {})
        self.kept: dict[str, Any] = {}
        """What makers remember of the party."""

    @property
    def ids(self) -> set[str]:
        """Of all records made so far."""
        return set(self._made.values())

    def id_of(self, kind: str) -> str:
        """The id of the party's record of a kind, e.g. `task` or `task_list:second`."""
        if kind not in self._made:
            self._made[kind] = self.makers.make(kind, self)
        return self._made[kind]

    def create(self, operation_id: str, **changes: Any) -> Any:
        """The record that an operation makes from a filled body.

        Raises:
            Unsupplied: the request is refused.
        """
        operation = self.makers.operations[operation_id]
        reply = self.send(operation, self.request(operation_id, **changes))
        if reply.status >= 400:
            raise Unsupplied(
                f"{operation} refuses what is made from its schemas ({reply.status} {reply.json['error']}): "
                "give fields whose values depend on one another `metadata={'examples': [...]}`, or supply "
                "the request by the pytest hook pytest_pronaflow_requests"
            )
        return reply.json.get("data") if reply.json else None

    def request(self, operation_id: str, **changes: Any) -> Request:
        """What to send to an operation so that it succeeds.

        Arguments:
            changes: values by key, whatever their place.

        Raises:
            Unsupplied: the operation needs an id that nobody supplies.
        """
        operation = self.makers.operations[operation_id]
        special = self.makers.special(operation, self, changes)
        values: Request = {"path": {}, "query": {}, "header": {}, "body": {}}
        values["body"] = filled(operation.body, operation.required, self.mark)
        for place, key in operation.ids:
            if ids.first_of(key) not in special:
                self._fill(values[place], operation.places[place], key)
                ids.put(values[place], key, self.id_of(self.makers.kind(operation, key)))
        missing = operation.places["path"].keys() - values["path"].keys() - special.keys()
        if missing:
            raise Unsupplied(
                f"{operation} needs {', '.join(sorted(missing))} in its path: "
                "supply the request by the pytest hook pytest_pronaflow_requests"
            )
        for place, schemas in operation.places.items():
            values[place] |= {key: value for key, value in special.items() if key in schemas}
            values[place] = {key: value for key, value in values[place].items() if value is not LEFT_OUT}
        return values

    def _fill(self, values: dict[str, Any], schemas: Schemas, key: str) -> None:
        """Put in place what an id stands in, where it is an object with further values."""
        name = ids.first_of(key)
        if name != key and name not in values:
            values[name] = value(name, schemas[name], self.mark)

    def send(self, operation: Operation, request: Request) -> Reply:
        """The answer to a request of this party."""
        return send(self.person, operation, request)


def send(person: Person, operation: Operation, request: Request) -> Reply:
    """The answer to somebody's request."""
    return person.request(
        operation.method,
        operation.path.format(**request["path"]),
        request["body"] if operation.has_body else None,
        query=request["query"],
        headers=request["header"],
    )
