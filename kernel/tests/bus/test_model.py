"""Whatever workers do in whatever order, also dying and being late: nothing is lost, done twice or reordered.

A machine lets several workers relay, take, do and forget jobs as hypothesis likes it, and compares what the
database says with a model of a few lists.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from notes_plugin.plugin import CREATED, Note
from sqlalchemy import select

from pronaflow_kernel.api import Event, UnitOfWork
from pronaflow_kernel.events.models import EventRow
from pronaflow_kernel.events.types import Subscriber
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.jobs.types import Backoff
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.testing import Person, World

from .conftest import TABLES, Workshop
from .test_delivery import LEASE, claims

WORKERS = [0, 1, 2]
THINGS = [0, 1]
SOON = Backoff(base=1, cap=1)


class Machine(RuleBasedStateMachine):
    """Workers over one database.

    Arguments:
        world, workshop: the server.
        person: in whose workspace things happen.
    """

    def __init__(self, world: World, workshop: Workshop, person: Person) -> None:
        super().__init__()
        self.world, self.workshop, self.person = world, workshop, person
        self.things = [new_id() for _ in THINGS]
        self.published: list[str] = []
        self.seen: dict[str, list[str]] = defaultdict(list)
        self.held: dict[int, list[dict[str, Any]]] = {worker: [] for worker in WORKERS}
        self.workers = [claims.Claims(new_id(), LEASE) for _ in WORKERS]
        self.failing = False
        self._clean()
        how: dict[str, Any] = {"max_attempts": 1000, "backoff": SOON}
        workshop.does(
            Subscriber("ordered", ("note.*",), self._hear("ordered"), ordered=True, **how),
            Subscriber("free", ("note.*",), self._hear("free"), **how),
            Subscriber("batch", ("note.*",), self._read, mode="batch", **how),
        )
        world.drain()  # whoever reads in batches begins here

    def _hear(self, name: str) -> Any:
        def run(uow: UnitOfWork, event: Event) -> None:
            uow.insert(Note, {"title": f"{name} {event.payload['title']}"})
            if self.failing:
                raise RuntimeError("after the write")

        return run

    def _read(self, uow: UnitOfWork, events: list[Event]) -> None:
        with uow.savepoint():
            for event in events:
                row = {"title": f"batch {event.payload['title']}", "workspace_id": self.person.workspace_id}
                uow.insert(Note, row)
        if self.failing:
            raise RuntimeError("after the write")

    def _clean(self) -> None:
        for table in (*TABLES, "notes__note"):
            self.workshop.execute(f"DELETE FROM {table}")

    @rule(thing=st.sampled_from(THINGS), worker=st.sampled_from([None, *WORKERS]))
    def publish(self, thing: int, worker: int | None) -> None:
        """Something happens to a thing; a worker may be quick to take it, or nobody."""
        title = f"{thing} {len(self.published)}"
        with self.world.kernel.db.write(Scope.system(self.person.workspace_id)) as uow:
            uow.publish(CREATED, self.things[thing], {"note_id": self.things[thing], "title": title})
        self.published.append(title)
        if worker is not None:
            self.take(worker)

    @rule(worker=st.sampled_from(WORKERS))
    def take(self, worker: int) -> None:
        """A worker relays and takes what it is given, also where it has something."""
        self.workshop.bus.relay()
        with self.workshop.bus.engine.begin() as connection:
            self.held[worker] += self.workers[worker].take(connection, "default", self.world.clock.now())

    @rule(worker=st.sampled_from(WORKERS), end=st.sampled_from(["done", "done", "failed", "dead"]))
    def work(self, worker: int, end: str) -> None:
        """A worker does what it has, however late; its handlers may fail at their end, or it dies."""
        jobs, self.held[worker] = self.held[worker], []
        if end == "dead":
            self.workers[worker] = claims.Claims(new_id(), LEASE)
            return
        self.failing = end == "failed"
        try:
            self.workshop.bus.runner.run(jobs, lambda: True)
        finally:
            self.failing = False

    @rule(failing=st.booleans())
    def read_on(self, failing: bool) -> None:
        """The reader in batches has its turn."""
        self.failing = failing
        try:
            self._readings()
        finally:
            self.failing = False

    def _readings(self) -> None:
        bus = self.workshop.bus
        bus._readings.read_on(bus._look, bus.works.readers)

    @rule(seconds=st.sampled_from([2, 31]))
    def wait(self, seconds: float) -> None:
        """Time passes, for some jobs more than their lease, and somebody looks."""
        self.world.clock.advance(seconds)
        with self.workshop.bus.engine.begin() as connection:
            claims.sweep(connection, self.world.clock.now())
            claims.promote(connection, self.world.clock.now())

    @invariant()
    def nothing_is_done_twice_or_out_of_order(self) -> None:
        """What is new since the last look comes next in its order."""
        for name, titles in self._effects().items():
            fresh = [title for title in titles if title not in self.seen[name]]
            assert len(set(titles)) == len(titles) == len(self.seen[name]) + len(fresh), (name, titles)
            self.seen[name] += sorted(fresh, key=self.published.index)
        for thing in THINGS:
            of = [title for title in self.seen["ordered"] if title.startswith(f"{thing} ")]
            assert of == [title for title in self.published if title in of], "out of order"
            assert of == [title for title in self.published if title[0] == str(thing)][: len(of)], "skipped"
        assert self.seen["batch"] == self.published[: len(self.seen["batch"])]

    def _effects(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for row in self.workshop.titles(self.person.workspace_id):
            name, _, title = row.partition(" ")
            found[name].append(title)
        return found

    @invariant()
    def positions_grow_without_a_gap(self) -> None:
        """Those that are given follow the order of commits."""
        statement = select(EventRow.position).where(EventRow.position.is_not(None)).order_by(EventRow.seq)
        with self.workshop.bus.engine.connect() as connection:
            positions = list(connection.scalars(statement))
        assert positions == list(range(1, len(positions) + 1))

    def teardown(self) -> None:
        """In the end everybody who lives does what is left: nothing is lost."""
        for _ in range(3):
            self.wait(31)
            self.world.drain()
        self.nothing_is_done_twice_or_out_of_order()
        assert self.workshop.jobs() == [] and self.workshop.dead() == []
        for name in ("ordered", "free", "batch"):
            assert sorted(self.seen[name]) == sorted(self.published), name


def test_nothing_is_lost_done_twice_or_reordered(world: World, workshop: Workshop, ann: Person) -> None:
    run_state_machine_as_test(
        lambda: Machine(world, workshop, ann),
        settings=settings(
            max_examples=50 if world.kernel.db.engines.write.dialect.name == "sqlite" else 15,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
