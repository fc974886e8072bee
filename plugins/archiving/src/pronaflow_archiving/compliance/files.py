"""A compliance report as CSV and as PDF; both tell the numbers of the JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pronaflow_kernel.api import Download, PdfSection, csv_chunks, pdf_report

COLUMNS = ("section", "item", "user_id", "username", "count")
"""Of the CSV."""

_LIFECYCLE = ("archived", "unarchived", "trashed", "restored", "purged", "in_trash")


def as_csv(report: Mapping[str, Any]) -> Download:
    """The report as a table of counts."""
    return Download(_name(report, "csv"), "text/csv; charset=utf-8", csv_chunks(COLUMNS, _rows(report)))


def as_pdf(report: Mapping[str, Any]) -> Download:
    """The report for people."""
    span = f"{_day(report['period']['start_date'])} to {_day(_last(report))}"
    made = report["generated_at"]
    content = pdf_report(f"Compliance report {span}", list(_sections(report)), made)
    return Download(_name(report, "pdf"), "application/pdf", content, size=len(content))


def _rows(report: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for each in report["workspaces"]:
        yield "workspace", each["name"], None, None, None
    yield "audit_total", None, None, None, report["audit"]["total"]
    for row in report["audit"]["by_action"]:
        yield "audit_by_action", row["action"], None, None, row["count"]
    for row in report["audit"]["by_user"]:
        yield "audit_by_user", None, row["user_id"], row["username"], row["count"]
    for row in report["audit"]["by_action_and_user"]:
        yield "audit_by_action_and_user", row["action"], row["user_id"], row["username"], row["count"]
    for section in ("data_subjects", "consents"):
        for name, count in report[section].items():
            yield section, name, None, None, count
    for row in report["retention"]:
        yield "retention", row["action"], None, None, row["count"]
    for row in report["lifecycle"]:
        for step in _LIFECYCLE:
            yield "lifecycle", f"{row['resource_type']}.{step}", None, None, row[step]


def _sections(report: Mapping[str, Any]) -> Iterator[PdfSection]:
    audit = report["audit"]
    names = ", ".join(each["name"] for each in report["workspaces"])
    yield PdfSection("Workspaces", text=names)
    by_action = [(row["action"], str(row["count"])) for row in audit["by_action"]]
    words = f"Entries in the audit log: {audit['total']}"
    yield PdfSection("Actions", ("Action", "Count"), by_action, words, (4, 1))
    by_user = [(_who(row), str(row["count"])) for row in audit["by_user"]]
    yield PdfSection("People", ("Who", "Count"), by_user, widths=(4, 1))
    both = [(row["action"], _who(row), str(row["count"])) for row in audit["by_action_and_user"]]
    yield PdfSection("Actions of people", ("Action", "Who", "Count"), both, widths=(3, 3, 1))
    subjects = [(name.capitalize(), str(count)) for name, count in report["data_subjects"].items()]
    yield PdfSection("Personal data", ("What", "Count"), subjects, widths=(4, 1))
    consents = [(name.capitalize(), str(count)) for name, count in report["consents"].items()]
    yield PdfSection("Consents", ("What", "Count"), consents, widths=(4, 1))
    let_go = [(row["action"], str(row["count"])) for row in report["retention"]]
    yield PdfSection("Retention", ("What", "Count"), let_go, widths=(4, 1))
    moves = [(row["resource_type"], *(str(row[step]) for step in _LIFECYCLE)) for row in report["lifecycle"]]
    heads = ("Kind", *(step.replace("_", " ").capitalize() for step in _LIFECYCLE))
    yield PdfSection("Archive and trash", heads, moves, widths=(2, 1, 1, 1, 1, 1, 1))


def _who(row: Mapping[str, Any]) -> str:
    return str(row["username"] or row["user_id"] or "The server")


def _name(report: Mapping[str, Any], ending: str) -> str:
    return f"compliance_{_day(report['period']['start_date'])}_{_day(_last(report))}.{ending}"


def _last(report: Mapping[str, Any]) -> datetime:
    """The last instant that counts."""
    start: datetime = report["period"]["start_date"]
    end: datetime = report["period"]["end_date"]
    return max(start, end - timedelta(microseconds=1))


def _day(instant: datetime) -> str:
    return instant.date().isoformat()
