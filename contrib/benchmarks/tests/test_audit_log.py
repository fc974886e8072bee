"""The benchmark of the audit log prints every figure, and no page costs more statements than the budget."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import make_url

SCRIPT = Path(__file__).parents[1] / "audit_log.py"
TIME = r" +\d+\.\d\d ms \(p10 \d+\.\d\d\)"
BUDGET = 6
PAGES = (
    "newest", "page 100", "a person", "a frequent action", "a rare action", "a frequent pattern",
    "a rare pattern", "a rare kind of resource", "one resource", "one resource by its id alone",
    "a day half way", "a person's action in a month", "own actions", "everything", "everything of a person",
    "everything of a rare kind",
)  # fmt: skip


def test_quick_mode_prints_every_figure(new_database: Callable[[], str]) -> None:
    url = new_database()
    kind = make_url(url).get_backend_name()
    env = {**os.environ, "PRONAFLOW_TEST_DATABASE_URL": url} if kind == "postgresql" else None
    command = [sys.executable, str(SCRIPT), "--quick", "--database", kind]
    run = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    lines = [line.strip() for line in run.stdout.splitlines()]
    assert any(re.fullmatch("50 rows by primary key, bare" + TIME, line) for line in lines), run.stdout
    for page in PAGES:
        pattern = rf"{page}, (\d+) statements{TIME}  \d+\.\d times bare"
        [found] = [match for line in lines if (match := re.fullmatch(pattern, line))]
        assert int(found[1]) <= BUDGET, found[0]
