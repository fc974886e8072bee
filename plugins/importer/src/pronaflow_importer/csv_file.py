"""Reading a CSV file row by row, each with the line it begins on."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FIELD_LIMIT = 16 * 1024 * 1024
"""Largest cell in characters."""


class CsvError(ValueError):
    """The file cannot be read at all; the message says where it breaks."""


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One record.

    Arguments:
        line: where it begins; the heading is line 1.
        cells: by column; None where the row does not fit the heading.
        fault: why it does not.
    """

    line: int
    cells: dict[str, str] | None
    fault: str = ""


@contextmanager
def csv_rows(path: Path) -> Iterator[tuple[list[str], Iterator[CsvRow]]]:
    """The heading and the rows of a file in UTF-8, with or without a byte order mark.

    Raises:
        CsvError: not a file, not UTF-8, without a heading, or with a column twice.
    """
    previous = csv.field_size_limit(FIELD_LIMIT)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            heading = _heading(reader, path)
            yield heading, _rows(reader, heading, path)
    except OSError as error:
        raise CsvError(f"{path}: {error.strerror}") from None
    finally:
        csv.field_size_limit(previous)


def _heading(reader: Iterator[list[str]], path: Path) -> list[str]:
    try:
        heading = next(reader)
    except StopIteration:
        raise CsvError(f"{path} is empty") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise CsvError(f"{path}, line 1: {error}") from None
    twins = sorted({name for name in heading if heading.count(name) > 1})
    if twins:
        raise CsvError(f"{path}: the column {', '.join(twins)} appears twice")
    return heading


def _rows(reader: Iterator[list[str]], heading: list[str], path: Path) -> Iterator[CsvRow]:
    line = 2
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except UnicodeDecodeError as error:
            raise CsvError(f"{path}, at or after line {line}: not UTF-8: {error.reason}") from None
        except csv.Error as error:
            yield CsvRow(line, None, f"broken CSV: {error}")
            line = reader.line_num + 1  # type: ignore[attr-defined]
            continue
        following: int = reader.line_num + 1  # type: ignore[attr-defined]
        if len(cells) == len(heading):
            yield CsvRow(line, dict(zip(heading, cells, strict=True)))
        elif cells:
            yield CsvRow(line, None, f"{len(cells)} cells where the heading has {len(heading)}")
        line = following
