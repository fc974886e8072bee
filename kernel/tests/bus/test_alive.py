"""Workers of one machine know at once that another one died."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from pronaflow_kernel.ids import new_id
from pronaflow_kernel.jobs.alive import Alive
from pronaflow_kernel.testing import Person, World

from .conftest import Workshop

_LIVE = """
import sys
from pathlib import Path
from pronaflow_kernel.jobs.alive import Alive
Alive(Path(sys.argv[1]), sys.argv[2]).begin()
print("alive", flush=True)
sys.stdin.read()
"""


def live(folder: Path, worker_id: str) -> subprocess.Popen[str]:
    """A process that lives until its input ends."""
    command = [sys.executable, "-c", _LIVE, str(folder), worker_id]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "alive\n"
    return process


def test_a_worker_that_lives_is_not_dead_and_one_that_was_killed_is(tmp_path: Path) -> None:
    me, other = Alive(tmp_path, new_id()), new_id()
    with live(tmp_path, other) as process:
        assert me.dead([other]) == []
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert me.dead([other]) == [other]
        me.forget(other)
        assert me.dead([other]) == []


def test_nothing_is_known_of_workers_elsewhere_nor_held_against_oneself(tmp_path: Path) -> None:
    worker_id = new_id()
    me = Alive(tmp_path, worker_id)
    me.begin()
    assert me.dead([worker_id, new_id()]) == []
    me.end()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_worker_had_is_done_without_waiting_for_its_lease(
    world: World, workshop: Workshop, ann: Person
) -> None:
    heard: list[str] = []
    workshop.listen(lambda uow, event: heard.append(event.id), "note.created")
    ann.post("/api/v1/notes", {"title": "x"})
    workshop.bus.relay()
    dead = new_id()
    with live(world.kernel.settings.data_dir / "workers", dead) as process:
        workshop.execute("UPDATE core__job SET state = 1, worker_id = :dead, attempt = 1", dead=dead)
        workshop.execute(
            "UPDATE core__job SET lease_token = worker_id, lease_until = :later",
            later="2100-01-01T00:00:00.000000+00:00",
        )
        world.drain()
        assert heard == []
        process.kill()
        process.wait()
    world.drain()
    assert len(heard) == 1
