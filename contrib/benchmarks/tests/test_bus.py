"""The benchmarks of the bus run and print every figure. What the figures are is not for a test to judge."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url

FOLDER = Path(__file__).parents[1]
DISK = r"{kind}, disk and load +[\d,]+ fdatasync/s, load average \d+\.\d"
TIMES = r"p50 \d+\.\d ms, p95 \d+\.\d ms, max \d+\.\d ms"
STOLEN = r"; \d+ % stolen by the host"
DRAINED = r" +200 events in \d+\.\d s, [\d,]+ jobs a second, \d+\.\d times bare, goal 60 s" + STOLEN
STEADY = [
    r"{who}, requests +120 in \d+ s; " + TIMES,
    *(
        rf"{{who}}, {listener} +{TIMES}; p95 \d+\.\d times a request, goal p95 250 ms"
        for listener in (r"keep \(db\)", r"mark \(db\)", r"tell \(external\)", r"total \(batch\)")
    ),
    r"{who}, nothing left +\d+\.\d\d s after the last answer",
    r"{who}, the server +\d+\.\d\d processors, [+-]\d+\.\d MB of memory, goal 20 MB" + STOLEN,
]
FIGURES = {
    "bus_latency": [
        DISK,
        r"{kind}, waking a thread +" + TIMES,
        r"{kind}, commit to subscriber +" + TIMES + r"; p50 \d+\.\d times waking, goal p95 10 ms",
    ],
    "bus_publish": [
        DISK,
        r"{kind}, event left out +" + TIMES,
        r"{kind}, event stored +" + TIMES + r"; [+-]\d+\.\d % of the median, "
        r"[+-]\d+\.\d % in the middle of pairs, goal 15 %",
    ],
    "bus_burst": [
        DISK,
        r"{kind}, bare transactions +[\d,]+ a second",
        r"{kind}, 1 listening" + DRAINED,
        r"{kind}, 4 listening" + DRAINED,
    ],
    "bus_steady": [DISK, *(each.replace("{who}", "{kind}") for each in STEADY)],
}
WITH_WORKERS = {
    "bus_burst": [r"{kind}, 4 listening, workers" + DRAINED],
    "bus_steady": [each.replace("{who}", "workers") for each in STEADY],
}


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_quick_mode_prints_every_figure(name: str, new_database: Callable[[], str]) -> None:
    url = new_database()
    kind = make_url(url).get_backend_name()
    env = {**os.environ, "PRONAFLOW_TEST_DATABASE_URL": url} if kind == "postgresql" else None
    command = [sys.executable, str(FOLDER / f"{name}.py"), "--quick", "--database", kind]
    run = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    lines = [line.strip() for line in run.stdout.splitlines()]
    expected = FIGURES[name] + (WITH_WORKERS.get(name, []) if kind == "postgresql" else [])
    for figure in expected:
        pattern = re.compile(figure.replace("{kind}", kind))
        assert any(pattern.fullmatch(line) for line in lines), f"{figure}\n{run.stdout}"
