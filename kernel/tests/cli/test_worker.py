"""`pronaflow worker`: what it makes of its options. What its processes do, tests/e2e/test_worker.py shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from pronaflow_kernel.cli.worker import FINAL, Duty
from pronaflow_kernel.cli.worker import run as process


class Recorder:
    """Stands for the supervisor, and starts nothing."""

    asked: tuple[Any, ...] = ()

    def __init__(self, *asked: Any) -> None:
        type(self).asked = asked

    def run(self) -> int:
        return 0


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> type[Recorder]:
    monkeypatch.setattr("pronaflow_kernel.jobs.supervisor.Supervisor", Recorder)
    return Recorder


def test_the_settings_say_how_many_work(run: Callable[..., Result], recorder: type[Recorder]) -> None:
    run("worker")
    assert recorder.asked == (process, (Duty(None, {}, ()),), 2, 30, FINAL)


def test_options_win(run: Callable[..., Result], recorder: type[Recorder]) -> None:
    run("worker", "--processes", "3", "--threads", "5", "--grace", "0", "--queues", "mail, reports,")
    flags = {"jobs.processes": 3, "jobs.worker_threads": 5, "jobs.grace_seconds": 0}
    assert recorder.asked == (process, (Duty(None, flags, ("mail", "reports")),), 3, 0, FINAL)


def test_mistakes_in_the_settings_start_no_process(
    run: Callable[..., Result], recorder: type[Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRONAFLOW_JOBS__PROCESSES", "many")
    monkeypatch.setenv("PRONAFLOW_REDIS_URL", "mongodb://localhost")
    monkeypatch.setattr(recorder, "asked", ())
    result = run("worker", code=4)
    assert "2 mistakes in the settings" in result.stderr
    assert recorder.asked == ()


@pytest.mark.parametrize("option", ["--processes", "--threads"])
def test_nobody_works_in_no_process(
    run: Callable[..., Result], recorder: type[Recorder], option: str
) -> None:
    assert "1<=x<=64" in run("worker", option, "0", code=2).stderr
