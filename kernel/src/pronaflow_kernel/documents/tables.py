"""Tables as files that people open in a spreadsheet: CSV (RFC 4180) and XLSX, with no cell that calculates.

Whoever may write a task's title must not be able to run a formula on the machine of whoever exports it
(OWASP, "CSV Injection"; security.md 2.15).
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

Cell = str | int | float | Decimal | date | datetime | None
"""What a table holds; aware times are shown in UTC."""

XLSX_ROWS = 1_048_576
"""Rows of a sheet, the heading included (ECMA-376 as spreadsheet programs implement it)."""
XLSX_TEXT = 32_767
"""Characters of a cell in XLSX; what is longer ends in an ellipsis there."""

_BEGINS_FORMULA = frozenset("=+-@")
_CHUNK = 64 * 1024


def csv_chunks(
    columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, byte_order_mark: bool = False
) -> Iterator[bytes]:
    """The table as CSV in UTF-8, in pieces of about 64 KiB, however long it is.

    Arguments:
        columns: headings.
        rows: as many cells each.
        byte_order_mark: begins with U+FEFF, by which Excel tells UTF-8.
    """
    buffer = io.StringIO()
    if byte_order_mark:
        buffer.write("\ufeff")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([_defused(column) for column in columns])
    for row in rows:
        writer.writerow([_defused(cell) if isinstance(cell, str) else _plain(cell) for cell in row])
        if buffer.tell() >= _CHUNK:
            yield _taken(buffer)
    yield _taken(buffer)


def write_xlsx(
    stream: BinaryIO, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, sheet: str = "Export"
) -> None:
    """Write the table as a workbook with one sheet; text stays text, whatever it looks like.

    Arguments:
        stream: takes the file; one row at a time is held in memory.
        sheet: its name, at most 31 characters.

    Raises:
        ValueError: more rows than a sheet can hold; CSV has no such bound.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(stream, {"constant_memory": True, "remove_timezone": True}) as book:
        page = book.add_worksheet(sheet)
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for place, column in enumerate(columns):
            page.write_string(0, place, column, bold)
        page.freeze_panes(1, 0)
        for number, row in enumerate(rows, start=1):
            if number >= XLSX_ROWS:
                raise ValueError(f"A sheet holds {XLSX_ROWS} rows; export this as CSV")
            for place, cell in enumerate(row):
                if isinstance(cell, str):
                    page.write_string(number, place, _cut(cell))
                elif isinstance(cell, datetime):
                    page.write_datetime(number, place, _in_utc(cell), moment)
                elif isinstance(cell, date):
                    page.write_datetime(number, place, cell, day)
                elif isinstance(cell, bool):
                    page.write_boolean(number, place, cell)
                elif cell is not None:
                    page.write_number(number, place, cell)


def _defused(text: str) -> str:
    """Text that no spreadsheet takes for a formula: one that begins like it gets an apostrophe in front.

    Programs look past blanks and past what nobody sees (a byte order mark ends with the file's first cell),
    and some take the full-width forms of the signs for the signs.
    """
    first = next((c for c in text if not (c.isspace() or unicodedata.category(c)[0] == "C")), "")
    unsafe = text[:1] in ("\t", "\r", "\n") or unicodedata.normalize("NFKC", first) in _BEGINS_FORMULA
    return f"'{text}" if unsafe else text


def _plain(cell: Cell) -> Any:
    if isinstance(cell, datetime):
        return _in_utc(cell).isoformat(sep=" ", timespec="seconds")
    return cell.isoformat() if isinstance(cell, date) else cell


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _cut(text: str) -> str:
    return text if len(text) <= XLSX_TEXT else f"{text[: XLSX_TEXT - 1]}…"


def _taken(buffer: io.StringIO) -> bytes:
    """What the buffer holds; it is empty afterwards."""
    chunk = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return chunk
