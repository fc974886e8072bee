"""`pronaflow jobs`: what is still to be done, and what an operator takes out of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import text

from .belfry import CODE, MANIFEST, fail, oil, ring, server, work

Run = Callable[..., Result]

LATER = datetime(2999, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def belfry(site: Any, run: Run) -> None:
    """A database, and a plugin whose job an operator can look at."""
    site.add("belfry", MANIFEST, CODE)
    run("db", "upgrade")


def listed(run: Run, *arguments: str) -> Any:
    return json.loads(run("jobs", "list", "--json", *arguments).stdout)


def test_jobs_are_listed_oldest_first_and_left_alone(run: Run) -> None:
    assert run("jobs", "list").stdout == "Nothing is to be done\n"
    oil(1)
    oil(2, run_at=LATER)
    assert [(row["args"]["drops"], row["state"]) for row in listed(run)] == [(1, "ready"), (2, "waiting")]
    assert [row["args"]["drops"] for row in listed(run, "--state", "waiting")] == [2]
    assert listed(run, "--kind", "belfry.tell") == []
    result = run("jobs", "list", "--limit", "1")
    assert [line.split()[:3] for line in result.stdout.splitlines()[1:]] == [["1", "belfry.oil", "ready"]]
    assert result.stderr == "The first 1; --limit shows more\n"


def test_a_job_is_shown_with_its_event(run: Run) -> None:
    ring(7)
    with server() as kernel:
        kernel.bus.relay()
    number = next(str(row["id"]) for row in listed(run) if row["kind"] == "belfry.tell")
    assert json.loads(run("jobs", "show", number, "--json").stdout)["event"]["payload"] == {"hour": 7}
    assert "state           ready" in run("jobs", "show", number).stdout


def test_one_that_is_dead_is_shown_elsewhere(run: Run) -> None:
    oil(1)
    fail()
    assert "it is dead: pronaflow events dead show 1" in run("jobs", "show", "1", code=1).stderr
    assert "it is done, or never was" in run("jobs", "show", "2", code=1).stderr


def test_what_is_cancelled_is_kept_as_dead(run: Run) -> None:
    oil(1, 2)
    assert run("jobs", "cancel", "1").stdout == "1: cancelled\n"
    assert work() == ["oil 2"]
    assert "cancelled by the operator" in run("events", "dead").stdout
    run("events", "retry", "1")
    assert work() == ["oil 2", "oil 1"]


def test_what_is_being_done_is_not_cancelled_and_the_others_are(run: Run) -> None:
    oil(1, 2)
    with server() as kernel, kernel.bus.engine.begin() as connection:
        held = "state = 1, worker_id = '0', lease_token = '0', lease_until = '2999-01-01T00:00:00.000000Z'"
        connection.execute(text(f"UPDATE core__job SET {held} WHERE id = 1"))
    result = run("jobs", "cancel", "1", "2", "3", "--json", code=1)
    assert json.loads(result.stdout)["cancelled"] == [2]
    assert [line.partition(" ")[0] for line in result.stderr.splitlines()] == ["1:", "3:"]
    assert "The worker 0 is doing it and has it until 2999-01-01T00:00:00Z" in result.stderr
    assert "3: There is no such job" in result.stderr
