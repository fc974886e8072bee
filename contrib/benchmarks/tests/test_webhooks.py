"""The benchmark of webhooks prints every figure and loses nothing; how fast it is is not for a test."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import make_url

SCRIPT = Path(__file__).parents[1] / "webhooks.py"
FIGURES = [
    r"{kind}, bare posts +[\d,]+ a second",
    r"{kind}, deliveries +[\d,]+ a second, \d+\.\d\d times bare, goal 500; (\d+) of \1 came",
    r"{kind}, 20 endpoints, healthy +p50 \d+\.\d ms, p95 \d+\.\d ms, max \d+\.\d ms; goal p95 2,000 ms; "
    r"(\d+) of \1 came",
    r"{kind}, events committed +\d+ a second",
    r"{kind}, load average +\d+\.\d on \d+ processors",
]


def test_quick_mode_prints_every_figure(new_database: Callable[[], str]) -> None:
    url = new_database()
    kind = make_url(url).get_backend_name()
    env = {**os.environ, "PRONAFLOW_TEST_DATABASE_URL": url} if kind == "postgresql" else None
    command = [sys.executable, str(SCRIPT), "--quick", "--database", kind]
    run = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    lines = [line.strip() for line in run.stdout.splitlines()]
    for figure in FIGURES:
        pattern = re.compile(figure.replace("{kind}", kind))
        assert any(pattern.fullmatch(line) for line in lines), f"{figure}\n{run.stdout}"
