"""Reading a CSV file row by row, each with the line it begins on."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

FIELD_LIMIT = 16 * 1024 * 1024
"""Largest cell in characters."""

Advance = Callable[[int], None]
"""Is told of each step how far it went."""


def unseen(_steps: int) -> None:
    """An `Advance` where nobody looks."""


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
def csv_rows(path: Path, advance: Advance = unseen) -> Iterator[tuple[list[str], Iterator[CsvRow]]]:
    """The heading and the rows of a file in UTF-8, with or without a byte order mark.

    Arguments:
        advance: told how many bytes were read.

    Raises:
        CsvError: not a file, not UTF-8, without a heading, or with a column twice.
    """
    previous = csv.field_size_limit(FIELD_LIMIT)
    try:
        with path.open("rb") as stream:
            reader = csv.reader(_lines(stream, advance), strict=True)
            heading = _heading(reader, path)
            yield heading, _rows(reader, heading)
    except OSError as error:
        raise CsvError(f"{path}: {error.strerror}") from None
    finally:
        csv.field_size_limit(previous)


def _lines(stream: BinaryIO, advance: Advance) -> Iterator[str]:
    """Decoded line by line, so that a wrong byte costs its own row and is reported with its line."""
    for number, line in enumerate(stream):
        advance(len(line))
        raw = line.removeprefix(codecs.BOM_UTF8) if number == 0 else line
        yield raw.decode("utf-8", "surrogateescape")


def _heading(reader: Iterator[list[str]], path: Path) -> list[str]:
    try:
        heading = next(reader)
    except StopIteration:
        raise CsvError(f"{path} is empty") from None
    except csv.Error as error:
        raise CsvError(f"{path}, line 1: {error}") from None
    if any(not _is_text(name) for name in heading):
        raise CsvError(f"{path}, line 1: not UTF-8; save the file as UTF-8")
    twins = sorted({name for name in heading if heading.count(name) > 1})
    if twins:
        raise CsvError(f"{path}: the column {', '.join(twins)} appears twice")
    return heading


def _rows(reader: Any, heading: list[str]) -> Iterator[CsvRow]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield CsvRow(line, None, f"broken CSV: {error}")
            continue
        wrong = [name for name, cell in zip(heading, cells, strict=False) if not _is_text(cell)]
        if wrong:
            yield CsvRow(line, None, f"not UTF-8 in {', '.join(wrong)}")
        elif len(cells) == len(heading):
            yield CsvRow(line, dict(zip(heading, cells, strict=True)))
        elif cells:
            yield CsvRow(line, None, f"{len(cells)} cells where the heading has {len(heading)}")


def _is_text(cell: str) -> bool:
    return not any("\udc80" <= character <= "\udcff" for character in cell) if not cell.isascii() else True
