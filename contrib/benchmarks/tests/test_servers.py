"""The comparison of web servers runs and prints; what comes out is not for a test to judge."""

import re
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "servers.py"
FIGURE = r" +\d+ a second \(\d+ to \d+\), \d+\.\d\d times waitress, \d+\.\d\d ms of processor time each"


def test_quick_mode_prints_every_server() -> None:
    command = [sys.executable, str(SCRIPT), "--quick", "--database", "sqlite"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    lines = [line.strip() for line in run.stdout.splitlines()]
    for name in ("list", "create"):
        for runner in ("waitress", "granian", "gunicorn"):
            pattern = re.compile(f"sqlite, {name}, {runner}" + FIGURE)
            assert any(pattern.fullmatch(line) for line in lines), f"{name}, {runner}\n{run.stdout}"
