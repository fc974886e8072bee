"""What is put off is done beside requests in its time, at a drain and a stop at once, and as its plugin."""

from __future__ import annotations

import threading

from pronaflow_kernel.attribution import CURRENT_PLUGIN, acting


def test_a_drain_does_it_at_once_and_once(world):
    done = []
    world.kernel.bus.later(3600, lambda: done.append(1))
    assert done == []
    world.drain()
    world.drain()
    assert done == [1]


def test_it_is_done_in_its_time_and_a_stop_does_the_rest(new_world):
    bus = new_world().kernel.bus
    bus.start(0)
    soon, late, happened = [], [], threading.Event()
    bus.later(3600, lambda: late.append(1))
    bus.later(0, lambda: (soon.append(1), happened.set()))
    assert happened.wait(20)
    assert (soon, late) == ([1], [])
    bus.stop()
    assert late == [1]


def test_what_fails_harms_no_other(world, caplog):
    done = []

    def fail():
        raise OSError("no room")

    world.kernel.bus.later(0, fail)
    world.kernel.bus.later(0, lambda: done.append(1))
    world.drain()
    assert done == [1]
    assert "no room" in caplog.text


def test_it_runs_as_the_plugin_that_asked(world):
    seen = []
    with acting("notes"):
        world.kernel.bus.later(0, lambda: seen.append(CURRENT_PLUGIN.get()))
    world.drain()
    assert seen == ["notes"]
