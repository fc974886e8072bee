"""What lives as long as a process is set aside before it begins to work."""

from __future__ import annotations

import gc
import threading

import pytest

from pronaflow_kernel.cli import worker
from pronaflow_kernel.testing import World
from pronaflow_kernel.web.wsgi import Serving


def serve(world: World) -> None:
    serving = Serving(world.kernel, world.app)
    serving.begin()
    serving.end()


def work(world: World) -> None:
    ended = threading.Event()
    ended.set()
    worker._work(world.kernel, worker.Duty(None, {}, ()), ended)


@pytest.mark.parametrize("process", [serve, work])
def test_a_process_sets_aside_what_it_is_made_of_before_its_threads_begin(
    process, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not in earnest: nothing of the tests themselves would be collected any more.
    done: list[str] = []
    monkeypatch.setattr(gc, "freeze", lambda: done.append("set aside"))
    monkeypatch.setattr(world.kernel.bus, "start", lambda *how: done.append("begun"))

    process(world)

    assert done == ["set aside", "begun"]
