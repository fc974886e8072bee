"""Importing a CSV file: check every row first, then write in portions through the service of tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pronaflow_kernel.api import Conflict, Context, Problem, Scope, UnitOfWork, ValidationFailed
from pronaflow_projects.api import Projects
from pronaflow_tasks.api import Tasks

from .csv_file import Advance, CsvError, CsvRow, csv_rows, unseen
from .mapping import CsvMapping
from .report import Report
from .rows import Item, convert

PORTION = 500
"""Rows a unit of work; a killed import has lost nothing and goes on where it stood when it is run again."""


class ImportRefused(Exception):
    """Rows are at fault and the import stopped; the report names them.

    Arguments:
        kept: how many tasks of the portions before are imported.
    """

    def __init__(self, report: Report, kept: int = 0) -> None:
        before = f"the {kept} tasks before them are imported" if kept else "nothing was imported"
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
    """

    ctx: Context
    scope: Scope
    path: Path
    mapping: CsvMapping
    dry_run: bool = False
    skip_errors: bool = False

    def run(self) -> Report:
        """Import the file: `check`, then `write`; raises what they raise."""
        self.check()
        return self.write()

    def check(self, advance: Advance = unseen) -> int:
        """Read the whole file and tell how many rows there are to write.

        Arguments:
            advance: told how many bytes of the file were read.

        Raises:
            CsvError: the file cannot be read, or a column that the mapping names is missing.
            ImportRefused: rows are at fault and `skip_errors` is off.
        """
        report = Report()
        rows = sum(1 for _ in self._items(report, advance))
        if report.errors and not self.skip_errors:
            raise ImportRefused(report)
        return rows

    def write(self, advance: Advance = unseen) -> Report:
        """Import the rows that are right.

        Arguments:
            advance: told how many rows were done.

        Raises:
            ImportRefused: a rule of projects or tasks refuses rows and `skip_errors` is off.
        """
        report = Report()
        items = self._items(report)
        with (
            self.ctx.db.write(self.scope, origin="import", dry_run=True)
            if self.dry_run
            else nullcontext() as trial
        ):
            while portion := list(islice(items, PORTION)):
                self._portion(trial, portion, report)
                advance(len(portion))
        return report

    def _items(self, report: Report, advance: Advance = unseen) -> Iterator[Item]:
        """The rows as items; faults and dropped columns go to the report."""
        with csv_rows(self.path, advance) as (heading, rows):
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
        """Write a portion; rows that a rule refuses are left out when errors are skipped."""
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
                for row, name, message in refusal.faults:
                    report.note(row.line, row.id, name, "error", message)
                if not self.skip_errors:
                    raise ImportRefused(report, 0 if trial else report.created) from None
                lines = {row.line for row, _, _ in refusal.faults}
                items = [item for item in items if item.line not in lines]

    def _write(self, uow: UnitOfWork, items: list[Item], report: Report) -> None:
        tasks = self.ctx.services.require(Tasks)
        known = tasks.find_external(uow, self.mapping.source, [item.id for item in items])
        projects: list[str] = []
        for key, group in _by_project(item for item in items if item.id not in known):
            project_id = self._project(uow, key, group, projects)
            rows = [{**item.values, "external": (self.mapping.source, item.id, item.data)} for item in group]
            try:
                with uow.savepoint():
                    tasks.create_many(uow, project_id, rows)
            except ValidationFailed as error:
                raise _Refused([_fault(group, problem) for problem in error.problems]) from None
            except Conflict:
                self._one_by_one(uow, project_id, group, rows)
        report.created += len(items) - len(known)
        report.existing += len(known)
        report.projects += projects

    def _one_by_one(
        self, uow: UnitOfWork, project_id: str, group: list[Item], rows: list[dict[str, Any]]
    ) -> None:
        """Find the rows that a plugin objects to, which does not say which it means."""
        faults: list[Fault] = []
        for item, row in zip(group, rows, strict=True):
            try:
                with uow.savepoint():
                    self.ctx.services.require(Tasks).create_many(uow, project_id, [row])
            except Conflict as error:
                faults.append((item, "", error.message))
        if faults:
            raise _Refused(faults)

    def _project(self, uow: UnitOfWork, key: str, group: list[Item], created: list[str]) -> str:
        """Id of the project that takes a group; made where there is none."""
        projects = self.ctx.services.require(Projects)
        found = projects.find_key(uow, key)
        try:
            if found is not None:
                return projects.editable(uow, found.id).id
            made = projects.create(uow, {"key": key, "name": group[0].project_name})
        except Conflict as error:
            hint = "" if found else "; if its project is in the trash, restore it"
            raise _Refused([(item, "project", f"{error.message}{hint}") for item in group]) from None
        created.append(key)
        return str(made["id"])


Fault = tuple[Item, str, str]
"""A row, the field of it and what is wrong with it."""


class _Refused(Exception):
    """A rule refuses rows of a portion."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults[0][2])
        self.faults = faults


def _fault(group: list[Item], problem: Problem) -> Fault:
    index, _, name = problem.field.partition(".")
    return group[int(index)], name, problem.message


def _note_dropped(row: CsvRow, item: Item, columns: list[str], report: Report) -> None:
    for column in columns:
        if row.cells is not None and row.cells[column].strip():
            report.note(row.line, item.id, column, "dropped", "the mapping has no use for it")


def _by_project(items: Iterable[Item]) -> Iterator[tuple[str, list[Item]]]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.project_key, []).append(item)
    yield from groups.items()
