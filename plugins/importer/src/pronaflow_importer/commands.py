"""`pronaflow import` and `pronaflow demo`. Imports stay inside the functions, so that help comes at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pronaflow_kernel.command import Failure, emit, json_option, note, pass_context, progress

if TYPE_CHECKING:
    from pronaflow_kernel.api import Context

    from .report import Report


@click.group("import")
def import_() -> None:
    """Import tasks from a file."""


@import_.command("csv")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--mapping", required=True, metavar="FILE", help="Mapping file, or the name of one that is shipped."
)
@click.option("--workspace", metavar="ID", help="Workspace to import into; by default the user's first one.")
@click.option("--user", metavar="NAME", help="On whose behalf; by default the first administrator's.")
@click.option("--dry-run", is_flag=True, help="Do everything, then roll it back.")
@click.option("--skip-errors", is_flag=True, help="Import the rows that are right, report the others.")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write every note as JSON lines."
)
@json_option
@pass_context
def csv_(ctx: Context, /, file: Path, mapping: str, as_json: bool, **options: Any) -> None:
    """Import tasks from a CSV file.

    Running it twice changes nothing: tasks are found again by their id in the file.
    """
    from .csv_file import CsvError
    from .mapping import MappingError, read_mapping, shipped
    from .people import acting_as
    from .service import CsvImport, ImportRefused

    try:
        rules = read_mapping(shipped(mapping) or Path(mapping))
        scope = acting_as(ctx, options["user"], options["workspace"])
        job = CsvImport(ctx, scope, file, rules, options["dry_run"], options["skip_errors"])
        with progress("Checking", file.stat().st_size) as bar:
            rows = job.check(bar.update)
        with progress("Importing", rows) as bar:
            report = job.write(bar.update)
    except ImportRefused as refusal:
        _write(refusal.report, options["report"])
        _show_errors(refusal.report)
        raise Failure(str(refusal)) from None
    except (MappingError, CsvError, LookupError) as error:
        raise Failure(str(error)) from None
    _write(report, options["report"])
    _show_errors(report)
    emit(report.summary(), as_json, lambda: _text(report, options["dry_run"]))


@click.group("demo")
def demo() -> None:
    """Load or remove demonstration data."""


@demo.command("load")
@json_option
@pass_context
def load(ctx: Context, as_json: bool) -> None:
    """Load 3 projects with 200 tasks and 90 days of history into a workspace of their own."""
    from .demo import DAYS, DemoIncomplete, load_demo

    try:
        with progress("Loading", DAYS) as bar:
            outcome = load_demo(ctx, bar.update)
    except DemoIncomplete as stopped:
        raise Failure(str(stopped)) from None
    words = "The demonstration is loaded" if outcome["loaded"] else "The demonstration is there already"
    emit(outcome, as_json, f"{words}: workspace {outcome['workspace_id']}, {outcome['tasks']} tasks.")


@demo.command("reset")
@json_option
@pass_context
def reset(ctx: Context, as_json: bool) -> None:
    """Remove the demonstration workspace with everything in it."""
    from .demo import reset_demo

    removed = reset_demo(ctx)
    emit(
        {"removed": removed},
        as_json,
        "The demonstration is removed." if removed else "There is no demonstration.",
    )


def _show_errors(report: Report) -> None:
    for error in report.errors[:50]:
        where = (
            f"line {error.line}"
            + (f", {error.id}" if error.id else "")
            + (f", {error.field}" if error.field else "")
        )
        note(f"{where}: {error.message}")
    if len(report.errors) > 50:
        note(f"… and {len(report.errors) - 50} more; --report FILE writes all of them")


def _text(report: Report, dry_run: bool) -> str:
    summary = report.summary()
    lines = [
        f"{summary['rows']} rows: {summary['created']} created, {summary['existing']} there before, "
        f"{summary['rows_at_fault']} at fault" + (" (dry run: nothing was kept)" if dry_run else "")
    ]
    if report.projects:
        lines.append(f"projects created: {', '.join(report.projects)}")
    lines += [f"{n['kind']}: {n['field']}: {n['message']}: {n['rows']} rows" for n in summary["notes"]]
    return "\n".join(lines)


def _write(report: Report, path: Path | None) -> None:
    if path is not None:
        from dataclasses import asdict
        from json import dumps

        lines = (dumps(asdict(note), ensure_ascii=False) + "\n" for note in report.notes)
        path.write_text("".join(lines), encoding="utf-8")
