"""Reading CSV: every row with its line, every fault with its number."""

from __future__ import annotations

from pathlib import Path

import pytest

from pronaflow_importer.csv_file import CsvError, CsvRow, csv_rows


def rows_of(path: Path, data: bytes) -> tuple[list[str], list[CsvRow]]:
    path = path / "x.csv"
    path.write_bytes(data)
    with csv_rows(path) as (heading, rows):
        return heading, list(rows)


def test_rows_carry_the_line_they_begin_on(tmp_path: Path) -> None:
    heading, rows = rows_of(tmp_path, b'a,b\n1,"two\nlines"\n\n3,4\n')
    assert heading == ["a", "b"]
    assert [(row.line, row.cells) for row in rows] == [
        (2, {"a": "1", "b": "two\nlines"}),
        (5, {"a": "3", "b": "4"}),
    ]


def test_a_byte_order_mark_is_not_part_of_the_heading(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "\ufeffid\r\n1\r\n".encode())[0] == ["id"]


def test_a_row_that_does_not_fit_is_a_fault_and_the_next_is_read(tmp_path: Path) -> None:
    _, rows = rows_of(tmp_path, b"a,b\n1\n1,2,3\n5,6\n")
    assert [(row.line, row.fault) for row in rows] == [
        (2, "1 cells where the heading has 2"),
        (3, "3 cells where the heading has 2"),
        (4, ""),
    ]


def test_broken_quotes_are_a_fault_with_their_line(tmp_path: Path) -> None:
    _, rows = rows_of(tmp_path, b'a,b\n1,"x"y\n3,4\n')
    assert (rows[0].line, rows[0].cells) == (2, None) and "broken CSV" in rows[0].fault
    assert rows[-1].cells == {"a": "3", "b": "4"}


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "is empty"), (b"a,a\n1,2\n", "appears twice"), (b"a\xff\n1\n", "line 1: not UTF-8")],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(CsvError, match=words):
        rows_of(tmp_path, data)


def test_wrong_bytes_cost_their_own_row(tmp_path: Path) -> None:
    _, rows = rows_of(tmp_path, "a,b\n1,\u00fc\n".encode() + b"2,\xfc\n3,x\n")
    assert [(row.line, row.fault) for row in rows] == [(2, ""), (3, "not UTF-8 in b"), (4, "")]


def test_large_cells_are_read(tmp_path: Path) -> None:
    _, rows = rows_of(tmp_path, b"a\n" + b"x" * 1_000_000 + b"\n")
    assert rows[0].cells is not None and len(rows[0].cells["a"]) == 1_000_000
