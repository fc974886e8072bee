"""The comparison of times runs and prints; what comes out is not for a test to judge."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url

SCRIPT = Path(__file__).parents[1] / "enumeration_timing.py"
MEDIANS = r" +\d+\.\d\d ms there, +\d+\.\d\d ms not there"
FIGURE = MEDIANS + r", \d+\.\d % apart \(goal 10 %\), p [01]\.\d{3} \(goal 0\.010\)"
ROUTES = ("login", "login by user name", "register", "password-reset", "resend-verification")


def test_quick_mode_prints_every_route(new_database: Callable[[], str]) -> None:
    url = new_database()
    kind = make_url(url).get_backend_name()
    env = {**os.environ, "PRONAFLOW_TEST_DATABASE_URL": url} if kind == "postgresql" else None
    command = [sys.executable, str(SCRIPT), "--quick", "--database", kind]
    run = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    lines = [line.strip() for line in run.stdout.splitlines()]
    for route in ROUTES:
        for clock in ("wall", "CPU"):
            pattern = re.compile(f"{kind}, {route}, {clock}" + FIGURE)
            assert any(pattern.fullmatch(line) for line in lines), f"{route}\n{run.stdout}"


@pytest.mark.parametrize(
    ("one", "two", "p"),
    [
        # By hand, e.g. the last: ranks 1, 4, 6 make 11 where 10.5 is expected, with a deviation of 2.2913.
        (range(20), range(20, 40), 0.0000),
        (range(0, 40, 2), range(1, 41, 2), 0.7868),
        ([1.0, 4.0, 6.0], [2.0, 3.0, 5.0], 0.8273),
    ],
    ids=["apart", "interleaved", "few"],
)
def test_the_p_value_is_that_of_the_normal_approximation(
    one: list[float], two: list[float], p: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    from enumeration_timing import mann_whitney

    assert mann_whitney(list(one), list(two)) == pytest.approx(p, abs=0.0001)
