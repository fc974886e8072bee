"""What an import did, row by row where anything was dropped or changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that happened to one row.

    Arguments:
        line: of the file, where the row begins; the heading is line 1.
        id: the row's id in its source, as far as known.
        field: of the task, or the column.
        kind: `error`, `skipped`, `changed`, `dropped` or `flag`.
        message: in words.
    """

    line: int
    id: str
    field: str
    kind: str
    message: str


@dataclass(slots=True)
class Report:
    """The outcome of an import.

    Arguments:
        rows: rows in the file; created, existing: tasks made now and those that were there before.
        projects: keys of projects that were created.
        notes: everything that was dropped or changed.
    """

    rows: int = 0
    created: int = 0
    existing: int = 0
    projects: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def note(self, line: int, row_id: str, field_name: str, kind: str, message: str) -> None:
        """Write something down."""
        self.notes.append(Note(line, row_id, field_name, kind, message))

    @property
    def errors(self) -> list[Note]:
        """Rows that could not be imported."""
        return [note for note in self.notes if note.kind == "error"]

    @property
    def rows_at_fault(self) -> int:
        """How many rows could not be imported; one may have several errors."""
        return len({note.line for note in self.errors})

    def summary(self) -> dict[str, Any]:
        """Counts, with equal notes added up."""
        counted = Counter(
            (note.kind, note.field, note.message) for note in self.notes if note.kind != "error"
        )
        return {
            "rows": self.rows,
            "created": self.created,
            "existing": self.existing,
            "projects_created": self.projects,
            "rows_at_fault": self.rows_at_fault,
            "errors": len(self.errors),
            "notes": [
                {"kind": kind, "field": name, "message": message, "rows": rows}
                for (kind, name, message), rows in sorted(counted.items())
            ],
        }
