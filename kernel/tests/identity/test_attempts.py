"""Counting failed attempts: a moving window of rows."""

from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select

from pronaflow_kernel.identity.guessing.attempts import Attempts, Limit
from pronaflow_kernel.identity.models import Attempt
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.secrets import Keys

OLD, NEW = sha256(b"old").hexdigest(), sha256(b"new").hexdigest()
MINUTE = timedelta(minutes=1)

PER_ACCOUNT = Limit("test", most=3, within=10 * MINUTE)
PER_SOURCE = Limit("test", most=3, within=10 * MINUTE, per="source")
PER_BOTH = Limit("test", most=3, within=10 * MINUTE, per="both")


class Counter:
    """Attempts over the database of a house, under a kind of its own."""

    def __init__(self, house, *keys):
        self.db = house.world.kernel.db
        self.attempts = Attempts(Keys(keys or [OLD]))

    def note(self, account="", source="", keep=60 * MINUTE):
        with self.db.write(Scope.system()) as uow:
            return self.attempts.note(uow, "test", account, source, keep=keep)

    def reserve(self, limit, account="", source=""):
        with self.db.write(Scope.system()) as uow:
            return self.attempts.reserve(uow, limit, account, source)

    def failures(self, limit, account="", source=""):
        with self.db.read(Scope.system()) as reader:
            return self.attempts.failures(reader, limit, account, source)

    def wait(self, limit, account="", source=""):
        with self.db.read(Scope.system()) as reader:
            return self.attempts.wait(reader, limit, account, source)

    def rows(self):
        with self.db.read(Scope.system()) as reader:
            return reader.all(select(Attempt.__table__).where(Attempt.kind == "test"))


@pytest.fixture
def counter(house):
    made = Counter(house)
    with made.db.write(Scope.system()) as uow:
        uow.execute(Attempt.__table__.delete())
    return made


def test_a_limit_counts_what_it_says(counter):
    for account, source in (("nina", "here"), ("nina", "there"), ("tom", "here")):
        counter.note(account, source)

    assert counter.failures(PER_ACCOUNT, "nina") == 2
    assert counter.failures(PER_SOURCE, source="here") == 2
    assert counter.failures(PER_BOTH, "nina", "here") == 1
    assert counter.failures(Limit("other", 3, MINUTE), "nina") == 0


def test_the_window_moves(house, counter):
    for _ in range(3):
        counter.note("nina")
        house.clock.advance(60)

    assert counter.wait(PER_ACCOUNT, "nina") == 600 - 180
    house.clock.advance(600 - 180 - 1)
    assert (counter.failures(PER_ACCOUNT, "nina"), counter.wait(PER_ACCOUNT, "nina")) == (3, 1)
    house.clock.advance(1)
    assert (counter.failures(PER_ACCOUNT, "nina"), counter.wait(PER_ACCOUNT, "nina")) == (2, 0)


def test_a_wait_is_rounded_up(house, counter):
    for _ in range(3):
        counter.note("nina")
    house.clock.advance(599.9)

    assert counter.wait(PER_ACCOUNT, "nina") == 1


def test_what_is_reserved_counts_and_what_is_refused_does_not(counter):
    waits = [counter.reserve(PER_ACCOUNT, "nina") for _ in range(5)]

    assert waits == [0, 0, 0, 600, 600]
    assert counter.failures(PER_ACCOUNT, "nina") == 3


def test_of_many_at_the_same_moment_no_more_than_allowed_are_let_through(house, counter):
    waits = house.at_once(*[lambda: counter.reserve(PER_ACCOUNT, "nina")] * 12)

    assert sorted(waits) == [0] * 3 + [600] * 9


def test_those_who_hold_two_names_crosswise_never_wait_for_each_other(house, counter):
    def reserve(account, source):
        return lambda: [counter.reserve(PER_BOTH, account, source) for _ in range(3)]

    answers = house.at_once(*[reserve("a", "b"), reserve("b", "a")] * 3)

    assert sorted(wait for waits in answers for wait in waits) == [0] * 6 + [600] * 12


def test_attempts_are_forgotten_one_by_one_or_together(counter):
    note = counter.note("nina", "here")
    for account, source in (("nina", "here"), ("nina", "there"), ("n", "there"), ("tom", "here")):
        counter.note(account, source)
    with counter.db.write(Scope.system()) as uow:
        counter.attempts.take_back(uow, [note])
    assert counter.failures(PER_BOTH, "nina", "here") == 1

    with counter.db.write(Scope.system()) as uow:
        counter.attempts.clear(uow, "test", "nina", source="here")
    assert (counter.failures(PER_ACCOUNT, "nina"), counter.failures(PER_ACCOUNT, "tom")) == (1, 1)
    with counter.db.write(Scope.system()) as uow:
        counter.attempts.clear(uow, "test", "nina", "n")
    assert len(counter.rows()) == 1


def test_nothing_that_was_typed_is_stored(house, counter):
    counter.note("nina@example.com", "192.0.2.0/24")

    (row,) = counter.rows()
    text = repr(row)
    assert "nina" not in text and "192" not in text
    assert Counter(house, NEW).failures(PER_ACCOUNT, "nina@example.com") == 0


def test_a_new_server_key_forgets_nothing(house, counter):
    counter.note("nina")

    rotated = Counter(house, NEW, OLD)
    rotated.note("nina")

    assert rotated.failures(PER_ACCOUNT, "nina") == 2
    with rotated.db.write(Scope.system()) as uow:
        rotated.attempts.clear(uow, "test", "nina")
    assert rotated.rows() == []
