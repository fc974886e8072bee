"""Keeping processes running, with real processes and signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 60.0
"""Seconds after which what was waited for counts as missing."""

PLACES = '''
import os, signal, sys, time
from pathlib import Path

def note(number, what):
    with open(f"{number}.txt", "a") as file:
        file.write(f"{what} {os.getpid()}\\n")

def obedient(number, seconds=0.0):
    """Ends some time after it was asked to."""
    asked = []
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: asked.append(1))
    note(number, "began")
    while not asked:
        time.sleep(0.01)
    time.sleep(seconds)
    note(number, "ended")

def stubborn(number):
    """Ends only when it is killed."""
    signal.signal(signal.SIGTERM, lambda *_: note(number, "asked"))
    note(number, "began")
    while True:
        time.sleep(0.01)

def unlucky(number):
    """Ends at once with the code that a file holds."""
    note(number, "began")
    sys.exit(int(Path("code").read_text()))
'''
MAIN = """
import logging, sys
import places
from pronaflow_kernel.jobs.supervisor import Supervisor
logging.basicConfig(level="INFO")
target, *args = sys.argv[1:]
count, grace = 2, float(args.pop(0))
sys.exit(Supervisor(getattr(places, target), tuple(map(float, args)), count, grace, (5,)).run())
"""


def until(condition: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)
    return found


class Supervised:
    """A supervisor over two processes, which note what happens to them in files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "places.py").write_text(PLACES)
        self.process: subprocess.Popen[str]

    def start(self, target: str, grace: float, *args: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", MAIN, target, str(grace), *map(str, args)],
            cwd=self.folder,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(self.folder)},
        )

    def notes(self, number: int, what: str) -> list[int]:
        """Pids of the processes at a place to which something happened."""
        path = self.folder / f"{number}.txt"
        lines = path.read_text().splitlines() if path.exists() else []
        return [int(line.split()[1]) for line in lines if line.startswith(what)]

    def began(self) -> list[int]:
        """Pids of both, once they have begun."""
        return until(
            lambda: (
                (first := self.notes(1, "began")) and (second := self.notes(2, "began")) and first + second
            )
        )

    def end(self) -> tuple[int, str]:
        """Exit code and log."""
        _, log = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, log


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    made = Supervised(tmp_path)
    yield made
    for number in (1, 2):
        for pid in made.notes(number, "began"):
            if runs(pid):
                os.kill(pid, signal.SIGKILL)
    if made.process.poll() is None:
        made.process.kill()
        made.process.communicate()


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_the_first_signal_lets_all_finish(supervised: Supervised, number: signal.Signals) -> None:
    supervised.start("obedient", 30, 0.2)
    supervised.began()
    supervised.process.send_signal(number)
    code, log = supervised.end()
    assert code == 0
    assert [len(supervised.notes(place, "ended")) for place in (1, 2)] == [1, 1]
    assert "Stopping: what was begun may take 30 s" in log


def test_a_second_signal_kills(supervised: Supervised) -> None:
    supervised.start("stubborn", 600)
    pids = supervised.began()
    supervised.process.terminate()
    until(lambda: supervised.notes(1, "asked") and supervised.notes(2, "asked"))
    supervised.process.terminate()
    code, log = supervised.end()
    assert (code, "killed 2 worker processes" in log) == (1, True)
    assert [pid for pid in pids if runs(pid)] == []


def test_who_does_not_end_in_time_is_killed(supervised: Supervised, monkeypatch: pytest.MonkeyPatch) -> None:
    supervised.start("stubborn", -5)  # with the margin of five seconds: at once
    pids = supervised.began()
    supervised.process.terminate()
    assert supervised.end()[0] == 1
    assert [pid for pid in pids if runs(pid)] == []


def test_a_process_that_is_killed_is_started_again(supervised: Supervised) -> None:
    supervised.start("obedient", 30)
    [first, other] = supervised.began()
    os.kill(first, signal.SIGKILL)
    until(lambda: len(supervised.notes(1, "began")) == 2)
    supervised.process.terminate()
    code, log = supervised.end()
    assert code == 0
    assert "Worker process 1 was killed by signal 9; it is started again in 0.5 s" in log
    assert supervised.notes(2, "began") == [other]


def test_one_that_dies_again_and_again_is_started_later_and_later(supervised: Supervised) -> None:
    (supervised.folder / "code").write_text("3")
    supervised.start("unlucky", 30)
    until(lambda: len(supervised.notes(1, "began")) == 3)
    supervised.process.terminate()
    code, log = supervised.end()
    assert code == 0
    assert [
        wait for wait in ("0.5", "1.0") if f"1 ended with code 3; it is started again in {wait} s" in log
    ] == [
        "0.5",
        "1.0",
    ]


def test_what_another_try_cannot_mend_ends_all(supervised: Supervised) -> None:
    (supervised.folder / "code").write_text("5")
    supervised.start("unlucky", 30)
    assert supervised.end()[0] == 5
    assert len(supervised.notes(1, "began")) <= 1
