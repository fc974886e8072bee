"""Columns, JSON and progress bars."""

from __future__ import annotations

import io
import json
import sys
from datetime import date

import pytest

from pronaflow_kernel.cli.output import emit, progress, table


def test_columns_of_a_table_line_up_and_the_last_one_may_be_long() -> None:
    text = table(("ID", "STATE", "REASON"), [("tasks", "ready", ""), ("a", "failed", "a long story")])
    assert text.splitlines() == [
        "ID     STATE   REASON",
        "tasks  ready",
        "a      failed  a long story",
    ]


def test_a_table_without_rows_is_its_headings() -> None:
    assert table(("ID", "STATE"), []) == "ID  STATE"


def test_json_holds_what_json_has_no_word_for(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"on": date(2026, 3, 2), "name": "Žofie"}, True, "never")
    out = capsys.readouterr().out
    assert json.loads(out) == {"on": "2026-03-02", "name": "Žofie"}
    assert "Žofie" in out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_shows_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress("Importing", 2) as bar:
        bar.update(1)
        bar.update(1)
    assert "Importing" in sys.stderr.getvalue()  # type: ignore[attr-defined]
    assert "100%" in sys.stderr.getvalue()  # type: ignore[attr-defined]


def test_progress_is_silent_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Importing", 2) as bar:
        bar.update(2)
    assert capsys.readouterr() == ("", "")
