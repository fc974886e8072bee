"""Keys against a model of them: whatever is sent in whatever order, each key is worth one note a day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from pronaflow_kernel.testing import Person, Reply, World
from pronaflow_kernel.web.idempotency import LIFE

from .keyed import replayed, send, titles

SEARCH = settings(
    max_examples=12,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class Keys(RuleBasedStateMachine):
    """Two users, two keys, two bodies that are taken and one that is refused, and time that passes."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.people: list[Person] = [world.person(), world.person()]
        self.known: dict[tuple[int, str], tuple[str, Reply, datetime]] = {}
        self.made: list[list[str]] = [[], []]

    @rule(who=st.integers(0, 1), key=st.sampled_from("AB"), title=st.sampled_from(["x", "y", ""]))
    def post(self, who: int, key: str, title: str) -> None:
        """Send a note with a key."""
        reply, now = send(self.people[who], key, {"title": title}), self.world.clock.now()
        before: Any = self.known.get((who, key))
        if before is not None and before[2] <= now:
            before = None
        if title == "":
            assert reply.faults == {"title"}
        elif before is None:
            assert reply.status == 201 and not replayed(reply)
            self.known[who, key] = (title, reply, now + LIFE)
            self.made[who].append(title)
        elif before[0] == title:
            assert (reply.status, reply.body, replayed(reply)) == (201, before[1].body, True)
        else:
            assert reply.faults == {"Idempotency-Key"}

    @rule(hours=st.sampled_from([1, 11, 12, 24]))
    def wait(self, hours: int) -> None:
        """Let time pass."""
        self.world.clock.advance(hours * 3600)

    @invariant()
    def each_key_made_one_note_a_day(self) -> None:
        """What there is is what the model says."""
        for person, made in zip(self.people, self.made, strict=True):
            assert sorted(titles(person)) == sorted(made)


def test_keys_are_as_their_model(world: World) -> None:
    start = world.clock.now()
    run_state_machine_as_test(lambda: Keys(world), settings=SEARCH)  # type: ignore[no-untyped-call]
    world.clock.set(start)
