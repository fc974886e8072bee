"""The benchmarks run and print every figure. What the figures are is not for a test to judge."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import make_url

RUN = Path(__file__).parents[1] / "run.py"
TIME = r" +\d+\.\d us \(p10 \d+\.\d\)"
FIGURES = [
    r"{kind}, libraries alone +\d+\.\d\d s of CPU",
    r"{kind}, first answer +\d+\.\d\d s of CPU  \d+\.\d\d times the libraries; .*\d\.\d\d s, goal 3 s",
    r"{kind}, memory when idle +\d+ MB, goal 150 MB",
    r"list, bare" + TIME,
    r"list, [1-6] statements" + TIME + r"  \d+\.\d\d times bare, goal 6",
    r"get, bare" + TIME,
    r"get, [1-4] statements" + TIME + r"  \d+\.\d\d times bare",
    r"create, bare" + TIME,
    r"create, \d+ statements" + TIME + r"  \d+\.\d\d times bare",
    r"{kind}, session look-up, bare" + TIME,
    r"{kind}, not counted" + TIME + r"  \d+\.\d times bare, goal 500 us",
    r"{kind}, counted in memory" + TIME + r"  \d+\.\d times bare, goal 500 us",
    r"{kind}, counted in Redis" + TIME + r"  \d+\.\d times bare; \d+\.\d us on the wall, goal 500 us",
    r"{kind}, session" + TIME,
    r"{kind}, token" + TIME,
    r"{kind}, token beyond session +-?\d+\.\d us, \d+\.\d\d times; goal 200 us",
    r"join, without" + TIME,
    r"join, with the rule" + TIME + r"  \d\.\d\d\d times without, [+-]\d+\.\d us",
    r"join, judged once" + TIME,
    r"marshmallow dump" + TIME + r"  \d+\.\d times orjson",
    r"projection" + TIME + r"  \d+\.\d times orjson",
    r"saved by the projection +\d+\.\d times less than marshmallow",
    r"{kind}, bare executemany +\d+ rows/s of CPU",
    *(
        rf"{{kind}}, {action} 20 +\d+\.\d\d s; +\d+\.\d times as fast as single"
        for action in ("create", "update", "move", "delete")
    ),
    r"{kind}, import of 100 rows +\d+ rows/s of CPU \(\d+ on the wall\)  \d+\.\d times bare",
]


def test_quick_mode_prints_every_figure(new_database: Callable[[], str]) -> None:
    url = new_database()
    kind = make_url(url).get_backend_name()
    env = {**os.environ, "PRONAFLOW_TEST_DATABASE_URL": url} if kind == "postgresql" else None
    command = [sys.executable, str(RUN), "--quick", "--database", kind]
    run = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    lines = [line.strip() for line in run.stdout.splitlines()]
    for figure in FIGURES:
        pattern = re.compile(figure.replace("{kind}", kind))
        assert any(pattern.fullmatch(line) for line in lines), f"{figure}\n{run.stdout}"
