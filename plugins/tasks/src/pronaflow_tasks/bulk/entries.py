"""The single things that one call asks for, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pronaflow_kernel.api import (
    Conflict,
    KernelError,
    Problem,
    Row,
    Schema,
    ValidationFailed,
    as_id,
    invalid,
    load,
)

from ..schemas import TaskCreate, TaskMove, TaskPatch
from .schemas import BulkTask


class Nothing(Schema):
    """What is deleted or restored is changed in nothing else."""


_SCHEMAS: dict[str, Schema] = {
    "create": TaskCreate(),
    "update": TaskPatch(partial=True, exclude=("apply_to",)),
    "move": TaskMove(),
    "delete": Nothing(),
    "restore": Nothing(),
}

_SHOWN = tuple(name for name in BulkTask().fields if name != "task_id")


@dataclass(slots=True)
class Entry:
    """One thing to do, and what became of it.

    Arguments:
        index: its place in the call.
        id: of the task; None of one that is yet to be made.
        version: that the task must have; None for any.
        changes: as loaded by the schema of the action.
        error: why it was not done.
        task: its row afterwards; None where it failed, or is deleted.
        warnings: what was accepted although a rule speaks against it.
        half_done: whether something may have been written before it was refused.
    """

    index: int
    id: str | None = None
    version: int | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    error: KernelError | None = None
    task: Row | None = None
    warnings: list[str] = field(default_factory=list)
    half_done: bool = False

    def shown(self) -> dict[str, Any]:
        """As `BulkResult` shows it."""
        return {
            "index": self.index,
            "id": self.id,
            "status": "success" if self.error is None else "failed",
            "error": None if self.error is None else _told(self.error),
            "task": None if self.task is None else {name: self.task[name] for name in _SHOWN},
            "warnings": self.warnings,
        }


def entries_of(body: Mapping[str, Any], ids: Sequence[str] | None) -> list[Entry]:
    """What a body asks for; an entry that is not as its action needs it has an error.

    Arguments:
        ids: of tasks for which the same is to be done; None where the body has `items`.

    Raises:
        ValidationFailed: `data` is not as the action needs it, or nothing that goes with every task.
    """
    action, data = body["action"], body["data"]
    more = {"override_wip": True} if body["override_wip"] and action in ("create", "update", "move") else {}
    if ids is not None:
        changes = {**_loaded(action, data, "data."), **more}
        return [Entry(index, task_id, changes=changes) for index, task_id in enumerate(ids)]
    return [_entry(action, index, {**data, **item}, more) for index, item in enumerate(body["items"])]


def _entry(action: str, index: int, values: dict[str, Any], more: Mapping[str, Any]) -> Entry:
    entry = Entry(index)
    try:
        if action != "create":
            entry.id = as_id(values.pop("id", None))
            if entry.id is None:
                raise invalid("id", "Not a valid UUID.")
            entry.version = _version(values.pop("version", None))
        entry.changes = {**_loaded(action, values), **more}
    except ValidationFailed as error:
        entry.error = error
    return entry


def _version(value: Any) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise invalid("version", "Not a valid integer.")
    return value


def _loaded(action: str, values: Mapping[str, Any], prefix: str = "") -> Mapping[str, Any]:
    try:
        changes: Mapping[str, Any] = load(_SCHEMAS[action], dict(values))
    except ValidationFailed as error:
        raise ValidationFailed(
            Problem(f"{prefix}{problem.field}", problem.message, problem.code) for problem in error.problems
        ) from None
    return changes


def refusal(entries: Sequence[Entry], place: str) -> KernelError | None:
    """One refusal for all that failed, which names them; None where nothing did.

    Arguments:
        place: what the tasks are called in the body: `ids` or `items`.
    """
    failed = [entry for entry in entries if entry.error is not None]
    if not failed:
        return None
    if all(isinstance(entry.error, ValidationFailed) for entry in failed):
        return ValidationFailed(
            Problem(f"{place}.{entry.index}.{problem.field}", problem.message, problem.code)
            for entry in failed
            if isinstance(entry.error, ValidationFailed)
            for problem in entry.error.problems
        )
    told = [{"index": entry.index, "id": entry.id, "error": _told(entry.error)} for entry in failed]
    return Conflict(
        f"{len(failed)} of {len(entries)} failed, so nothing was changed",
        details={"failed_count": len(failed), "results": told},
    )


def _told(error: KernelError | None) -> dict[str, Any]:
    assert error is not None
    return {"code": error.code, "message": error.message, "details": error.details}
