"""Where the ids of a request come from: how a record of each kind is made, read from the document.

- A `task` is made by the POST with status 201 that has `x-resource: task`, or beside whose path there is one
  that ends in `/{task_id}`.
- The id under a key is of the kind that the route's target names for it, else of the one that its schema
  names (`Id(of="task_list")`), else of what stands before `_id`.
- A second id of one kind in a request is of another record (`task_list:second`), and an operation whose path
  ends in `/restore` takes one from the trash (`task:trashed`).

Workspaces, users and what comes by mail are the kernel's own; their rules stand in `kernel_makers`. A plugin
with further rules brings makers and requests of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from . import ids, kernel_makers
from .document import Operation
from .party import Party, Unsupplied

Maker = Callable[[Party], str]
"""From the party to the id of a new record."""

Values = Callable[[Party], dict[str, Any]]
"""From the party to values that a request needs beyond what the document tells, by key."""


class Makers:
    """How records are made and requests are filled on one server.

    Arguments:
        operations: of the server's document, by id.
        further: makers by kind, before those that the document tells.
        requests: values by operation id.
        refused: operations that no state of a server within a test lets succeed, with the status that
            answers a request which is right; whoever names one says why.
    """

    def __init__(
        self,
        operations: Mapping[str, Operation],
        further: Mapping[str, Maker] | None = None,
        requests: Mapping[str, Values] | None = None,
        refused: Mapping[str, int] | None = None,
    ) -> None:
        self.refused = dict(refused or {})
        self.operations = operations
        self._further = dict(further or {})
        self._requests = {**kernel_makers.REQUESTS, **(requests or {})}
        self._paths = {(each.method, each.path) for each in operations.values()}
        self.creators: dict[str, Operation] = {}
        self.memberships: list[tuple[Operation, str]] = []
        for operation in sorted(operations.values(), key=lambda each: len(each.path_ids)):
            self._enter(operation)

    def _enter(self, operation: Operation) -> None:
        """Take note of what an operation makes, if it makes something."""
        if operation.method != "POST" or operation.status != 201:
            return
        kind = operation.resource or self._kind_beside(operation.path)
        if kind == "user":
            keys = [key for key in operation.body if self._base(operation, key) == "user"]
            self.memberships += [(operation, key) for key in keys[:1]]
        elif kind is not None:
            self.creators.setdefault(kind, operation)

    def _kind_beside(self, path: str) -> str | None:
        """The kind of record whose id may follow on a path."""
        for _, longer in self._paths:
            rest = longer.removeprefix(f"{path}/")
            if longer != rest and rest.startswith("{") and rest.endswith("_id}") and "/" not in rest:
                return rest[1:-4]
        return None

    @cached_property
    def kinds(self) -> list[str]:
        """Every kind of record there is, with the variants that requests ask for."""
        asked = {self.kind(each, key) for each in self.operations.values() for _, key in self.wanted(each)}
        trashed = {kind for each in self.operations.values() if (kind := self.restored(each))}
        return sorted({*self.creators, *self._further, *asked, *trashed} - {""})

    def wanted(self, operation: Operation) -> list[tuple[str, str]]:
        """Places and keys of the ids that a request is given.

        Where nobody makes such records, what may be left out is, a project where only the kernel is beside a
        plugin that can be told of one, and what a request of its own brings.
        """
        return [
            (place, key)
            for place, key in operation.ids
            if place == "path"
            or (key in operation.required and operation.id not in self._requests)
            or self._can_make(self.kind(operation, key))
        ]

    def _can_make(self, kind: str) -> bool:
        base = kind.partition(":")[0]
        known = (self._further, kernel_makers.MAKERS, self.creators)
        return any(name in makers for name in (kind, base) for makers in known)

    @property
    def open_ids(self) -> frozenset[tuple[str, str]]:
        """Operations and keys whose ids are of accounts, which people may know of whatever workspaces they
        share: adding somebody to a workspace (modules.md 2.1)."""
        return frozenset(
            (operation.id, key)
            for operation, key in self.memberships
            if "workspace" in operation.records.values()
        )

    def kind(self, operation: Operation, key: str) -> str:
        """The kind of record whose id stands under a key, with its variant."""
        base = self._base(operation, key)
        if base == "user":
            return self._user(operation, key)
        before = [other for _, other in operation.ids[: self._place(operation, key)]]
        second = any(self._base(operation, other) == base for other in before if other != key)
        return f"{base}:second" if second else base

    def _base(self, operation: Operation, key: str) -> str:
        named = operation.schema(key).get("x-resource")
        return operation.records.get(key) or named or ids.name_of(key).removesuffix("_id")

    def _place(self, operation: Operation, key: str) -> int:
        return next((n for n, (_, each) in enumerate(operation.ids) if each == key), 0)

    def _is_user(self, operation: Operation, key: str) -> bool:
        return self._base(operation, key) == "user"

    def _user(self, operation: Operation, key: str) -> str:
        """Which user is meant: a member, another one, or the caller where no body ever tells who it is."""
        place, before = "", []
        for where, other in operation.ids:
            if other == key:
                place = where
                break
            if self._is_user(operation, other):
                before.append(where)
        told = any(key in each.body for each in self.operations.values() if each.plugin == operation.plugin)
        if place == "query" and not told:
            return "user:second" if "path" in before else "user:caller"
        # Several fields of one body may name the same person.
        return "user:second" if set(before) - {"body"} else "user"

    def special(self, operation: Operation, party: Party, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Values of a request that follow from a rule rather than from a schema.

        Arguments:
            changes: values that are settled already.
        """
        found: dict[str, Any] = {}
        if operation.id in self._requests:
            found |= self._requests[operation.id](party)
        if (trashed := self.restored(operation)) and operation.path_ids[-1] not in {*found, *changes}:
            found[operation.path_ids[-1]] = party.id_of(trashed)
        for joining, key in self.memberships:
            if joining is operation and key not in changes:
                stranger = "workspace" in operation.records.values()
                found[key] = self.make("user:stranger" if stranger else "user:second", party)
        choices = operation.body.get("visibility", {}).get("enum", ())
        if operation.status == 201 and party.visibility in choices:
            found["visibility"] = party.visibility
        self._fill(operation, party)
        return {**found, **changes}

    def restored(self, operation: Operation) -> str | None:
        """The kind that an operation brings back from the trash, as a variant."""
        if not operation.path.endswith("/restore") or not operation.path_ids:
            return None
        return f"{self._base(operation, operation.path_ids[-1])}:trashed"

    def _fill(self, operation: Operation, party: Party) -> None:
        """Where what is in a record goes to a second one, put something into it first."""
        kinds = [self.kind(operation, key) for _, key in operation.ids if operation.method == "DELETE"]
        bases = {base for base, _, variant in (kind.partition(":") for kind in kinds) if variant == "second"}
        for kind, creator in self.creators.items():
            inside = {self._base(creator, key) for _, key in creator.ids} - {kind, "user"}
            if inside & bases:
                party.id_of(kind)

    def make(self, kind: str, party: Party) -> str:
        """The id of a new record of a kind.

        Raises:
            Unsupplied: nobody knows how to make one.
        """
        base, _, variant = kind.partition(":")
        if kind in self._further:
            return self._further[kind](party)
        if variant == "trashed" and base in self.creators:
            return self._trashed(base, party)
        own = kernel_makers.MAKERS.get(kind)
        if own is not None:
            return own(party)
        if base in self._further:
            return self._further[base](party)
        if base in self.creators:
            return self._created(base, party)
        raise Unsupplied(self._missing(kind))

    def _created(self, kind: str, party: Party) -> str:
        record = party.create(self.creators[kind].id)
        if not isinstance(record, Mapping) or "id" not in record:
            raise Unsupplied(f"{self.creators[kind]} makes a {kind} and answers without its `id`")
        return str(record["id"])

    def _trashed(self, kind: str, party: Party) -> str:
        """Make a record and put it into the trash."""
        record_id = self._created(kind, party)
        for operation in self.operations.values():
            named = operation.path_ids
            here = operation.method == "DELETE" and named and operation.path.endswith(f"{{{named[-1]}}}")
            if here and self._base(operation, named[-1]) == kind:
                party.create(operation.id, **{named[-1]: record_id})
                return record_id
        raise Unsupplied(f"a {kind} can be restored, and no DELETE puts one into the trash")

    def _missing(self, kind: str) -> str:
        base = kind.partition(":")[0]
        asking = next(
            (
                f"{operation} needs an id under {key!r}"
                for operation in self.operations.values()
                for _, key in operation.ids
                if base == self._base(operation, key)
            ),
            f"a {kind} is wanted",
        )
        return (
            f"{asking}, and no route makes a {base!r}: declare `resource={base!r}` at the POST that makes "
            "one, say by `Id(of=...)` what the id is of, or supply it by the pytest hook "
            "pytest_pronaflow_makers"
        )
