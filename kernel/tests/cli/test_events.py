"""`pronaflow events`: what has happened, who has still to hear of it, and what could not be told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import text

from pronaflow_kernel.cli import events, replay
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.testing.tampering import tampering

from .belfry import CODE, MANIFEST, fail, oil, ring, server, work

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def belfry(site: Any, run: Run) -> None:
    """A database, and a plugin that rings a bell and hears it; it begins to hear now."""
    site.add("belfry", MANIFEST, CODE)
    run("db", "upgrade")
    work()


def broken(statement: str) -> None:
    with server() as kernel, kernel.bus.engine.begin() as connection, tampering(connection):
        connection.execute(text(statement))


def shown(run: Run, *arguments: str, **options: Any) -> Any:
    return json.loads(run("events", *arguments, "--json", **options).stdout)


class TestLag:
    def test_shows_how_far_everybody_is_behind(self, run: Run) -> None:
        ring(1, 2)
        data = shown(run, "lag")
        assert data["unplaced"] == 2
        assert {"belfry.count", "belfry.oil", "belfry.post", "belfry.tell"} <= {
            k["kind"] for k in data["kinds"]
        }
        assert {"default", "mail"} <= data["queues"].keys()

    def test_shows_people_only_what_listens_or_waits(self, run: Run) -> None:
        ring(1)
        fail()
        oil(1)
        lines = [line.split() for line in run("events", "lag").stdout.splitlines()]
        assert ["belfry.tell", "0", "0", "0", "0", "0", "1", "-", "-"] in lines
        assert ["belfry.count", "0", "0", "0", "0", "0", "0", "0", "-"] in lines
        assert [line[:2] for line in lines if line[:1] == ["belfry.oil"]] == [["belfry.oil", "1"]]

    def test_does_nothing_of_what_waits(self, run: Run) -> None:
        ring(1)
        run("events", "lag")
        assert shown(run, "lag")["unplaced"] == 1

    def test_tells_of_events_that_nobody_takes(self, run: Run) -> None:
        ring(1, 2)
        assert "2 events have no position yet, the oldest for " in run("events", "lag").stdout

    def test_of_an_installation_without_a_database_says_so(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PRONAFLOW_DATABASE_URL", "sqlite:///none.db")
        assert "There is no database yet" in run("events", "lag", code=1).stderr


class TestTail:
    def hours(self, run: Run, *arguments: str, **options: Any) -> list[int]:
        lines = run("events", "tail", "--json", *arguments, **options).stdout.splitlines()
        return [json.loads(line)["payload"]["hour"] for line in lines]

    def test_shows_what_happened_last_in_the_order_of_commits(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ring(1, 2, 3)
        work()
        assert self.hours(run) == [1, 2, 3]
        monkeypatch.setattr(events, "TAIL", 2)
        assert self.hours(run) == [2, 3]
        [_, last] = run("events", "tail").stdout.splitlines()
        assert last.split()[0] == "3"
        assert "bell.rung" in last

    def test_begins_where_one_says(self, run: Run) -> None:
        ring(1, 2, 3)
        work()
        assert self.hours(run, "--since", "2") == [2, 3]
        assert self.hours(run, "--since", "2000-01-01T00:00:00Z") == [1, 2, 3]
        assert self.hours(run, "--since", "2999-01-01T00:00:00+02:00") == []

    def test_shows_only_what_one_asks_for(self, run: Run) -> None:
        ring(1, 2)
        work()
        assert self.hours(run, "--type", "bell.*") == [1, 2]
        assert self.hours(run, "--type", "task.*") == []
        assert self.hours(run, "--workspace", new_id()) == []

    @pytest.mark.parametrize("since", ["yesterday", "0", "2026-03-02T09:00:00", "-1"])
    def test_refuses_what_is_no_position_and_no_time(self, since: str, run: Run) -> None:
        assert "--since" in run("events", "tail", f"--since={since}", code=2).stderr

    def test_follows_until_it_is_interrupted(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        waits = iter([lambda: (ring(2, 3), work()), lambda: None])

        def wait(_seconds: float) -> None:
            then = next(waits, None)
            if then is None:
                raise KeyboardInterrupt
            then()

        ring(1)
        work()
        monkeypatch.setattr(events, "sleep", wait)
        assert self.hours(run, "--follow") == [1, 2, 3]


class TestDead:
    def test_lists_what_was_given_up(self, run: Run) -> None:
        assert run("events", "dead").stdout == "Nothing is dead\n"
        oil(1)
        ring(1)
        fail()
        assert {row["kind"] for row in shown(run, "dead")} == {"belfry.oil", "belfry.tell"}
        [row] = shown(run, "dead", "list", "--kind", "belfry.oil")
        assert (row["args"], row["reason"], row["last_error"]) == (
            {"drops": 1},
            "failed 1 times",
            "RuntimeError: ill",
        )
        result = run("events", "dead", "--limit", "1")
        assert len(result.stdout.splitlines()) == 2
        assert result.stderr == "The last 1 of 2; --limit shows more\n"

    def test_shows_one_with_its_event(self, run: Run) -> None:
        ring(7)
        fail()
        [row] = shown(run, "dead")
        assert shown(run, "dead", "show", str(row["id"]))["event"]["payload"] == {"hour": 7}
        assert "last_error      RuntimeError: ill" in run("events", "dead", "show", str(row["id"])).stdout

    def test_of_an_unknown_number_says_so(self, run: Run) -> None:
        for command in (("dead", "show"), ("retry",), ("discard", "--yes")):
            assert "There is no dead job 77;" in run("events", *command, "77", code=1).stderr


class TestRetry:
    def test_brings_back_what_was_chosen(self, run: Run) -> None:
        oil(1, 2)
        ring(5)
        fail()
        first, *_ = sorted(row["id"] for row in shown(run, "dead", "--kind", "belfry.oil"))
        assert run("events", "retry", str(first)).stdout == "belfry.oil: 1 brought back\n"
        assert work() == ["oil 1"]
        assert shown(run, "retry", "--kind", "belfry.tell") == {"retried": {"belfry.tell": 1}, "left": []}
        assert shown(run, "retry", "--all")["retried"] == {"belfry.oil": 1}
        assert sorted(work()) == ["5", "oil 1", "oil 2"]
        assert run("events", "retry", "--all").stdout == "Nothing is brought back\n"

    def test_leaves_dead_whose_like_waits(self, run: Run) -> None:
        oil(1, dedup_key="oil")
        fail()
        oil(2, dedup_key="oil")
        [row] = shown(run, "dead")
        result = run("events", "retry", "--all")
        assert result.stderr == f"1 stay dead, because the same waits already: {row['id']}\n"

    @pytest.mark.parametrize("which", [(), ("1", "--all"), ("--kind", "belfry.oil", "--all")])
    def test_must_be_told_which_in_one_way(self, which: tuple[str, ...], run: Run) -> None:
        assert "Say which, in one way" in run("events", "retry", *which, code=2).stderr

    def test_of_a_kind_of_which_none_is_dead_says_so(self, run: Run) -> None:
        assert "No dead job is of belfry.oli" in run("events", "retry", "--kind", "belfry.oli", code=1).stderr


class TestDiscard:
    def test_asks_before_it_throws_away(self, run: Run) -> None:
        oil(1, 2)
        fail()
        result = run("events", "discard", "--kind", "belfry.oil", input="n\n", code=1)
        assert "Throw away 2 dead jobs for good?" in result.stderr
        assert len(shown(run, "dead")) == 2
        result = run("events", "discard", "--kind", "belfry.oil", input="y\n")
        assert result.stdout.endswith("belfry.oil: 2 thrown away\n")
        assert shown(run, "dead") == []

    def test_does_not_ask_who_has_said_yes(self, run: Run) -> None:
        oil(1, 2)
        fail()
        first, second = sorted(row["id"] for row in shown(run, "dead"))
        assert shown(run, "discard", str(second), "--yes") == {"discarded": {"belfry.oil": 1}}
        assert [row["id"] for row in shown(run, "dead")] == [first]

    @pytest.mark.parametrize("which", [(), ("1", "--kind", "belfry.oil")])
    def test_must_be_told_which_in_one_way(self, which: tuple[str, ...], run: Run) -> None:
        assert "Say which, in one way" in run("events", "discard", *which, code=2).stderr


class TestReplay:
    TELL = ("replay", "--subscriber", "belfry.tell")

    @pytest.fixture(autouse=True)
    def past(self, belfry: None, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """The bell has rung three times; how long a replay waits is noted and not waited for."""
        waits: list[float] = []
        monkeypatch.setattr(replay.time, "sleep", waits.append)
        ring(1, 2, 3)
        assert work() == ["1", "2", "3"]
        return waits

    def test_lets_a_subscriber_hear_again(self, run: Run) -> None:
        assert shown(run, *self.TELL, "--from-position", "2")["jobs"] == 2
        assert work() == ["1", "2", "3", "2", "3"]
        result = run("events", *self.TELL, "--since", "2000-01-01T00:00:00Z", "--to-position", "1")
        assert result.stdout == "belfry.tell hears again of 1 events\n"
        assert work()[5:] == ["1"]

    def test_only_says_what_it_would_do(self, run: Run) -> None:
        result = run("events", *self.TELL, "--from-position", "1", "--types", "bell.*", "--dry-run")
        assert result.stdout == "belfry.tell would hear again of 3 events\n"
        assert work() == ["1", "2", "3"]

    def test_goes_no_faster_than_it_may(self, run: Run, past: list[float]) -> None:
        run("events", *self.TELL, "--from-position", "1", "--rate", "2")
        assert past == [1.0]

    def test_says_how_to_go_on_when_it_is_interrupted(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(_seconds: float) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(replay.time, "sleep", interrupt)
        stderr = run("events", *self.TELL, "--from-position", "1", "--rate", "2", code=1).stderr
        words = "Stopped after 2 events. Go on with: pronaflow "
        rest = "events replay --subscriber belfry.tell --from-position 3 --to-position 3 --rate 2"
        assert words + rest in stderr
        run(*rest.split())
        assert work()[3:] == ["1", "2", "3"]

    def test_refuses_one_that_must_not_hear_twice(self, run: Run) -> None:
        result = run("events", "replay", "--subscriber", "belfry.post", "--from-position", "1", code=1)
        assert "belfry.post must not hear of an event twice: it is of mode external" in result.stderr

    def test_refuses_who_is_not_there(self, run: Run) -> None:
        result = run("events", "replay", "--subscriber", "belfry.tel", "--from-position", "1", code=1)
        assert "No subscriber belfry.tel runs; did you mean belfry.tell?" in result.stderr

    @pytest.mark.parametrize("where", [(), ("--from-position", "1", "--since", "2000-01-01T00:00:00Z")])
    def test_must_be_told_from_where_on(self, where: tuple[str, ...], run: Run) -> None:
        assert "Say from where on" in run("events", *self.TELL, *where, code=2).stderr

    def test_sets_back_a_subscriber_in_batches(self, run: Run) -> None:
        count = ("replay", "--subscriber", "belfry.count", "--from-position")
        words = "belfry.count would read again from position 2 on; it had come to 3\n"
        assert run("events", *count, "2", "--dry-run").stdout == words
        assert run("events", *count, "2").stdout == words.replace("would read", "reads")
        [lag] = [each for each in shown(run, "lag")["kinds"] if each["kind"] == "belfry.count"]
        assert lag["behind"] == 2
        assert "from 9 on it would leave events out" in run("events", *count, "9", code=1).stderr

    def test_refuses_to_choose_for_a_subscriber_in_batches(self, run: Run) -> None:
        count = ("replay", "--subscriber", "belfry.count", "--from-position", "1")
        for chosen in (("--types", "bell.*"), ("--to-position", "2"), ("--workspace", new_id())):
            assert "without --types, --workspace" in run("events", *count, *chosen, code=1).stderr


class TestVerify:
    def test_finds_nothing_wrong(self, run: Run) -> None:
        ring(1, 2)
        work()
        assert run("events", "verify").stdout == "All is well with 2 events and with all jobs\n"
        assert shown(run, "verify") == {"events": 2, "faults": []}

    def test_names_each_fault_and_fails(self, run: Run) -> None:
        ring(1, 2, 3)
        work()
        broken("UPDATE core__event SET position = 9, payload = '{\"x\": 1}' WHERE position = 2")
        result = run("events", "verify", code=1)
        assert [line.partition(":")[0] for line in result.stdout.splitlines()] == ["gap", "gap", "payload"]
        checks = [each["check"] for each in shown(run, "verify", code=1)["faults"]]
        assert checks == ["gap", "gap", "payload"]
