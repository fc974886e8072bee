"""A file of 64 MiB goes through each server in far less memory than it has, and comes back in two parts."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "big_file.py"
MOST = 32
"""MiB of memory for 64 MiB of content; what a server sends ahead of its client is among it."""


@pytest.fixture(scope="module")
def printed() -> str:
    """What comes out."""
    run = subprocess.run(
        [sys.executable, str(SCRIPT), "--quick"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize("runner", ["waitress", "granian", "gunicorn"])
def test_a_large_file_needs_little_memory_and_comes_back_in_two_parts(printed: str, runner: str) -> None:
    assert re.search(f"{runner}, what came +is what was sent", printed)
    for way in ("up", "down in two parts"):
        found = re.search(rf"{runner}, {way} .* memory \+(\d+\.\d) MiB", printed)
        assert found is not None, printed
        assert float(found[1]) < MOST
