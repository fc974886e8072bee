"""Somebody who sends requests to a server, with a workspace and with records of every kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..people import Person, Reply, form_with_file
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
        administers: bool = False,
    ) -> None:
        self.world, self.makers, self.mark, self.name = world, makers, mark, name
        self.person = person or world.person(name)
        self.workspace_id = self.person.workspace_id
        self.visibility, self._administers = visibility, administers
        self._made = dict(known or {})
        self._making: list[str] = []
        self.kept: dict[str, Any] = {}
        """What makers remember of the party, and how often it did what."""

    @property
    def ids(self) -> set[str]:
        """Of all records made so far."""
        return set(self._made.values())

    def id_of(self, kind: str) -> str:
        """The id of the party's record of a kind, e.g. `task` or `task_list:second`."""
        if kind not in self._made:
            self._making.append(kind)
            try:
                self._made[kind] = self.makers.make(kind, self)
            finally:
                self._making.pop()
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
        self.kept[operation_id] = self.kept.get(operation_id, 0) + 1
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
        for place, key in self.makers.wanted(operation):
            kind = self.makers.kind(operation, key)
            # The first of its kind stands below no other: a comment that answers none.
            first = place == "body" and kind in self._making and key not in operation.required
            if ids.first_of(key) not in special and not first:
                self._fill(values[place], operation.places[place], key)
                ids.put(values[place], key, self.id_of(kind))
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
        return send(self.asking(operation), operation, request)

    def asking(self, operation: Operation) -> Person:
        """Who sends requests to an operation: an administrator where only such may, and the party has one."""
        rule = self.world.kernel.access.permissions.get(operation.permission)
        return self.administrator if self._administers and rule is not None and rule.system else self.person

    @cached_property
    def administrator(self) -> Person:
        """Who acts for the party where only administrators of the system may."""
        return self.world.administrator()


def after(operation_id: str, **changes: Any) -> Callable[[Party], dict[str, Any]]:
    """Values of a request before which the caller does something, once, if their role lets them.

    Arguments:
        operation_id: what is done.
        changes: see `Party.request`.
    """

    def done(party: Party) -> dict[str, Any]:
        if operation_id not in party.kept:
            party.kept[operation_id] = True
            with suppress(Unsupplied):
                party.create(operation_id, **changes)
        return {}

    return done


def asking(operation: Operation, request: Request, **query: Any) -> Request:
    """A request with further values in its query, as far as its operation takes them."""
    taken = {name: value for name, value in query.items() if name in operation.query}
    return {**request, "query": {**request["query"], **taken}}


def send(person: Person, operation: Operation, request: Request) -> Reply:
    """The answer to somebody's request; a file is of their choice."""
    data, headers = None, request["header"]
    if operation.file is not None:
        form = {key: str(each) for key, each in request["body"].items()}
        content = "\n".join(["What was said", *form.values()]).encode()
        data, typed = form_with_file("notes.txt", content, operation.file, form)
        headers = {**headers, **typed}
    return person.request(
        operation.method,
        operation.path.format(**request["path"]),
        request["body"] if operation.has_body else None,
        query=request["query"],
        headers=headers,
        data=data,
    )
