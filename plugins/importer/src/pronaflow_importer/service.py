"""Importing a CSV file: check every row first, then write in portions through the service of tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pronaflow_kernel.api import Context, Scope, UnitOfWork, ValidationFailed
from pronaflow_projects.api import Projects
from pronaflow_tasks.api import Tasks

from .csv_file import CsvError, CsvRow, csv_rows
from .mapping import CsvMapping
from .report import Report
from .rows import Item, convert

PORTION = 500
"""Rows a unit of work; a killed import has lost nothing and goes on where it stood when it is run again."""


class ImportRefused(Exception):
    """Rows are at fault and the import stopped; the report names them."""

    def __init__(self, report: Report) -> None:
        before = (
            f"the {report.created} tasks before them are imported"
            if report.created
            else "nothing was imported"
        )
        rows = report.rows_at_fault
        what, them = ("1 row is", "it") if rows == 1 else (f"{rows} rows are", "them")
        super().__init__(f"{what} at fault; {before}; mend {them} or leave {them} out with --skip-errors")
        self.report = report


@dataclass(slots=True)
class CsvImport:
    """One import.

    Arguments:
        ctx: of the plugin.
        scope: the workspace and the user on whose behalf.
        path: the file; mapping: what it means.
        dry_run: do everything and roll it back.
        skip_errors: import the rows that are right and report the others.
        advance: told how many rows were done.
    """

    ctx: Context
    scope: Scope
    path: Path
    mapping: CsvMapping
    dry_run: bool = False
    skip_errors: bool = False
    advance: Callable[[int], None] = lambda _rows: None

    def run(self) -> Report:
        """Import the file.

        Raises:
            CsvError: the file cannot be read, or a column that the mapping names is missing.
            ImportRefused: rows are at fault and `skip_errors` is off.
        """
        report = Report()
        for _ in self._items(report):
            pass
        if report.errors and not self.skip_errors:
            raise ImportRefused(report)
        final = Report()
        items = self._items(final)
        with (
            self.ctx.db.write(self.scope, origin="import", dry_run=True)
            if self.dry_run
            else nullcontext() as trial
        ):
            while portion := list(islice(items, PORTION)):
                self._portion(trial, portion, final)
                self.advance(len(portion))
        return final

    def _items(self, report: Report) -> Iterator[Item]:
        """The rows as items; faults and dropped columns go to the report."""
        with csv_rows(self.path) as (heading, rows):
            missing = sorted(self.mapping.columns - set(heading))
            if missing:
                raise CsvError(f"{self.path} has no column {', '.join(missing)}")
            unused = [column for column in heading if column not in self.mapping.columns]
            seen: set[str] = set()
            for row in rows:
                report.rows += 1
                item = self._item(row, seen, report)
                if item is not None:
                    _note_dropped(row, item, unused, report)
                    yield item

    def _item(self, row: CsvRow, seen: set[str], report: Report) -> Item | None:
        if row.cells is None:
            report.note(row.line, "", "", "error", row.fault)
            return None
        item = convert(row.line, row.cells, self.mapping, report)
        if item is not None and item.id in seen:
            report.note(row.line, item.id, self.mapping.id, "error", "the id appears twice")
            return None
        if item is not None:
            seen.add(item.id)
        return item

    def _portion(self, trial: UnitOfWork | None, items: list[Item], report: Report) -> None:
        """Write a portion; rows that the rules of tasks refuse are left out when errors are skipped."""
        while items:
            try:
                if trial is not None:
                    with trial.savepoint():
                        self._write(trial, items, report)
                else:
                    with self.ctx.db.write(self.scope, origin="import") as uow:
                        self._write(uow, items, report)
                return
            except _Refused as refusal:
                row = refusal.item
                report.note(row.line, row.id, refusal.field, "error", refusal.message)
                if not self.skip_errors:
                    raise ImportRefused(report) from None
                items = [item for item in items if item is not row]

    def _write(self, uow: UnitOfWork, items: list[Item], report: Report) -> None:
        tasks = self.ctx.services.require(Tasks)
        known = tasks.find_external(uow, self.mapping.source, [item.id for item in items])
        projects: list[str] = []
        for key, group in _by_project(item for item in items if item.id not in known):
            project_id = self._project(uow, key, group[0].project_name, projects)
            rows = [{**item.values, "external": (self.mapping.source, item.id, item.data)} for item in group]
            try:
                tasks.create_many(uow, project_id, rows)
            except ValidationFailed as error:
                index, _, name = error.problems[0].field.partition(".")
                raise _Refused(group[int(index)], name, error.problems[0].message) from None
        report.created += len(items) - len(known)
        report.existing += len(known)
        report.projects += projects

    def _project(self, uow: UnitOfWork, key: str, name: str, created: list[str]) -> str:
        projects = self.ctx.services.require(Projects)
        found = projects.find_key(uow, key)
        if found is None:
            created.append(key)
            return str(projects.create(uow, {"key": key, "name": name})["id"])
        return found.id


class _Refused(Exception):
    """The rules of tasks refuse one row."""

    def __init__(self, item: Item, field: str, message: str) -> None:
        super().__init__(message)
        self.item, self.field, self.message = item, field, message


def _note_dropped(row: CsvRow, item: Item, columns: list[str], report: Report) -> None:
    for column in columns:
        if row.cells is not None and row.cells[column].strip():
            report.note(row.line, item.id, column, "dropped", "the mapping has no use for it")


def _by_project(items: Iterable[Item]) -> Iterator[tuple[str, list[Item]]]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.project_key, []).append(item)
    yield from groups.items()
