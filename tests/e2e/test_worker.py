"""`pronaflow worker` beside a server that only serves: it does all the work, whatever is killed meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from pronaflow_kernel.persistence.engines import open_bare

from .server import PATIENCE, PRONAFLOW, Caller, Site

TASKS = "/api/v1/tasks"
ALONE = {"sqlite": "without Redis", "postgresql": "with Redis"}

_WAITING = (
    "SELECT (SELECT count(*) FROM core__event WHERE position IS NULL) + (SELECT count(*) FROM core__job)"
)
_EVENTS = "SELECT count(*) FROM core__event WHERE position IS NOT NULL"
_WORKERS = "SELECT pid FROM core__process WHERE role = 'worker' ORDER BY pid"


class Installation:
    """A server that leaves all work to others, and one worker command after another."""

    def __init__(self, site: Site) -> None:
        self.site = site
        url = site.settings.get("PRONAFLOW_DATABASE_URL")
        self._engine = open_bare(url or f"sqlite:///{site.folder / 'data' / 'pronaflow.sqlite3'}")
        self.server = site.server()
        self.log = site.folder / "worker.log"
        self.worker: subprocess.Popen[bytes] | None = None
        self._number = 0

    def start(self, *arguments: str) -> None:
        """Start a worker of two processes and wait for them."""
        with self.log.open("a") as log:
            self.worker = subprocess.Popen(
                [str(PRONAFLOW), "worker", *arguments],
                env=self.site.environment,
                cwd=self.site.folder,
                stderr=log,
            )
        self.until(lambda: self.log.read_text().count("Working on") == len(self.rows(_WORKERS)) == 2)

    def until(self, holds):
        end = time.monotonic() + PATIENCE
        while not (found := holds()):
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)
        return found

    def rows(self, statement: str) -> list[int]:
        with self._engine.connect() as connection:
            return list(connection.execute(text(statement)).scalars())

    def cause_work(self) -> None:
        """Do something that leaves background work behind."""
        self._number += 1
        with Caller(self.server) as somebody:
            somebody.sign_up(f"worker_{self._number}")

    def done(self) -> bool:
        return self.rows(_WAITING) == [0]

    def close(self) -> None:
        if self.worker is not None and self.worker.poll() is None:
            self.worker.kill()
            self.worker.wait()
        self._engine.dispose()


@pytest.fixture(params=ALONE, ids=["sqlite", "postgresql"])
def installation(request, tmp_path):
    """On SQLite workers find their work by looking for it, on PostgreSQL they are rung over Redis."""
    site = Site(tmp_path, settings={"PRONAFLOW_JOBS__THREADS": "0"})
    if request.param == "postgresql":
        from pronaflow_kernel.testing.postgres import create_database

        site.settings["PRONAFLOW_DATABASE_URL"] = create_database(request.getfixturevalue("postgres_server"))
        site.settings["PRONAFLOW_REDIS_URL"] = request.getfixturevalue("redis_server").url
        site.run("db", "upgrade")
    made = Installation(site)
    yield made
    made.close()
    site.close()


def runs(pid: int) -> bool:
    """Whether a process runs; one that nobody has taken note of yet does not."""
    state = Path(f"/proc/{pid}/stat")
    try:
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_worker_does_what_the_server_leaves_to_it_and_is_started_again(installation, request):
    installation.cause_work()
    assert not installation.done()
    installation.start()
    installation.until(installation.done)
    done = installation.rows(_EVENTS)

    installation.cause_work()
    installation.until(lambda: installation.done() and installation.rows(_EVENTS) > done)

    [victim, survivor] = installation.rows(_WORKERS)
    os.kill(victim, signal.SIGKILL)
    installation.cause_work()
    installation.until(installation.done)
    installation.until(lambda: installation.log.read_text().count("Working on all queues") == 3)
    log = installation.log.read_text()
    assert "was killed by signal 9; it is started again" in log
    assert runs(survivor)

    if "postgresql" in request.node.name:
        redis = request.getfixturevalue("redis_server")
        for end in (redis.pause, redis.kill):
            end()
            installation.cause_work()  # the server answers 2xx
            installation.until(installation.done)
        redis.start()
        installation.cause_work()
        installation.until(installation.done)

    installation.worker.terminate()
    assert installation.worker.wait(PATIENCE) == 0
    assert installation.log.read_text().count("Stopped") == 2
    # Only the killed one could not take its row away.
    assert installation.rows(_WORKERS) in ([], [victim])


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_no_process_is_left_behind_when_the_command_is_killed(installation):
    installation.start("--threads", "1")
    pids = installation.rows(_WORKERS)
    installation.worker.kill()
    installation.worker.wait()
    installation.until(lambda: not any(map(runs, pids)))
    assert "The process that started this worker is gone; stopping" in installation.log.read_text()


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_a_worker_says_once_why_it_cannot_start(installation, tmp_path):
    found = subprocess.run(
        [str(PRONAFLOW), "worker", "--queues", "post"],
        env=installation.site.environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert found.returncode == 5
    assert found.stderr.count("Error: there is no queue post; there are default, ") == 1
