"""The page on CSV files, command by command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .documents import blocks, commands, shown
from .installation import ROOT

PAGE = ROOT / "docs/how-to/import-a-csv-file.md"


@pytest.fixture
def pronaflow(tmp_path):
    """Runs the command in a folder with the files of the page."""
    for block in blocks(PAGE):
        if block.language in ("csv", "toml"):
            (tmp_path / block.title).write_text(block.text)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PRONAFLOW_")}

    def run(line, given=""):
        return subprocess.run(
            [Path(sys.executable).with_name("pronaflow"), *line.split()],
            cwd=tmp_path,
            env=kept,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )

    admin = "admin create --email ada@example.com --username ada --password-file -"
    assert run(admin, "correct-Horse-7-battery\n").returncode == 0
    return run


def test_the_page_tells_what_happens(pronaflow, tmp_path):
    trial, real = commands(PAGE)

    refused = pronaflow(trial)
    assert (refused.returncode, refused.stdout, refused.stderr) == (1, "", shown(PAGE, "refused"))

    imported = pronaflow(real)
    assert (imported.returncode, imported.stdout) == (0, shown(PAGE, "imported"))
    assert imported.stderr == "".join(shown(PAGE, "refused").splitlines(keepends=True)[:2])
    assert (tmp_path / "notes.jsonl").read_text().count('"line": 5') == 2

    again = pronaflow(real)
    assert again.stdout.startswith("4 rows: 0 created, 3 there before, 1 at fault\n")
