"""`pronaflow schedule`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

RINGER = """
from pathlib import Path
from pronaflow_kernel.api import JobType, Plugin, Schedule, hookimpl

def ring(uow, args):
    with Path("rung").open("a") as file:
        print(args, uow.due_at is not None, file=file)

class Main(Plugin):
    @hookimpl
    def provide_jobs(self):
        plans = (
            Schedule("0 8 * * MON", "Europe/Berlin", args={"loud": True}),
            Schedule("30 12 1 1 *"),
        )
        return [JobType("ring", ring, schedules=plans)]
"""


@pytest.fixture(autouse=True)
def _ringer(site, run: Callable[..., Result]) -> None:
    """An installation with a plugin that has two schedules."""
    site.add("ringer", code=RINGER)
    run("db", "upgrade")


def of(run: Callable[..., Result], *arguments: str) -> object:
    """What a command prints as JSON."""
    return json.loads(run("schedule", *arguments, "--json").stdout)


def test_the_schedules_are_listed_before_any_server_has_run(run: Callable[..., Result]) -> None:
    lines = [line for line in run("schedule", "list").stdout.splitlines() if "ringer" in line]
    assert [re.split(r"  +", line)[:3] for line in lines] == [
        ["ringer.ring", "0 8 * * MON", "Europe/Berlin"],
        ["ringer.ring#2", "30 12 1 1 *", "UTC"],
    ]
    [row] = [row for row in of(run, "list") if row["name"] == "ringer.ring"]  # type: ignore[attr-defined]
    assert row["args"] == {"loud": True}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT0[67]:00:00Z", row["next_at"])
    assert row["last_due_at"] is None


def test_one_is_shown_with_its_next_five_occurrences(run: Callable[..., Result]) -> None:
    data = of(run, "show", "ringer.ring#2")
    assert [moment[4:] for moment in data["next"]] == ["-01-01T12:30:00Z"] * 5  # type: ignore[index]
    text = run("schedule", "show", "ringer.ring#2").stdout
    assert "cron          30 12 1 1 * in UTC" in text
    assert text.count("-01-01T12:30:00Z") == 5


def test_its_job_is_done_now_and_its_plan_stays(run: Callable[..., Result]) -> None:
    before = of(run, "show", "ringer.ring")
    assert "ringer.ring is handed in" in run("schedule", "run", "ringer.ring").stdout
    assert Path("rung").read_text() == "{'loud': True} True\n"
    assert of(run, "show", "ringer.ring") == before


def test_one_rests_and_goes_on(run: Callable[..., Result]) -> None:
    assert "ringer.ring is now paused" in run("schedule", "pause", "ringer.ring").stdout
    assert "ringer.ring was paused" in run("schedule", "pause", "ringer.ring").stdout
    [line] = [x for x in run("schedule", "list").stdout.splitlines() if x.startswith("ringer.ring ")]
    assert line.endswith("-  -  paused") or re.search(r"-\s+-\s+paused$", line)
    assert of(run, "show", "ringer.ring")["next"] == []  # type: ignore[index]
    assert "falls due next at" in run("schedule", "resume", "ringer.ring").stdout
    assert "was not paused" in run("schedule", "resume", "ringer.ring").stderr
    assert len(of(run, "show", "ringer.ring")["next"]) == 5  # type: ignore[index]


@pytest.mark.parametrize("command", ["show", "run", "pause", "resume"])
def test_an_unknown_name_brings_the_nearest_one(run: Callable[..., Result], command: str) -> None:
    result = run("schedule", command, "ringer.rings", code=1)
    assert "There is no schedule 'ringer.rings'; did you mean 'ringer.ring'?" in result.stderr


def test_a_plugin_that_is_off_is_not_made_to_work(run: Callable[..., Result]) -> None:
    run("schedule", "list")
    run("plugins", "disable", "ringer")
    result = run("schedule", "run", "ringer.ring", code=1)
    assert "The plugin ringer is off; pronaflow plugins enable ringer" in result.stderr


def test_a_plugin_that_does_not_run_keeps_its_schedules(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("schedule", "list")
    monkeypatch.setenv("PRONAFLOW_PLUGINS__DISABLED", "ringer")
    assert "ringer.ring#2" in run("schedule", "list").stdout
    result = run("schedule", "run", "ringer.ring", code=1)
    assert "Nobody does ringer.ring here: pronaflow plugins show ringer tells why" in result.stderr


def test_a_plugin_with_a_wrong_cron_is_named(site, run: Callable[..., Result]) -> None:
    site.add("late", code=RINGER.replace("30 12 1 1 *", "30 24 * * *"))
    shown = run("plugins", "show", "late").stdout
    assert "the schedule of the job ring: The hour in '30 24 * * *' cannot be read, or never comes." in shown
    assert "ringer.ring" in run("schedule", "list").stdout
