"""Where imported tasks come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pronaflow_kernel.api import Conflict, Reader, Row, UnitOfWork

from . import queries
from .models import External

_CHUNK = 500
"""How many ids one statement takes."""


def find(reader: Reader, source: str, external_ids: Iterable[str]) -> dict[str, Row]:
    """The tasks from a source by their id there; see `api.Tasks.find_external`."""
    ids = list(external_ids)
    found: dict[str, Row] = {}
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        for row in reader.all(queries.EXTERNAL, source=source, external_ids=chunk):
            found[row.pop("external_id")] = row
    return found


def add(uow: UnitOfWork, tasks: Sequence[Row]) -> None:
    """Note where new tasks come from, as their `external` tells: (source, id, data).

    Raises:
        Conflict: one of them is here already.
    """
    rows = []
    for task in tasks:
        if task.get("external") is not None:
            source, external_id, data = task["external"]
            rows.append({"source": source, "external_id": external_id, "task_id": task["id"], "data": data})
    for source in sorted({row["source"] for row in rows}):
        known = find(uow, source, [row["external_id"] for row in rows if row["source"] == source])
        if known:
            raise Conflict("Imported already", details={"source": source, "external_ids": sorted(known)})
    uow.insert_many(External, rows)
