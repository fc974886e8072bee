"""Tables as files: nothing in a cell calculates, and nothing is lost (security.md 2.15, RFC 4180)."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pronaflow_kernel.api import csv_chunks, write_xlsx
from pronaflow_kernel.documents import tables

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    "\n=1+1",
    "=cmd|' /C calc'!A0",
    "\uff1d1+1",
    "\u3000=1+1",
    "\tplain",
    "\u200b=1+1",
    "\0=1+1",
]


def from_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def as_csv(rows, columns=("a",), **kwargs) -> bytes:
    return b"".join(csv_chunks(columns, rows, **kwargs))


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_text_that_looks_like_a_formula_gets_an_apostrophe(text):
    assert from_csv(as_csv([[text]]))[1] == [f"'{text}"]


def test_a_heading_is_defused_too():
    assert from_csv(as_csv([], ["=1+1"])) == [["'=1+1"]]


def test_no_byte_order_mark_hides_a_formula_in_the_first_cell():
    assert as_csv([], ["\ufeff=1+1"]).decode("utf-8-sig") == "'\ufeff=1+1\r\n"


@pytest.mark.parametrize("text", ["plain", "a=b", "3-4", "", "'quoted", "x@y.z", "Ünïcode", 'a "b", c\r\nd'])
def test_other_text_comes_back_as_it_was(text):
    assert from_csv(as_csv([[text, "end"]], ["a", "b"]))[1] == [text, "end"]


@pytest.mark.parametrize("number", [-1, -0.5, Decimal("-12.30")], ids=str)
def test_a_number_stays_a_number_whatever_its_sign(number):
    assert from_csv(as_csv([[number]]))[1] == [str(number)]


def test_times_are_in_utc_and_nothing_is_an_empty_cell():
    noon = datetime(2026, 3, 2, 12, 0, tzinfo=timezone(timedelta(hours=7)))

    assert from_csv(as_csv([[noon, date(2026, 3, 2), None]], "abc"))[1] == [
        "2026-03-02 05:00:00",
        "2026-03-02",
        "",
    ]


def test_the_byte_order_mark_is_there_when_asked_for():
    assert as_csv([], byte_order_mark=True).startswith(b"\xef\xbb\xbf")
    assert not as_csv([]).startswith(b"\xef\xbb\xbf")


def test_a_long_table_comes_in_pieces():
    chunks = list(csv_chunks(["a"], ([f"row {n}"] for n in range(50_000))))

    assert len(chunks) > 5
    assert max(map(len, chunks)) < 2 * 64 * 1024
    assert len(from_csv(b"".join(chunks))) == 50_001


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_no_cell_begins_like_a_formula(text):
    [cell] = from_csv(as_csv([[text]], ["a"]) + b"")[1] or [""]

    assert cell.lstrip()[:1] not in {"=", "+", "-", "@"}
    assert cell.removeprefix("'") == text.removeprefix("'") or cell == text


def sheet(rows, columns=("a",)):
    stream = io.BytesIO()
    write_xlsx(stream, columns, rows)
    stream.seek(0)
    return openpyxl.load_workbook(stream).active


@pytest.mark.parametrize("text", [*FORMULAS, "https://example.com", "007", "{=1+1}"], ids=ascii)
def test_text_is_text_in_a_workbook(text):
    cell = sheet([[text]])["A2"]

    assert cell.data_type == "s"
    assert cell.hyperlink is None


def test_numbers_times_and_truth_keep_their_types_in_a_workbook():
    moment = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
    page = sheet([[-1.5, moment, date(2026, 3, 2), True, None]], "abcde")

    row = [cell.value for cell in page[2]]
    assert row[:2] == [-1.5, datetime(2026, 3, 2, 12, 30)]
    assert row[2] in (date(2026, 3, 2), datetime(2026, 3, 2))
    assert row[3:] in ([True, None], [True])


def test_text_that_no_cell_can_hold_ends_in_an_ellipsis():
    cell = sheet([["x" * 40_000]])["A2"].value

    assert len(cell) == 32_767
    assert cell.endswith("x…")


def test_more_rows_than_a_sheet_has_are_refused_in_words(monkeypatch):
    monkeypatch.setattr(tables, "XLSX_ROWS", 3)

    sheet([["1"], ["2"]])
    with pytest.raises(ValueError, match="as CSV"):
        sheet([["1"], ["2"], ["3"]])
