"""The benchmark of streams runs and prints; what comes out is not for a test to judge."""

import re
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "streams.py"
FIGURES = [
    r"sqlite, 20 streams +p50 \d+ ms, p95 \d+ ms, p99 \d+ ms; goal 300 ms; (\d+) of \1 told",
    r"sqlite, list, p50 +\d+\.\d ms, \d+\.\d\d times without streams \(\d+\.\d ms\)",
    r"sqlite, list, p99 +\d+\.\d ms, \d+\.\d\d times without streams \(\d+\.\d ms\); goal 1.2",
]


def test_quick_mode_prints_every_figure() -> None:
    command = [sys.executable, str(SCRIPT), "--quick", "--database", "sqlite"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    lines = [line.strip() for line in run.stdout.splitlines()]
    for figure in FIGURES:
        assert any(re.fullmatch(figure, line) for line in lines), f"{figure}\n{run.stdout}"
